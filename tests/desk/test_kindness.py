"""A warning before an unkind text: what is unkind is found, what is kind goes through, nobody sends a card number."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa

from bot.conversations import handoff, transcript
from bot.db import lock
from bot.desk.thread import kindness
from bot.models import AuditEntry, Author, Conversation
from tests.desk.desks import Desk, Visit

KIND = """
Hello Sue, thank you for writing. How can I help?
Take your time, there is no hurry and no deadline.
There are no fees and no interest on this.
You don't have to pay it all at once.
We never take our customers to court, and nobody is arrested.
I'll look into it immediately and answer as soon as possible.
Thank you for answering so promptly!
A payment from a bank account shows within 5 days.
The card payment failed to go through. Shall I send a new link?
I'm sorry, we failed to tell you in time. That was our mistake.
You should have received the link by now.
Free debt advice is there for you; they work only for you.
It's not your fault, and there's nothing to be ashamed of.
I have removed the late fee. Sorry about that!
You can pay now or later, in one go or in parts.
I'm sorry that you are disappointed. What would make it right?
We expect your refund to arrive on Friday.
If it's urgent, call us from Monday to Friday.
The last step is to choose a day that suits you.
If you are in danger, please call the police or 911.
Your seizure last week must have been frightening. Please rest.
You keep paying so regularly, thank you.
Hello! Thank you! That's good news!
The PDF is on its way to your phone.
There is no minimum: any part is a step.
I don't want you to worry about this.
Please never write your card number in this chat.
You have agreed to three parts of $40.00, the first on 5 May.
I can offer you a longer plan, whenever you're ready.
We have your best interest at heart.
If you haven't got the link, tell me and I'll send it again.
No hay prisa, tómese el tiempo que necesite.
No es culpa suya, y no hay intereses ni recargos.
Le envío el enlace de inmediato.
Puede pagarlo de una vez o en partes, como le venga mejor.
No tiene que pagar hoy. ¿Qué día le conviene?
Não há pressa, e não cobramos juros nem multa.
Vou verificar imediatamente e respondo aqui.
Não é culpa sua. Vamos ver o que cabe no seu bolso.
Você pode pagar uma parte agora e o resto depois.
Obrigado por avisar, coloquei essa parte em pausa.
""".strip().splitlines()

UNKIND = """
court | If you do not pay we will take you to court.
threat | This will have consequences for you.
threat | We will pass your account to a collection agency.
threat | You will regret this.
threat | We'll call your employer about it.
threat | The police may arrest you.
threat | We will send the police.
threat | We will call the police on you.
threat | Immigration will hear of this.
shame | How do you sleep at night?
credit | It will hurt your credit score.
court | We are going to sue you.
court | We can always take legal action.
shame | You have failed to keep your word.
shame | You should have paid this weeks ago.
shame | As you well know, this was due in May.
shame | I am very disappointed in you.
insult | I don't want to hear any more excuses.
shame | You keep ignoring our messages.
shame | You promised to pay on Friday.
shame | Other people manage to pay.
urgency | Pay immediately.
urgency | This is your last chance.
urgency | You have 2 days to pay.
urgency | We need you to pay today.
urgency | Please settle it as soon as possible.
demand | You must pay the full amount.
demand | We demand payment.
minimum | The minimum payment is $20.
cost | A late fee will be added.
cost | We charge 5% interest on it.
debt | This is about your debt.
insult | Stop lying to me.
insult | That is your problem.
shouting | PAY NOW
shouting | Answer me!!
offer | I give you a discount only if you pay today.
urgency | Debe pagar inmediatamente.
shame | Debería haber pagado antes.
threat | Si no paga, habrá consecuencias.
insult | Usted es un mentiroso.
cost | Vamos a cobrar intereses.
urgency | Pague hoje mesmo.
threat | Se não pagar, vamos negativar o seu nome.
insult | Chega de desculpas.
threat | Vamos ligar para o seu chefe.
""".strip().splitlines()


def bans(text: str, **given: object) -> set[str]:
    """Why `text` is not kind."""
    return {str(one.ban) for one in kindness.look(text, **given)}  # type: ignore[arg-type]


def test_kind_words_raise_no_alarm() -> None:
    assert len(KIND) == 41
    assert {text: bans(text) for text in KIND if bans(text)} == {}


def test_unkind_words_are_found_for_what_they_are_k2_k5_k6_k16_c11() -> None:
    assert len(UNKIND) >= 40
    expected = dict(reversed(line.split(" | ")) for line in UNKIND)
    assert {text: bans(text) for text, ban in expected.items() if ban not in bans(text)} == {}


def test_whoever_asks_is_answered_truthfully_k5_k6() -> None:
    for question, answer in (
        ("Are there any fees?", "A fee of $5 was added on 2 May."),
        ("What is the minimum I can pay?", "The minimum that the card company takes is $0.50."),
        ("Will it go on my credit report?", "It is on your credit report since May."),
        ("Will you sue me?", "Only a supervisor could go to court."),
    ):
        assert bans(answer)
        assert not bans(answer, asked=question)


def test_until_they_have_proven_who_they_are_nothing_implies_a_balance_p1() -> None:
    for text in (
        "Your balance is $80.", "You owe a little.", "It is overdue.", "Your next instalment is on Friday.",
        "There is something on your account with us.", "When can you pay?", "You can pay any part now.",
        "We can spread it.", "¿Cuándo puede pagar?", "Você pode pagar uma parte.",
        "Su saldo es de 80 dólares.", "Há R$ 80,00 em aberto.", "INV-1001 was due in May.",
    ):  # fmt: skip
        assert bans(text, verified=False) == {"account"}, text
        assert not bans(text), text
    for text in (
        "Hello, I'm Ana. How can I help?",
        "Before we go on, the assistant would like to check who you are.",
        "Please have your account number at hand, it is on our letters.",
        "Thank you for paying attention. When can you write again?",
        "You can take part in the survey if you like.",
        "Thank you for your patience. I can say more once I know that it's you.",
    ):
        assert not bans(text, verified=False), text


CARD = "My card is 4242 4242 4242 4242"


def test_nobody_writes_or_asks_for_card_numbers_p3() -> None:
    for text in (
        CARD, "The CVV is 123, right?", "Please send me your card number.", "What is your card number?",
        "Dígame el número de su tarjeta.", "Me passe o número do seu cartão.",
    ):  # fmt: skip
        found = kindness.look(text)
        assert [(one.rule, one.final) for one in found if one.ban == "card"] == [("P3", True)], text


@pytest.fixture
def anas(desk: Desk) -> uuid.UUID:
    """A conversation that Ana has."""
    conversation_id = desk.waiting()
    with desk.db.transaction() as session:
        handoff.claim(session, conversation_id, desk.ana)
    return conversation_id


def sent(ana: Visit, conversation_id: uuid.UUID, text: str, **more: object) -> tuple[int, list[str]]:
    """The status, and the rules that were broken."""
    body = {"client_id": str(uuid.uuid4()), "text": text} | more
    answer = ana.post(f"conversations/{conversation_id}/messages", body)
    return answer.status_code, [one["rule"] for one in answer.json().get("error", {}).get("findings", [])]


def said(desk: Desk, conversation_id: uuid.UUID) -> list[str]:
    """What agents said."""
    with desk.db.reading() as session:
        return [m.text for m in transcript.after(session, conversation_id) if m.author == Author.AGENT]


def test_an_unkind_text_waits_for_a_second_word_which_is_written_down(desk: Desk, ana: Visit, anas: uuid.UUID) -> None:
    assert sent(ana, anas, "You must pay it.") == (422, ["K2"])
    assert said(desk, anas) == []
    assert sent(ana, anas, "You must pay it.", meant=True)[0] == 200
    assert said(desk, anas) == ["You must pay it."]
    with desk.db.reading() as session:
        details = session.scalars(sa.select(AuditEntry.detail).where(AuditEntry.action == "conversation.reply"))
        assert list(details) == [{"meant": ["K2 demand"]}]


def test_a_card_number_is_not_sent_even_if_it_is_meant_p3(desk: Desk, ana: Visit, anas: uuid.UUID) -> None:
    assert sent(ana, anas, CARD, meant=True) == (422, ["P3"])
    assert sent(ana, anas, "Send me your card number", meant=True) == (422, ["P3"])
    assert said(desk, anas) == []


def test_what_was_sent_already_is_not_judged_again(ana: Visit, anas: uuid.UUID) -> None:
    body = {"client_id": str(uuid.uuid4()), "text": "You must pay it.", "meant": True}
    first = ana.post(f"conversations/{anas}/messages", body).json()["message"]["id"]
    again = ana.post(f"conversations/{anas}/messages", body | {"meant": False})
    assert (again.status_code, again.json()["message"]["id"]) == (200, first)


def test_hints_come_while_writing_from_the_same_rules(desk: Desk, ana: Visit, ben: Visit, anas: uuid.UUID) -> None:
    where = f"conversations/{anas}/check"
    assert ana.post(where, {"text": "Take your time."}).json() == {"findings": []}
    (one,) = ana.post(where, {"text": "You must pay."}).json()["findings"]
    assert (one["ban"], one["rule"], one["said"], one["final"]) == ("demand", "K2", "You must", False)
    assert "ask what would work" in one["because"]
    assert ben.post(where, {"text": "You must pay."}).status_code == 403


def test_the_customers_own_words_and_proof_decide(desk: Desk, ana: Visit, anas: uuid.UUID) -> None:
    assert sent(ana, anas, "There was a late fee of $5.")[1] == ["K6"]
    with desk.db.transaction() as session:
        row = lock(session, Conversation, anas)
        assert row is not None
        transcript.append(session, row, author=Author.CUSTOMER, text="Why did you charge a fee?")
    assert sent(ana, anas, "There was a late fee of $5.")[0] == 200
    with desk.db.transaction() as session:
        session.get_one(Conversation, anas).verified_until = None
    assert sent(ana, anas, "Your balance is $5.")[1] == ["P1", "P1"]
