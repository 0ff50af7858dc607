"""Which language a message is read in, and that one reader serves them all (design section 7)."""

from __future__ import annotations

import datetime as dt
import re
import string
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.care import deaths, disputes
from actions.care.care import is_in_care, reason, trouble
from actions.paying import payment_problems, remainder, said_paid
from actions.paying.payment_problems import Problem
from actions.paying.payments import MakePayment, PaymentForm
from actions.paying.promises import PromiseForm
from actions.plans import changes, proposals
from actions.reading import amounts, dates, descriptions, known_facts, references
from actions.reading.languages import OURS, in_english
from actions.talk import reaching
from actions.talk.feedback import rating
from actions.turn import Turn
from bot import policies
from bot.conversations.refused_media import refused
from bot.models import FactorKind, Medium, PreferenceKind
from bot.money import Money
from bot.policies import PolicyInvalid, ReadingPolicy, read
from bot.policies.reading import spelt_out
from bot.settings import ROOT
from tests.actions.scene import Scene
from tests.conftest import SetClock

FOLDER = ROOT / "policies" / "reading"


def english_sentences() -> list[str]:
    """What customers who write English say, as far as it holds nothing but English letters."""
    sentences = yaml.safe_load((ROOT / "tests" / "nlu" / "heldout.yml").read_text(encoding="utf-8"))
    found: list[str] = []
    waiting = [sentences]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found += [line.strip("- ") for line in one.splitlines()]
        else:
            waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else []
    return [sentence for sentence in found if sentence.isascii()]


def test_english_comes_out_as_it_is() -> None:
    sentences = english_sentences()
    assert len(sentences) > 1_000
    changed = [sentence for sentence in sentences if in_english(sentence) != sentence]
    assert changed == ["habla usted algo de castellano, my English is finish"]


def test_the_words_themselves_show_another_language_than_the_one_spoken() -> None:
    said = {
        ("quiero pagar 50 on friday", None): "i want to pay 50 on friday",
        ("posso pagar half now", None): "i can pay half now",
        ("quiero pagar la mitad", "pt"): "i want to pay half",
        ("quero pagar metade agora", "es"): "i want to pay half now",
        ("I want to pay half on friday", "es"): "I want to pay half on friday",
        ("I can pay 50 once a month", "es"): "I can pay 50 once a month",
        ("can I pay la mitad", "es"): "can I pay half",
        ("once", "es"): "11",
        ("once", None): "once",
        ("sim", None): "sim",
        ("mitad", None): "mitad",
    }
    assert {key: in_english(*key) for key in said} == said


def test_addresses_and_references_are_never_read_as_words() -> None:
    for text in ("dos@example.com", "GT-1001", "INV-1002", "https://example.com/uno/dos", "maria.sol@ocho.example"):
        for language in OURS:
            assert in_english(text, language) == text


@given(st.text(string.ascii_letters + string.digits + " .,;$€R%º½ñçãéáí'-/@\n", max_size=120), st.sampled_from(OURS))
def test_whatever_is_typed_is_read_without_a_fault(text: str, language: str) -> None:
    words = in_english(text, language)
    assert re.findall(r"\d{4,}", words) == re.findall(r"\d{4,}", words)
    amounts.read(words, "USD", "es-MX")
    dates.read(words, dt.date(2026, 11, 18), "pt-BR")


@given(st.integers(1, 999_999), st.sampled_from(OURS))
def test_figures_stay_as_they_were_typed(number: int, language: str) -> None:
    assert in_english(f"{number} gracias", language).split()[0] == str(number)


def test_number_words_are_the_librarys_and_are_known_in_each_language() -> None:
    said = {
        "es": {
            "mil doscientos treinta y cuatro": "1234",
            "noventa y nueve": "99",
            "veintiseis": "26",
            "tres mil": "3000",
        },
        "pt": {"mil duzentos e trinta e quatro": "1234", "noventa e nove": "99", "dezenove": "19", "três mil": "3000"},
    }
    for language, numbers in said.items():
        assert {words: in_english(words, language) for words in numbers} == numbers


