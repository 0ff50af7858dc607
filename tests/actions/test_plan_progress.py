"""How a plan stands, in words that recognise what was done (K9)."""

from __future__ import annotations

import datetime as dt

from actions.paying.amount_questions import AskAmount
from actions.paying.payments import MakePayment, PaymentForm
from bot.billing import plans, promises
from bot.models import Customer
from bot.money import Money
from tests.actions.dialogue import Talk
from tests.conftest import SetClock


async def begin(talk: Talk) -> None:
    await talk.say("can I pay over 4 months", "request_plan")
    await talk.say("yes", "affirm")


async def test_k9_what_is_paid_comes_first_then_what_is_next(talk: Talk) -> None:
    await begin(talk)
    told = await talk.say("when's my next payment", "check_plan")
    assert told.responses == ["utter_plan_stands_begins"]
    assert "$50.12 on March 9, 2026" in told.text
    talk.pay(6012)
    told = await talk.say("how is my plan going", "check_plan")
    assert told.responses == ["utter_plan_stands_paid"]
    assert "$60.12 of $200.50" in told.text
    assert "1 of 4 instalments" in told.text
    # Ten of the second one are paid already.
    assert "• $40.12 on April 9, 2026" in told.text
    assert told.card is not None
    assert [part["status"] for part in told.card["instalments"]] == ["paid", "due", "due", "due"]


async def test_k2_what_is_late_is_said_gently_with_ways_forward(talk: Talk, clock: SetClock) -> None:
    await begin(talk)
    clock.advance(days=10)
    told = await talk.say("how is my plan going", "check_plan")
    assert told.responses == ["utter_plan_stands_late"]
    assert "pause" in told.text


async def test_k9_a_completed_plan_is_celebrated(talk: Talk) -> None:
    await talk.say("just INV-1001 in 2 payments", "request_plan")
    await talk.say("yes", "affirm")
    talk.pay(12000)
    with talk.scene.db.transaction() as session:
        plans.complete(session, session.get_one(Customer, talk.scene.customer.id))
    told = await talk.say("how is my plan going", "check_plan")
    assert told.responses == ["utter_plan_none_open"]  # INV-1002 is overdue still
    await talk.say("yes", "affirm")
    await talk.say("INV-1002 in 2 payments")
    await talk.say("yes", "affirm")
    talk.pay(8050)
    with talk.scene.db.transaction() as session:
        plans.complete(session, session.get_one(Customer, talk.scene.customer.id))
    assert (await talk.say("how is my plan going", "check_plan")).responses == ["utter_plan_completed"]


async def test_a_long_plan_is_told_by_its_first_lines_and_its_last_and_the_card_has_all(talk: Talk) -> None:
    shown = await talk.say("over 12 months", "propose_plan")
    lines = [line for line in shown.text.splitlines() if line.startswith("•")]
    assert len(lines) == 8
    assert lines[-2] == "• … and 5 more between"
    assert "February 9, 2027" in lines[-1]
    assert shown.card is not None
    assert len(shown.card["instalments"]) == 12


async def test_c11_what_was_promised_is_what_was_agreed(talk: Talk) -> None:
    with talk.scene.db.transaction() as session:
        maya = session.get_one(Customer, talk.scene.customer.id)
        promises.promise(session, maya, Money(5000, "USD"), dt.date(2026, 3, 6), None)
    told = await talk.say("what did we agree", "check_plan")
    assert told.responses == ["utter_promise_stands"]
    assert "$50.00" in told.text
    assert "March 6, 2026" in told.text


async def test_the_next_instalment_can_be_paid_by_what_it_is_called(talk: Talk) -> None:
    await begin(talk)
    told = await talk.say("when's my next payment", "check_plan")
    for text, last in (("can i pay that one now", told), ("I'd like to pay the next instalment", None)):
        paying = await talk.scene.run(MakePayment(), text, "make_payment", last=last)
        assert paying.card is not None
        assert paying.card["amount"] == 5012
    unable = await talk.scene.run(MakePayment(), "I can't pay the next instalment", "make_payment")
    assert unable.card is None


async def test_the_next_instalment_is_offered_where_it_is_asked_how_much(talk: Talk) -> None:
    await begin(talk)
    asked = await talk.scene.run(AskAmount(), "", loop="payment_form")
    assert asked.payloads[0] == '/inform{"amount": "5012"}'
    first = await talk.scene.run(PaymentForm(), "the first one", loop="payment_form", requested="amount")
    assert first.slots["amount"]["minor"] == 5012
