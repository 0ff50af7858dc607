"""A complaint is taken down every time, in their own words; so is a fraud, which is believed (C9, C13)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from actions.care.complaints import Complain
from actions.care.fraud import ReportFraud
from actions.care.story import AskStory, EndStory, StoryForm
from bot.db import Database
from bot.models import Case, Conversation, Hold, Holder, HoldKind, Invoice
from tests.actions.scene import Scene
from tests.conftest import SetClock

FORM = "story_form"


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """2 March 2026."""


def cases(scene: Scene) -> list[Case]:
    """Every case."""
    with scene.db.reading() as session:
        return list(session.scalars(sa.select(Case)))


def disputed(scene: Scene) -> set[str]:
    """The numbers of the invoices that are held."""
    with scene.db.reading() as session:
        rows = session.execute(sa.select(Invoice.number, Hold.kind).join(Hold, Hold.invoice_id == Invoice.id)).all()
    assert {kind for _, kind in rows} <= {HoldKind.DISPUTE}
    return {number for number, _ in rows}


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("loop", [None, "payment_form", "plan_form", FORM])
async def test_a_complaint_has_a_reference_a_day_and_a_person_to_turn_to_c13(
    sqlite_db: Database, verified: bool, loop: str | None
) -> None:
    scene = Scene(sqlite_db, verified=verified)
    answer = await scene.run(Complain(), "I want to complain, you charged me and were rude", "complain", loop=loop)
    assert answer.responses == ["utter_complaint", "utter_complaint_beyond"]
    (case,) = cases(scene)
    assert case.reference in answer.text
    assert "March 16, 2026" in answer.text
    assert "consumerfinance.gov" in answer.text
    assert "?" not in answer.text
    assert case.summary == "To be answered by 2026-03-16.\nI want to complain, you charged me and were rude"
    assert (case.kind, case.customer_id) == ("complaint", scene.customer.id if verified else None)
    assert (answer.loop, answer.slots["story_of"]) == (FORM, "complain")
    with scene.db.reading() as session:
        assert session.get_one(Conversation, scene.id).holder == Holder.BOT


async def test_inside_the_proof_the_proof_goes_on(stranger: Scene) -> None:
    answer = await stranger.run(
        Complain(), "I'd like to complain. GT-1001", "complain", loop="verification_form", requested="reference"
    )
    assert answer.responses[0] == "utter_complaint"
    assert answer.slots == {"reference": True}


@pytest.mark.parametrize(
    ("text", "intent", "is_told"),
    [
        ("your driver damaged my door and went to the wrong house", "wrong_person", True),
        ("your people spoke to my wife instead of me", "third_party", True),
        ("you have the wrong person", "wrong_person", False),
        ("the driver was late and broke my door", "dispute_debt", True),
        ("and INV-1001 was charged twice", "dispute_debt", False),
        ("I'm writing for my mother", "third_party", False),
    ],
)
async def test_a_tale_that_sounds_like_somebody_else_is_part_of_the_complaint(
    sqlite_db: Database, text: str, intent: str, is_told: bool
) -> None:
    scene = Scene(sqlite_db)
    await scene.run(Complain(), "I want to complain", "complain")
    slots = {"story_of": "complain"}
    taken = await scene.run(StoryForm(), text, intent, loop=FORM, requested="story", slots=slots)
    assert (text in cases(scene)[0].summary) is is_told
    assert bool(taken.events) is is_told


async def test_a_complaint_with_the_account_in_it_goes_on_to_the_code(stranger: Scene) -> None:
    answer = await stranger.run(Complain(), "I want to complain, my account is GT-1001", "complain")
    assert answer.responses[-1] == "utter_code_sent"
    assert answer.loop == "verification_form"


async def test_a_second_complaint_is_added_and_nothing_is_asked_twice_c13(scene: Scene) -> None:
    await scene.run(Complain(), "I want to complain", "complain")
    again = await scene.run(Complain(), "and nobody called back, that's also a complaint", "complain", loop=FORM)
    assert again.responses == ["utter_complaint_again"]
    (case,) = cases(scene)
    assert case.summary.endswith("I want to complain\nand nobody called back, that's also a complaint")


async def test_a_complaint_of_eight_thousand_characters_is_kept_whole(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    words = ("I am not happy with this at all. " * 300)[:7_900].strip()
    await scene.run(Complain(), words, "complain")
    assert words in cases(scene)[0].summary


@pytest.mark.parametrize("intent", ["inform", "nlu_fallback", "out_of_scope", "express_frustration"])
async def test_further_words_go_to_the_case_in_whatever_form_c13(sqlite_db: Database, intent: str) -> None:
    scene = Scene(sqlite_db)
    await scene.run(Complain(), "I want to complain", "complain")
    slots = {"story_of": "complain"}
    told = "the man on the phone laughed at me"
    taken = await scene.run(StoryForm(), told, intent, loop=FORM, requested="story", slots=slots)
    assert taken.responses == ["utter_story_kept"]
    assert taken.slots == {"story": None}
    assert cases(scene)[0].summary.endswith(told)


async def test_what_they_said_on_the_phone_is_part_of_the_complaint(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    await scene.run(Complain(), "I want to complain", "complain")
    told = "the man laughed at me when I said I can't pay"
    slots = {"story_of": "complain"}
    taken = await scene.run(StoryForm(), told, "report_hardship", loop=FORM, requested="story", slots=slots)
    assert taken.responses == ["utter_story_kept"]
    assert [case.kind for case in cases(scene)] == ["complaint"]


@pytest.mark.parametrize(
    "intent",
    ["make_payment", "check_balance", "express_crisis", "report_vulnerability", "request_human", "cease_contact",
     "report_deceased", "suspect_scam", "request_plan"],
)  # fmt: skip
async def test_any_other_wish_is_heard_by_itself(sqlite_db: Database, intent: str) -> None:
    slots = {"story_of": "complain"}
    taken = await Scene(sqlite_db).run(
        StoryForm(), "something else please", intent, loop=FORM, requested="story", slots=slots
    )
    assert taken.events == []
    assert taken.said == []


@pytest.mark.parametrize(("text", "intent"), [("no", "deny"), ("that's all thanks", "thank"), ("bye", "goodbye")])
async def test_it_ends_when_they_say_so(sqlite_db: Database, text: str, intent: str) -> None:
    scene = Scene(sqlite_db)
    slots = {"story_of": "complain", "topic": "complaint"}
    taken = await scene.run(StoryForm(), text, intent, loop=FORM, requested="story", slots=slots)
    assert taken.slots == {"story": True}
    ended = await scene.run(EndStory(), text, intent, slots=slots)
    assert ended.responses == ["utter_story_end"]
    assert ended.slots["story_of"] is None


async def test_the_form_asks_nothing_and_is_never_silent(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    assert (await scene.run(AskStory(), "ok", "affirm", loop=FORM)).responses == ["utter_story_more"]
    assert (await scene.run(AskStory(), "ok", "affirm", loop=FORM, has_spoken=True)).responses == []


async def test_a_fraud_is_believed_and_everything_open_is_held_c9(scene: Scene) -> None:
    answer = await scene.run(ReportFraud(), "somebody stole my identity and ordered this", "report_fraud")
    assert answer.responses == ["utter_fraud", "utter_fraud_held", "utter_fraud_help", "utter_concern_noted"]
    assert "identitytheft.gov" in answer.text
    assert "?" not in answer.text
    assert disputed(scene) == {"INV-1001", "INV-1002", "INV-1003"}
    assert [(case.kind, case.customer_id) for case in cases(scene)] == [("fraud", scene.customer.id)]
    assert answer.loop == FORM
    again = await scene.run(ReportFraud(), "it was my cousin", "report_fraud", loop=FORM)
    assert again.responses[0] == "utter_fraud_again"
    assert "utter_fraud_help" not in again.responses


async def test_of_a_fraud_only_what_was_named_is_held_c9(scene: Scene) -> None:
    await scene.run(ReportFraud(), "I never ordered INV-1002, that's fraud", "report_fraud")
    assert disputed(scene) == {"INV-1002"}


async def test_a_fraud_told_by_somebody_unknown_is_believed_and_nothing_is_told_p1(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db, verified=False, locale="en-GB")
    answer = await scene.run(ReportFraud(), "this is identity theft", "report_fraud")
    assert answer.responses == ["utter_fraud", "utter_fraud_help", "utter_concern_noted", "utter_concern_unknown"]
    assert "Action Fraud" in answer.text
    assert [(case.kind, case.customer_id) for case in cases(scene)] == [("fraud", None)]
    assert disputed(scene) == set()
    assert answer.slots["offer"]["intent"] == "report_fraud"