def test_every_phrase_says_what_its_english_says() -> None:
    """None is hidden behind another, and no word of it is left over."""
    for language in OURS:
        policy = policies.reading(language)
        lost = [
            (phrase, english)
            for english, phrases in policy.phrases.items()
            if "<" not in english
            for phrase in (one for written in phrases for one in spelt_out(written))
            if in_english(phrase, language) not in {english, *policy.alone, *policy.exact}
        ]
        assert lost == [], language


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("numbers: [", "numbres: [", "numbres"),
        ("la mitad,", "la mitad*,", "may hold words"),
        ("(el|para el)", "(el|para el", "may hold words"),
        ("en <n> dias,", "en <q> dias,", "there is no <q>"),
        ("en <n> dias,", "en unos dias,", "names no <n>"),
        ("  half: [", "  half: [un tercio, ", "a phrase means one thing"),
    ],
)
def test_a_wrong_phrasebook_names_what_is_wrong(tmp_path: Path, before: str, after: str, says: str) -> None:
    text = (FOLDER / "es.yml").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "es.yml").write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(PolicyInvalid, match=re.escape(says)):
        read(ReadingPolicy, tmp_path / "es.yml")


def test_what_was_bought_is_known_with_and_without_its_accents() -> None:
    bought, numbers = ("Sofá de dos plazas", "Colchón individual"), ("INV-1", "INV-2")
    for text in ("el sofá", "el sofa", "quiero pagar el SOFÁ"):
        assert descriptions.named(text, bought) == 0
    assert descriptions.numbered("la mitad del colchon", bought, numbers) == "la mitad del INV-2"
    assert descriptions.numbered("metade do colchão", ("Colchão de casal",), ("INV-3",)) == "metade do INV-3"
    assert descriptions.named("quiero pagar la factura de este mes", bought) is None


async def test_a_payment_is_asked_for_in_each_language(scene: Scene) -> None:
    said = {"es": ("quiero pagar 80,50 ahorita", "la mitad"), "pt": ("quero pagar 80,50 agora", "metade")}
    for language, (wish, answer) in said.items():
        slots = {"language": language}
        assert (await scene.run(MakePayment(), wish, "make_payment", slots=slots)).card["amount"] == 8050  # type: ignore[index]
        halved = await scene.run(PaymentForm(), answer, loop="payment_form", requested="amount", slots=slots)
        assert halved.slots["amount"]["minor"] == 10025


async def test_the_day_of_a_promise_is_read_in_each_language(scene: Scene, clock: SetClock) -> None:
    promise = {"minor": 5000, "currency": "USD"}
    for language, text in (("es", "el viernes"), ("pt", "na sexta"), (None, "on friday"), (None, "pago el viernes")):
        slots = {"language": language, "promise": promise}
        answer = await scene.run(PromiseForm(), text, loop="promise_form", requested="promise_day", slots=slots)
        assert answer.slots.get("promise_day") == "2026-03-06", text


def test_when_and_how_to_be_reached_is_read_in_each_language() -> None:
    today = dt.date(2026, 11, 18)
    said = {
        ("es", "no me llamen"): [(PreferenceKind.REFUSED, Medium.CALL)],
        ("pt", "não me liguem"): [(PreferenceKind.REFUSED, Medium.CALL)],
        ("es", "mejor por correo"): [(PreferenceKind.WELCOME, Medium.EMAIL)],
        ("pt", "prefiro mensagem de texto"): [(PreferenceKind.WELCOME, Medium.SMS)],
        ("es", "por la mañana no"): [(PreferenceKind.HOURS, None)],
        ("pt", "me liguem depois das 17h"): [(PreferenceKind.WELCOME, Medium.CALL), (PreferenceKind.HOURS, None)],
        ("es", "no me escriban hasta el lunes"): [(PreferenceKind.QUIET_UNTIL, None)],
        ("pt", "fim de semana não"): [(PreferenceKind.DAYS, None)],
        ("es", "háblenme en inglés"): [(PreferenceKind.LANGUAGE, None)],
    }
    found = {
        (language, text): [
            (wish.kind, wish.medium) for wish in reaching.preferences(in_english(text, language), today, "es-MX")
        ]
        for language, text in said
    }
    assert found == said


