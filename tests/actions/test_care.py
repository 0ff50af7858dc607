"""Hardship, crisis, disputes, no more contact, the wrong person: people first (C5, C8, C9, C12, C13, P4)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from actions.care import ExpressCrisis, ReportHardship, ReportVulnerability
from actions.contact import CeaseContact, WrongPerson
from actions.disputes import AskDisputed, DisputeDebt, DisputeForm, RecordDispute
from actions.handoff import RequestHuman
from actions.talk import Affirm
from bot import clock
from bot.billing import plans, promises
from bot.conversations import handoff
from bot.db import Database
from bot.models import Case, Conversation, Handoff, Hold, Holder, HoldKind, HoldStatus
from bot.money import Money
from tests.actions.scene import Scene, invoice

MONEY = ("$", "owe", "pay", "balance", "overdue", "debt", "account", "invoice", "plan")


def holds(scene: Scene) -> list[Hold]:
    """Every hold."""
    with scene.db.reading() as session:
        return list(session.scalars(sa.select(Hold)))


def cases(scene: Scene) -> list[Case]:
    """Every case."""
    with scene.db.reading() as session:
        return list(session.scalars(sa.select(Case)))


def handed_over(scene: Scene) -> Handoff:
    """The hand-over; the conversation is in the queue."""
    with scene.db.reading() as session:
        assert session.get_one(Conversation, scene.id).holder == Holder.QUEUE
        return session.scalars(sa.select(Handoff)).one()


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("loop", [None, "verification_form", "payment_form", "plan_form"])
async def test_a_crisis_brings_help_and_a_person_and_no_word_of_money_c12(
    sqlite_db: Database, verified: bool, loop: str | None
) -> None:
    scene = Scene(sqlite_db, verified=verified)
    answer = await scene.run(ExpressCrisis(), "I can't go on, I want to die", "express_crisis", loop=loop)
    assert answer.responses == ["utter_crisis"]
    assert "988" in answer.text
    assert not [word for word in MONEY if word in answer.text.lower()]
    assert answer.loop is None
    found = handed_over(scene)
    assert (found.reason, found.skill, found.priority) == ("crisis", "care", 0)


@pytest.mark.parametrize(("locale", "line"), [("en-GB", "116 123"), ("pt-BR", "188"), ("fr", "findahelpline.com")])
async def test_the_help_lines_are_those_of_the_country_c12(sqlite_db: Database, locale: str, line: str) -> None:
    scene = Scene(sqlite_db, verified=False, locale=locale)
    assert line in (await scene.run(ExpressCrisis(), "I want to die", "express_crisis")).text


async def test_the_words_of_help_come_even_when_the_database_fails_c12(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    with sqlite_db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE conversations RENAME TO elsewhere"))
    answer = await scene.run(ExpressCrisis(), "I want to die", "express_crisis")
    assert answer.responses == ["utter_crisis"]
    assert "findahelpline.com" in answer.text


async def test_vulnerability_goes_to_a_specialist_c8(scene: Scene) -> None:
    answer = await scene.run(ReportVulnerability(), "my husband died", "report_vulnerability", loop="payment_form")
    assert answer.responses == ["utter_vulnerability"]
    assert answer.loop is None
    assert (handed_over(scene).skill, handed_over(scene).priority) == ("care", 1)


async def test_hardship_opens_a_case_offers_ways_and_asks_for_nothing_k7(scene: Scene) -> None:
    answer = await scene.run(ReportHardship(), "I lost my job", "report_hardship", loop="payment_form")
    assert answer.responses == ["utter_hardship", "utter_advice"]
    assert "?" not in answer.text
    assert "nfcc.org" in answer.text
    assert [(case.kind, case.customer_id, case.summary) for case in cases(scene)] == [
        ("hardship", scene.customer.id, "I lost my job")
    ]
    with scene.db.reading() as session:
        assert session.get_one(Conversation, scene.id).holder == Holder.BOT


async def test_hardship_said_twice_is_one_case(scene: Scene) -> None:
    await scene.run(ReportHardship(), "I lost my job", "report_hardship")
    await scene.run(ReportHardship(), "and my rent is due", "report_hardship")
    assert [case.summary for case in cases(scene)] == ["I lost my job\nand my rent is due"]


async def test_hardship_before_any_proof_tells_nothing_of_an_account_p1(stranger: Scene) -> None:
    answer = await stranger.run(ReportHardship(), "I lost my job", "report_hardship")
    assert answer.responses == ["utter_hardship_unknown", "utter_advice_unknown"]
    assert cases(stranger)[0].customer_id is None


async def test_a_person_comes_with_a_summary_that_saves_repeating_c13(scene: Scene) -> None:
    answer = await scene.run(
        RequestHuman(), "a person please", "request_human", loop="payment_form",
        slots={"amount": None, "topic": "plan"}, intents_before=("greet", "check_balance"),
    )  # fmt: skip
    assert answer.responses == ["utter_handoff"]
    assert answer.loop is None
    found = handed_over(scene)
    assert (found.skill, found.priority) == ("payments", 5)
    assert found.summary["verified"] is True
    assert found.summary["overdue"] == {"minor": 20050, "currency": "USD"}
    assert found.summary["total"] == {"minor": 26050, "currency": "USD"}
    assert found.summary["last_intents"] == ["greet", "check_balance", "request_human"]
    assert found.summary["doing"] == "payment"


async def test_without_a_proof_the_summary_says_nothing_of_an_account_p1(stranger: Scene) -> None:
    await stranger.run(RequestHuman(), "person", "request_human", loop="verification_form")
    summary = handed_over(stranger).summary
    assert summary["verified"] is False
    assert not {"total", "overdue", "invoices"} & set(summary)


async def test_asked_for_twice_it_is_one_hand_over_c13(scene: Scene) -> None:
    for _ in range(2):
        assert (await scene.run(RequestHuman(), "person", "request_human")).responses == ["utter_handoff"]
    with scene.db.reading() as session:
        assert len(handoff.queue(session)) == 1


async def test_a_named_invoice_is_held_at_once_and_the_rest_goes_on_c9(scene: Scene) -> None:
    answer = await scene.run(DisputeDebt(), "INV-1001 is wrong, I returned it", "dispute_debt")
    assert answer.responses == ["utter_dispute_recorded", "utter_dispute_rest"]
    assert "$140.50" in answer.text
    (found,) = holds(scene)
    assert (found.kind, found.status) == (HoldKind.DISPUTE, HoldStatus.REPORTED)
    with scene.db.reading() as session:
        assert found.invoice_id == invoice(session, "INV-1001").id
    assert [(case.kind, case.summary) for case in cases(scene)] == [("dispute", "INV-1001 is wrong, I returned it")]


async def test_which_invoice_is_asked_and_may_be_named_or_pressed_c9(scene: Scene) -> None:
    asked = await scene.run(DisputeDebt(), "the amount is wrong", "dispute_debt")
    assert asked.loop == "dispute_form"
    buttons = await scene.run(AskDisputed(), "", loop="dispute_form")
    assert buttons.payloads[-1] == '/inform{"invoice": "all"}'
    named = await scene.run(DisputeForm(), "the oldest one", loop="dispute_form", requested="disputed")
    pressed = await scene.run(
        DisputeForm(), entities={"invoice": "INV-1001"}, loop="dispute_form", requested="disputed"
    )
    assert named.slots == pressed.slots
    held = await scene.run(RecordDispute(), "the oldest one", slots={**named.slots, "wish": asked.slots["wish"]})
    assert held.responses[0] == "utter_dispute_recorded"
    assert cases(scene)[0].summary == "the amount is wrong"


async def test_a_dispute_repeated_is_one_hold(scene: Scene) -> None:
    for _ in range(2):
        await scene.run(DisputeDebt(), "INV-1001 is wrong", "dispute_debt")
    assert len(holds(scene)) == 1


async def test_a_dispute_before_any_proof_is_heard_and_carried_out_after_it_p1_c13(stranger: Scene) -> None:
    answer = await stranger.run(DisputeDebt(), "INV-1001 is not mine", "dispute_debt")
    assert answer.responses == ["utter_dispute_unknown"]
    assert [(case.kind, case.customer_id) for case in cases(stranger)] == [("dispute", None)]
    yes = await stranger.run(Affirm(), "yes", "affirm", slots={"offer": answer.slots["offer"]})
    assert yes.loop == "verification_form"
    assert yes.slots["wish"]["intent"] == "dispute_debt"


async def test_ceasing_contact_is_one_sentence_and_binds_at_once_c5_c8(scene: Scene) -> None:
    answer = await scene.run(CeaseContact(), "stop contacting me", "cease_contact", loop="plan_form")
    assert answer.responses == ["utter_cease_contact"]
    assert answer.text.count(".") == 1
    assert [(hold.kind, hold.customer_id) for hold in holds(scene)] == [(HoldKind.CEASE, scene.customer.id)]
    assert answer.loop is None


async def test_ceasing_contact_unverified_binds_the_address_c8(stranger: Scene) -> None:
    for _ in range(2):
        await stranger.run(CeaseContact(), "stop contacting me", "cease_contact")
    assert [(hold.kind, hold.customer_id, hold.address) for hold in holds(stranger)] == [
        (HoldKind.CEASE, None, stranger.conversation.address)
    ]


async def test_the_wrong_person_is_told_nothing_and_the_proof_ends_p4(scene: Scene) -> None:
    answer = await scene.run(WrongPerson(), "I'm not Maya", "wrong_person", loop="payment_form")
    assert answer.responses == ["utter_wrong_person"]
    assert "Maya" not in answer.text
    assert [(hold.kind, hold.address) for hold in holds(scene)] == [(HoldKind.WRONG_PERSON, scene.conversation.address)]
    with scene.db.reading() as session:
        assert session.get_one(Conversation, scene.id).verified_until is None


async def test_the_summary_names_what_was_agreed(scene: Scene) -> None:
    with scene.db.transaction() as session:
        offer = plans.quote(session, scene.customer, conversation_id=scene.id)[0]
        plans.agree(session, offer.id, scene.customer)
        due_on = clock.today(scene.customer.time_zone)
        promises.promise(session, scene.customer, Money(6000, "USD"), due_on, scene.id)
    amount = {"minor": 5000, "currency": "USD", "invoices": []}
    await scene.run(RequestHuman(), "person", "request_human", slots={"amount": amount})
    summary = handed_over(scene).summary
    assert summary["plan"]["total"] == {"minor": 20050, "currency": "USD"}
    assert summary["promise"] == {"amount": {"minor": 6000, "currency": "USD"}, "due_on": due_on.isoformat()}
    assert summary["amount_named"] == {"minor": 5000, "currency": "USD"}
