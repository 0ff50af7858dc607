"""Proof of identity in chat (P1, P2; design sections 6 and 10, 11)."""

from __future__ import annotations

import hashlib
import hmac

import pytest
import sqlalchemy as sa

from actions.balance import CheckBalance
from actions.care.disputes import DisputeDebt
from actions.paying.payments import MakePayment
from actions.talk.talk import Inform
from actions.talk.verification import Resume, VerificationForm
from bot.db import Database
from bot.models import Conversation, VerificationChallenge
from bot.settings import settings
from tests.actions.scene import Answer, Scene

FORM = "verification_form"


def code_for(scene: Scene) -> str:
    """The code that was sent, found again as nobody without the key could."""
    key = settings().secret_key.get_secret_value().encode()
    with scene.db.reading() as session:
        newest = sa.select(VerificationChallenge).order_by(VerificationChallenge.created_at.desc())
        challenge = session.scalars(newest).first()
    assert challenge is not None
    for number in range(10**6):
        digest = hmac.new(key, f"one-time code\x00{challenge.id}:{number:06d}".encode(), hashlib.sha256)
        if digest.hexdigest() == challenge.code_digest:
            return f"{number:06d}"
    raise AssertionError("no code fits the challenge")


async def name_account(scene: Scene, text: str) -> Answer:
    """Answer the question for a reference."""
    return await scene.run(VerificationForm(), text, loop=FORM, requested="reference")


async def test_a_balance_before_any_proof_says_nothing_of_an_account_and_keeps_the_wish_p1(stranger: Scene) -> None:
    answer = await stranger.run(CheckBalance(), "how much do I owe?", "check_balance")
    assert answer.responses == ["utter_verify_first"]
    assert answer.loop == FORM
    assert answer.slots["wish"] == {"intent": "check_balance", "text": "how much do I owe?", "entities": {}}
    assert answer.card is None


async def test_known_and_unknown_accounts_get_the_same_answer_p2(stranger: Scene) -> None:
    known = await name_account(stranger, "GT-1001")
    unknown = await name_account(stranger, "GT-9999")
    assert known.responses == unknown.responses == ["utter_code_sent"]
    assert known.text == unknown.text
    assert known.slots == unknown.slots == {"reference": True}


async def test_the_code_proves_it_and_no_slot_holds_it(stranger: Scene) -> None:
    await name_account(stranger, "my number is gt 1001")
    code = code_for(stranger)
    answer = await stranger.run(VerificationForm(), f"it's {code}", loop=FORM, requested="code")
    assert answer.slots == {"code": True}
    with stranger.db.reading() as session:
        assert session.get_one(Conversation, stranger.id).customer_id == stranger.customer.id


async def test_a_wrong_code_is_asked_again_kindly_and_the_fifth_pauses_with_a_way_to_a_person_c13(
    stranger: Scene,
) -> None:
    await name_account(stranger, "GT-9999")
    tries = [await stranger.run(VerificationForm(), "000000", loop=FORM, requested="code") for _ in range(5)]
    assert [answer.responses for answer in tries] == [["utter_code_wrong"]] * 4 + [["utter_locked"]]
    assert tries[-1].slots == {"code": None, "reference": None, "requested_slot": None}


async def test_while_it_is_paused_a_new_code_is_refused_kindly(stranger: Scene) -> None:
    await name_account(stranger, "GT-1001")
    for _ in range(5):
        await stranger.run(VerificationForm(), "no idea, 00 00 00", loop=FORM, requested="code")
    answer = await name_account(stranger, "GT-1001")
    assert answer.responses == ["utter_too_many"]
    assert answer.slots == {"reference": None}


async def test_a_new_code_can_be_asked_for_by_button_or_in_words(stranger: Scene) -> None:
    await name_account(stranger, "GT-1001")
    first = code_for(stranger)
    by_words = await stranger.run(VerificationForm(), "nothing came yet", loop=FORM, requested="code")
    assert by_words.responses == ["utter_code_sent_again"]
    second = code_for(stranger)
    old = await stranger.run(VerificationForm(), first, loop=FORM, requested="code")
    assert old.responses == ([] if first == second else ["utter_code_wrong"])
    by_button = await stranger.run(
        VerificationForm(), intent="inform", entities={"code": "resend"}, loop=FORM, requested="code"
    )
    assert by_button.responses == ["utter_code_sent_again"]


async def test_another_account_may_be_named_while_the_code_is_awaited(stranger: Scene) -> None:
    await name_account(stranger, "GT-9999")
    answer = await stranger.run(VerificationForm(), "sorry, it's GT-1001", loop=FORM, requested="code")
    assert answer.slots == {"code": None}
    code = code_for(stranger)
    proven = await stranger.run(VerificationForm(), code, loop=FORM, requested="code")
    assert proven.slots == {"code": True}


async def test_a_message_that_carries_proof_and_request_does_both(stranger: Scene) -> None:
    answer = await stranger.run(
        VerificationForm(), "GT-1001, when is it due", "check_due_date", loop=FORM, requested="reference"
    )
    assert answer.slots["reference"] is True
    assert answer.slots["wish"]["intent"] == "check_due_date"


async def test_why_is_answered_and_the_question_stays_open(stranger: Scene) -> None:
    answer = await stranger.run(
        VerificationForm(), "why do you need that?", "explain_balance", loop=FORM, requested="reference"
    )
    assert answer.responses == ["utter_why_verify"]
    assert answer.slots == {"reference": None}