def test_a_rating_is_read_in_each_language() -> None:
    assert [rating(in_english(*said)) for said in (("5 estrellas", "es"), ("cuatro", "es"), ("5 estrelas", "pt"))] == [
        5,
        4,
        5,
    ]


def test_a_sum_means_the_accounts_currency_whatever_it_is_called() -> None:
    for text, language in (("50 pesos", "es"), ("50 conto", "pt"), ("cinquenta reais", "pt"), ("50 dólares", "es")):
        said = amounts.read(in_english(text, language), "USD", "es-MX")
        assert said is not None
        assert said.amount == Money(5000, "USD")


def test_a_code_that_did_not_come_and_a_why_are_heard_in_each_language() -> None:
    again = {
        "es": (
            "no me llegó el código",
            "no ha llegado nada",
            "mándemelo otra vez",
            "otro código por favor",
            "no llegó",
        ),
        "pt": ("não chegou o código", "não recebi nada", "manda de novo", "outro código por favor", "ainda não chegou"),
    }
    why = {"es": ("¿por qué?", "para qué lo necesitan", "es seguro?"), "pt": ("por quê?", "pra que isso", "é seguro?")}
    for language in OURS:
        assert [said for said in again[language] if not references.wants_code_again(in_english(said, language))] == []
        assert [said for said in why[language] if not references.asks_why(in_english(said, language))] == []


def test_a_code_and_an_address_are_taken_as_they_are_dictated() -> None:
    for text, language in (("cuatro ocho dos nueve uno tres", "es"), ("quatro oito dois nove um três", "pt")):
        assert references.one_time_code(in_english(text, language)) == "482913"
    for text in ("lena arroba example punto com", "lena arroba example ponto com", "Lena at example dot com"):
        assert str(references.account_reference(text, asked=False)).lower() == "lena@example.com"
    assert (
        references.account_reference("beatriz arroba example ponto com ponto br", asked=False)
        == "beatriz@example.com.br"
    )
    for text in ("GT-1001, no perdón, GT-1008", "GT-1001 não, desculpa, GT-1008", "GT-1001 digo GT-1008"):
        assert references.account_reference(text, asked=True) == "GT-1008"


def test_a_postcode_or_a_birth_date_is_told_in_each_language_and_an_amount_is_neither() -> None:
    today = dt.date(2026, 11, 18)
    for text in ("mi código postal es 33101", "33101 gracias", "el código postal es el 33101"):
        told = known_facts.told(text, today, asked=True)
        assert told is not None
        assert told.said == (frozenset({(FactorKind.POSTCODE, "33101")}),), text
    for text in ("nací el 3 de septiembre de 1979", "nasci em 3 de setembro de 1979", "3 set 1979"):
        told = known_facts.told(text, today, asked=True)
        assert told is not None
        assert told.said == (frozenset({(FactorKind.BIRTH_DATE, "1979-09-03")}),), text
    for text in ("quiero pagar 33101", "33101 pesos", "paguei 33101"):
        assert known_facts.volunteered(text, today) is None, text


def test_c8_what_somebody_goes_through_is_heard_in_each_language() -> None:
    """Who tells of a death, an illness or a lost job is answered as in English, not asked what they mean."""
    deaths_told = {
        "es": (
            "mi esposo murió",
            "falleció mi mamá la semana pasada",
            "el titular de la cuenta ya falleció, ¿qué hago?",
        ),
        "pt": ("meu marido faleceu", "minha mãe morreu", "o titular da conta faleceu, o que eu faço?"),
    }
    heard = {
        "es": {
            "perdí mi trabajo": "work",
            "me despidieron": "work",
            "me bajaron las horas": "hours",
            "la renta subió": "costs",
        },
        "pt": {
            "perdi meu emprego": "work",
            "fui demitida": "work",
            "cortaram meu salário": "hours",
            "o aluguel subiu": "costs",
        },
    }
    gone_through = {
        "es": {"estoy internada en el hospital": "ill", "mi esposo me golpea": "unsafe", "murió mi papá": "grief"},
        "pt": {"estou internado": "ill", "meu marido me bate": "unsafe", "minha mãe faleceu": "grief"},
    }
    for language in OURS:
        assert [told for told in deaths_told[language] if not deaths.tells_of_death(in_english(told, language))] == []
        assert {told: reason(in_english(told, language)) for told in heard[language]} == heard[language]
        assert {told: trouble(in_english(told, language)) for told in gone_through[language]} == gone_through[language]
        assert is_in_care(in_english({"es": "tuve una crisis nerviosa", "pt": "tive um surto"}[language], language))


