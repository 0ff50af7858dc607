"""Refusals, wishes about contact and new contacts are decided alike in every language (C4, C5, C7, P1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from actions.care import contact
from actions.talk import contact_changes, contact_preferences, reaching
from bot.conversations import refused_media
from bot.conversations.refused_media import Medium as Refused
from bot.models import Medium, PreferenceKind
from tests.actions.telling import CARLOS, Table, wrong

TODAY = dt.date(2026, 11, 18)


def test_a_refusal_of_everything_is_told_from_one_of_a_way_c4_c5() -> None:
    table: Table = {
        (): (
            ["stop contacting me", "leave me alone", "don't contact me by any means"],
            ["no me contacten más", "dejen de molestarme", "déjenme en paz",
             "no quiero que me contacten por ningún medio", "no me manden nada", "ya no me busquen",
             "no quiero saber nada de ustedes", "borren mi número de su lista", "dejen de acosarme",
             "no me escriban nunca más", "no quiero más mensajes en este cel", "quita mi teléfono de tu lista",
             "no vuelvan a escribirme"],
            ["não entrem mais em contato", "parem de me incomodar", "me deixem em paz",
             "não quero contato por nenhum meio", "não me mandem mais nada", "não me procurem mais",
             "não quero saber de vocês", "tirem meu número da lista", "parem de me perturbar",
             "nunca mais me procurem", "risquem meu telefone daí", "não me mandem nada no meu celular",
             "não escreve mais pra mim"],
        ),
        (Refused.PHONE,): (
            ["stop calling me", "no more calls"],
            ["no me llamen", "ya no me llamen más", "dejen de llamarme", "no quiero llamadas", "dejen de marcarme",
             "no quiero recibir más llamadas", "no me contacten por teléfono", "no vuelvan a llamarme",
             "ya no me estén llamando"],
            ["não me liguem", "não me liguem mais", "parem de me ligar", "não quero ligações",
             "não quero mais receber ligações", "chega de ligação", "parem de ficar me ligando"],
        ),
        (Refused.WHATSAPP,): (
            ["no more whatsapp messages"],
            ["no me escriban por WhatsApp", "dejen de mandarme mensajes por whatsapp", "no quiero mensajes por wasap",
             "dejen de escribirme por whatsapp"],
            ["não me mandem mensagem no WhatsApp", "parem de me mandar mensagem pelo zap",
             "não quero mensagem no whatsapp", "parem de me escrever pelo whatsapp"],
        ),
        (Refused.EMAIL,): (
            ["stop emailing me"],
            ["no me manden correos", "no quiero más correos electrónicos", "dejen de mandarme correos",
             "no me escriban al correo"],
            ["não me mandem e-mails", "não quero mais receber e-mails", "parem de me mandar e-mail",
             "parem de mandar emails"],
        ),
        (Refused.SMS,): (
            ["stop texting me"],
            ["no me manden mensajes de texto", "no quiero más SMS", "dejen de mandarme mensajes de texto"],
            ["não me mandem SMS", "não quero mais mensagens de texto", "parem de mandar SMS"],
        ),
        (Refused.SMS, Refused.PHONE): (
            ["no calls and no texts"],
            ["no me llamen ni me manden mensajes de texto"],
            ["não me liguem nem mandem SMS"],
        ),
    }  # fmt: skip
    assert wrong(lambda said: tuple(refused_media.refused(said)), table) == []


def test_a_refusal_that_was_kept_as_it_was_written_names_its_ways_c4() -> None:
    kept = {
        "no me llamen ni me manden mensajes de texto": [Refused.SMS, Refused.PHONE],
        "não me liguem nem mandem SMS": [Refused.SMS, Refused.PHONE],
        "no quiero más correos": [Refused.EMAIL],
        "parem de me mandar e-mail": [Refused.EMAIL],
        "no me contacten por WhatsApp ni por teléfono": [],
        "não entrem em contato": [],
        "déjenme en paz, no más SMS": [],
    }
    assert {text: refused_media.refused(text) for text in kept} == kept


def test_contact_that_is_allowed_again_is_no_refusal_c7() -> None:
    table: Table = {
        True: (
            ["you can contact me again"],
            ["ya pueden volver a contactarme", "ya me pueden escribir otra vez", "pueden volver a llamarme"],
            ["podem voltar a me contatar", "pode me mandar mensagem de novo", "podem voltar a me ligar"],
        ),
        False: (
            ["don't contact me"],
            ["no me contacten", "no me llamen más", "prefiero correo"],
            ["não me contatem", "não me liguem mais", "prefiro e-mail"],
        ),
    }
    assert wrong(contact_preferences.allows, table) == []


def test_when_and_how_to_be_reached_binds_c7() -> None:
    def wishes(said: str) -> list[tuple[str, str | None]]:
        return sorted(
            (str(wish.kind), wish.medium and str(wish.medium))
            for wish in reaching.preferences(said, TODAY, "es-MX")
            if wish.kind in (PreferenceKind.REFUSED, PreferenceKind.WELCOME)
        )

    def table_of(rows: Mapping[tuple[tuple[PreferenceKind, Medium], ...], tuple[Sequence[str], ...]]) -> Table:
        return {tuple((str(kind), str(way)) for kind, way in sorted(row)): said for row, said in rows.items()}  # type: ignore[misc]

    no, yes = PreferenceKind.REFUSED, PreferenceKind.WELCOME
    table = table_of({
        ((no, Medium.CALL),): (
            ["no calls please"],
            ["no me llamen por favor", "dejen de llamarme", "prefiero que no me llamen", "no puedo contestar llamadas"],
            ["não me liguem por favor", "parem de me ligar", "prefiro que não me liguem", "não posso atender ligações"],
        ),
        ((no, Medium.CALL), (yes, Medium.WHATSAPP)): (
            ["don't call me, whatsapp me"],
            ["no me llamen, escríbanme por WhatsApp", "no llamadas, mejor WhatsApp"],
            ["não me liguem, me chamem no WhatsApp", "sem ligação, prefiro WhatsApp"],
        ),
        ((yes, Medium.EMAIL),): (
            ["email me please"],
            ["mándenme un correo", "prefiero que me escriban al correo", "mejor por correo electrónico",
             "avísenme por correo"],
            ["me mandem um e-mail", "prefiro por e-mail", "podem me mandar email", "me avisem por e-mail"],
        ),
        ((yes, Medium.SMS),): (
            ["text me please"],
            ["mándenme un mensaje de texto", "prefiero mensajes de texto", "mejor SMS"],
            ["me mandem um SMS", "prefiro mensagem de texto", "melhor SMS"],
        ),
        ((yes, Medium.CALL),): (
            ["call me please"],
            ["llámenme por favor", "prefiero una llamada", "prefiero por teléfono"],
            ["me liguem por favor", "prefiro ligação", "prefiro por telefone"],
        ),
        ((no, Medium.LETTER),): (
            ["no more letters"],
            ["no me manden cartas", "no quiero más cartas"],
            ["não me mandem cartas", "não quero mais cartas"],
        ),
    })  # fmt: skip
    assert wrong(lambda said: tuple(wishes(said)), table) == []


def test_a_question_about_contact_records_nothing_c7() -> None:
    table: Table = {
        True: (
            ["why do you call me?", "will you call me?"],
            ["¿por qué me llaman?", "¿por qué me escriben tanto?", "¿me van a llamar?", "¿quién me llama?"],
            ["por que vocês me ligam?", "por que me mandam mensagem?", "vocês vão me ligar?", "quem me liga?"],
        ),
        False: (
            ["can you text me instead?"],
            ["¿me pueden mandar mensaje mejor?", "no me llamen"],
            ["podem me mandar mensagem em vez disso?", "não me liguem"],
        ),
    }
    assert wrong(reaching.asks, table) == []


def test_a_new_contact_is_read_as_it_was_written() -> None:
    table: Table = {
        "phone": (
            ["my new number is"],
            ["cambié de número", "tengo otro celular", "mi nuevo teléfono es"],
            ["mudei de número", "troquei de celular", "meu novo telefone é"],
        ),
        "email": (
            ["my new email is"],
            ["cambié de correo", "mi nuevo correo es"],
            ["mudei de e-mail", "meu novo email é"],
        ),
        "address": (
            ["i moved to"],
            ["me mudé a", "cambié de domicilio", "mi nueva dirección es", "ahora vivo en"],
            ["mudei de endereço", "me mudei", "meu novo endereço é", "agora moro na"],
        ),
        "name": (
            ["my name is now"],
            ["cambié de apellido", "me cambié el nombre", "ahora me llamo"],
            ["mudei de sobrenome", "mudei meu nome", "agora me chamo"],
        ),
        None: (["i want to pay"], ["quiero pagar"], ["quero pagar"]),
    }  # fmt: skip
    assert wrong(contact_changes._kind, table) == []
    new = {
        ("address", "mi nueva dirección es Calle 5 de Mayo 10, Puebla"): "Calle 5 de Mayo 10, Puebla",
        ("address", "me mudé a Av. Juárez 200"): "Av. Juárez 200",
        ("address", "mudei para a Rua das Flores, 15"): "a Rua das Flores, 15",
        ("address", "meu novo endereço é Rua das Flores, 15"): "Rua das Flores, 15",
        ("name", "ahora me llamo Ana Ruiz"): "Ana Ruiz",
        ("name", "cambié mi apellido a Gómez"): "Gómez",
        ("name", "mudei meu sobrenome para Lima"): "Lima",
        ("name", "meu nome agora é Ana Lima"): "Ana Lima",
    }
    found = {(kind, text): contact_changes._value(text, kind, "es-MX", CARLOS, whole=False) for kind, text in new}
    assert found == new


def test_an_old_number_that_is_gone_is_told_p1() -> None:
    table: Table = {
        True: (
            ["i lost my phone", "the old number is not mine"],
            ["perdí mi celular", "me robaron el teléfono", "el otro número ya no es mío", "ya no tengo ese número"],
            [
                "perdi meu celular",
                "roubaram meu telefone",
                "o número antigo não é mais meu",
                "não tenho mais esse número",
            ],
        ),
        False: (["my new number is this"], ["mi nuevo número es este"], ["meu novo número é este"]),
    }
    assert wrong(lambda said: contact_changes._GONE.search(said.lower()) is not None, table) == []


def test_a_promise_that_is_taken_back_is_no_refusal_of_contact_k7() -> None:
    table: Table = {
        True: (
            ["forget my promise"],
            ["cancelen mi promesa", "olvide mi promesa de pago", "quiero cancelar mi promesa"],
            ["cancelem minha promessa", "esquece minha promessa", "quero cancelar minha promessa de pagamento"],
        ),
        False: (["stop calling me"], ["no me llamen"], ["não me liguem"]),
    }
    assert wrong(lambda said: contact._PROMISE.search(said.lower()) is not None, table) == []