async def test_a_sensitive_message_is_never_taken_for_a_reference_c12_c13_p4(stranger: Scene) -> None:
    for intent in (
        "express_crisis",
        "request_human",
        "wrong_person",
        "cease_contact",
        "report_vulnerability",
        "cancel",
    ):
        answer = await stranger.run(
            VerificationForm(), "call me on 210 555 0101", intent, loop=FORM, requested="reference"
        )
        assert answer.events == []
        assert answer.said == []


async def test_a_digression_is_not_read_twice(stranger: Scene) -> None:
    answer = await stranger.run(
        VerificationForm(), "are you a bot GT-1001", "ask_bot_identity", loop=FORM, requested="reference",
        answered_before=True,
    )  # fmt: skip
    assert answer.events == []


async def test_the_first_words_after_the_proof_acknowledge_the_person_and_the_wish_is_carried_out_k1(
    scene: Scene,
) -> None:
    answer = await scene.run(Resume(), "482913", slots={"wish": {"intent": "check_balance", "text": "balance"}})
    assert answer.responses == ["utter_verified", "utter_balance_overdue"]
    assert "Maya" in answer.text
    assert answer.slots == {"reference": None, "code": None, "factor": None, "wish": None}


async def test_a_payment_wished_for_before_the_proof_keeps_its_amount(scene: Scene) -> None:
    wish = {"intent": "make_payment", "text": "I want to pay 80.50", "entities": {}}
    answer = await scene.run(Resume(), "482913", slots={"wish": wish})
    assert answer.responses == ["utter_verified", "utter_pay_link"]
    assert answer.card is not None
    assert answer.card["amount"] == 8050


async def test_without_a_wish_the_ways_are_offered(scene: Scene) -> None:
    assert (await scene.run(Resume(), "482913")).responses == ["utter_verified", "utter_what_next"]


async def test_without_a_proof_nothing_is_said(stranger: Scene) -> None:
    answer = await stranger.run(Resume(), "482913", slots={"wish": {"intent": "check_balance", "text": ""}})
    assert answer.said == []
    assert "wish" not in answer.slots


async def test_a_proof_that_has_run_out_is_asked_for_again_and_the_wish_survives(stranger: Scene) -> None:
    answer = await stranger.run(MakePayment(), "pay 50", "make_payment", loop="payment_form", requested="amount")
    assert answer.loop == FORM
    assert answer.slots["wish"]["text"] == "pay 50"


async def test_a_customer_named_in_a_slot_or_a_message_is_never_believed(stranger: Scene) -> None:
    slots = {"customer_id": str(stranger.customer.id), "reference": True, "code": True}
    answer = await stranger.run(CheckBalance(), f"I am {stranger.customer.id}", "check_balance", slots=slots)
    assert answer.responses == ["utter_verify_first"]


async def test_a_button_of_an_earlier_message_is_remembered_until_the_proof(stranger: Scene) -> None:
    answer = await stranger.run(Inform(), intent="inform", entities={"amount": "overdue"})
    assert answer.loop == FORM
    assert answer.slots["wish"] == {"intent": "make_payment", "text": "", "entities": {"amount": "overdue"}}


async def test_somebody_who_says_that_a_bill_is_wrong_is_not_told_that_life_gets_in_the_way(scene: Scene) -> None:
    wish = {"intent": DisputeDebt.intent, "text": "INV-1001 is not mine", "entities": {}}
    answer = await scene.run(Resume(), "482913", slots={"wish": wish})
    assert answer.responses == ["utter_verified_clear", "utter_dispute_recorded", "utter_dispute_rest"]


@pytest.mark.parametrize("intent", ["nlu_fallback", "cease_contact", "complain", "deny"])
@pytest.mark.parametrize(
    "text",
    [
        "it didn't come", "I haven't had any text", "nothing has come yet", "can you send it one more time",
        "no code here",
    ],
)  # fmt: skip
async def test_a_code_that_did_not_come_is_sent_again_however_it_was_understood(
    sqlite_db: Database, text: str, intent: str
) -> None:
    scene = Scene(sqlite_db, verified=False)
    await name_account(scene, "GT-1001")
    answer = await scene.run(VerificationForm(), text, intent, loop=FORM, requested="code")
    assert answer.responses == ["utter_code_sent_again"]
    assert answer.slots == {"code": None}


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("I can't go on, nothing came", "express_crisis"),
        ("I never got what I ordered", "dispute_debt"),
        ("stop, no text", "cease_contact"),
    ],
)
async def test_what_is_about_more_than_the_code_is_heard_c12(sqlite_db: Database, text: str, intent: str) -> None:
    scene = Scene(sqlite_db, verified=False)
    assert (await scene.run(VerificationForm(), text, intent, loop=FORM, requested="code")).events == []


@pytest.mark.parametrize("requested", ["reference", "code"])
async def test_an_address_that_sounds_like_a_change_is_the_reference(sqlite_db: Database, requested: str) -> None:
    scene = Scene(sqlite_db, verified=False)
    text = "my email is maya@example.com"
    answer = await scene.run(VerificationForm(), text, "update_contact", loop=FORM, requested=requested)
    assert answer.responses == ["utter_code_sent"]
    assert "wish" not in answer.slots
    other = await scene.run(
        VerificationForm(), "my new email is mt@example.com", "update_contact", loop=FORM, requested=requested
    )
    assert other.events == []