def test_c7_a_refusal_binds_as_far_as_the_words_say_in_each_language() -> None:
    said = {
        ("es", "ya no me llamen"): ["phone"], ("pt", "parem de me ligar"): ["phone"],
        ("es", "no me manden correos"): ["email"], ("pt", "não quero mais email"): ["email"],
        ("es", "no quiero más mensajes"): [], ("pt", "não me mandem mais mensagens"): [],
        ("es", "no me escriban nunca más"): [], ("pt", "me deixem em paz"): [],
    }  # fmt: skip
    assert {key: [str(way) for way in refused(in_english(key[1], key[0]))] for key in said} == said


def test_what_the_deeds_look_for_is_heard_in_each_language() -> None:
    asked: dict[Callable[[str], object], dict[str, tuple[str, ...]]] = {
        remainder.is_split: {
            "es": ("50 ahora y el resto el viernes", "la mitad hoy y lo demás la próxima semana",
            "80 ahorita y 80 el viernes"),
            "pt": ("50 agora e o resto na sexta", "metade hoje e o restante mês que vem"),
        },
        remainder.names_rhythm: {"es": ("100 al mes", "cada quincena"), "pt": ("100 por mês", "toda semana")},
        proposals.is_unable: {
            "es": ("no puedo pagar", "no me alcanza para pagar este mes", "no voy a poder pagar"),
            "pt": ("não consigo pagar", "não tenho como pagar agora"),
        },
        proposals.is_too_much: {
            "es": ("es mucho", "está muy caro", "no tengo tanto", "algo más bajo"),
            "pt": ("é muito", "tá caro", "fica pesado pra mim", "não tenho tudo isso", "um pouco menos"),
        },
        changes.is_pause: {
            "es": ("quiero pausar mi plan", "puedo saltarme un pago"),
            "pt": ("quero pausar o plano", "posso pular uma parcela"),
        },
        changes.is_all_following: {
            "es": ("todos los siguientes también", "de ahora en adelante"),
            "pt": ("daqui pra frente", "todas as seguintes"),
        },
        said_paid.says_how: {
            "es": ("por transferencia", "en efectivo en la tienda", "con tarjeta ayer"),
            "pt": ("por pix", "no cartão", "paguei em dinheiro no banco"),
        },
        disputes.tells_why: {
            "es": ("porque nunca llegó", "no es mío", "ya lo devolví", "llegó roto"),
            "pt": ("não é meu", "nunca recebi", "veio com defeito", "já devolvi"),
        },
    }  # fmt: skip
    for hears, said in asked.items():
        for language, texts in said.items():
            assert [text for text in texts if not hears(in_english(text, language))] == [], hears


def test_a_problem_with_a_payment_is_told_apart_in_each_language() -> None:
    said = {
        ("es", "me cobraron dos veces"): Problem.TWICE, ("pt", "me cobraram duas vezes"): Problem.TWICE,
        ("es", "mi tarjeta fue rechazada"): Problem.DECLINED, ("pt", "meu cartão foi recusado"): Problem.DECLINED,
        ("es", "el link no abre"): Problem.LINK, ("pt", "o link não abre"): Problem.LINK,
        ("es", "me lo cobraron y no aparece"): Problem.MISSING, ("pt",
        "saiu da minha conta e não apareceu"): Problem.MISSING,
        ("es", "el banco me pide un código"): Problem.BANK_CHECK, ("pt", "o banco pediu um código"): Problem.BANK_CHECK,
    }  # fmt: skip
    found = {}
    for language, text in said:
        tracker = Tracker("", {"language": language}, {"text": text}, [], False, None, {}, "action_listen")
        found[language, text] = payment_problems.told(Turn(CollectingDispatcher(), tracker))
    assert found == said
