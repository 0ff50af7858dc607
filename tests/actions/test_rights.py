"""A copy of what is held, and its deletion: proven first, passed to a person, answered by a day that is said (P5)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from actions.care.rights import AskErasureAgreed, ErasureForm, RecordErasure, RequestErasure, RequestMyData
from actions.talk.talk import Deny
from bot.db import Database
from bot.models import Case, Customer, Message
from tests.actions.scene import Scene
from tests.conftest import SetClock

FORM = "erasure_form"


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """2 March 2026."""


def cases(scene: Scene) -> list[Case]:
    """Every case."""
    with scene.db.reading() as session:
        return list(session.scalars(sa.select(Case)))


async def test_a_copy_is_promised_by_a_day_and_written_down_p5(scene: Scene) -> None:
    answer = await scene.run(RequestMyData(), "send me everything you have on me", "request_my_data")
    (case,) = cases(scene)
    assert answer.responses == ["utter_data_noted"]
    assert "April 16, 2026" in answer.text  # 45 days in the United States
    assert case.reference in answer.text
    assert (case.kind, case.customer_id) == ("data_copy", scene.customer.id)
    assert case.summary == "To be answered by 2026-04-16.\nsend me everything you have on me"
    again = await scene.run(RequestMyData(), "where is my data", "request_my_data")
    assert again.responses == ["utter_data_again"]
    assert len(cases(scene)) == 1


async def test_the_day_is_that_of_the_customers_country_p5(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    with scene.db.transaction() as session:
        session.get_one(Customer, scene.customer.id).country = "GB"
    assert "April 1, 2026" in (await scene.run(RequestMyData(), "my data", "request_my_data")).text


@pytest.mark.parametrize("deed", [RequestMyData(), RequestErasure()])
async def test_nobody_has_anothers_data_sent_or_erased_p5(
    stranger: Scene, deed: RequestMyData | RequestErasure
) -> None:
    answer = await stranger.run(deed, "my data please", deed.intent)
    assert answer.loop == "verification_form"
    assert answer.slots["wish"]["intent"] == deed.intent
    assert cases(stranger) == []


async def test_erasure_is_asked_to_be_confirmed_after_what_stays_and_then_passed_on_p5(scene: Scene) -> None:
    begun = await scene.run(RequestErasure(), "delete all my data", "request_erasure")
    assert begun.loop == FORM
    asked = await scene.run(AskErasureAgreed(), "delete all my data", "request_erasure", loop=FORM)
    assert "3 years" in asked.text
    assert cases(scene) == []
    yes = await scene.run(ErasureForm(), "yes please", "affirm", loop=FORM, requested="erasure_agreed")
    assert yes.slots["erasure_agreed"] is True
    done = await scene.run(RecordErasure(), "yes please", "affirm", slots=begun.slots | yes.slots)
    (case,) = cases(scene)
    assert done.responses == ["utter_erasure_noted"]
    assert case.reference in done.text
    assert case.summary == "To be answered by 2026-04-16.\ndelete all my data"


async def test_nothing_is_deleted_by_the_assistant_itself_p5(scene: Scene) -> None:
    with scene.db.transaction() as session:
        session.add(Message(conversation_id=scene.id, seq=1, author="customer", text="hello"))
    slots = {"erasure_agreed": True}
    await scene.run(RecordErasure(), "yes", "affirm", slots=slots)
    with scene.db.reading() as session:
        assert session.get(Customer, scene.customer.id) is not None
        assert session.scalars(sa.select(Message.text)).one() == "hello"


@pytest.mark.parametrize("text", ["no, leave it", "not now"])
async def test_a_no_leaves_it_as_it_was(scene: Scene, text: str) -> None:
    taken = await scene.run(ErasureForm(), text, "deny", loop=FORM, requested="erasure_agreed")
    assert taken.events == []
    left = await scene.run(Deny(), text, "deny", loop=FORM, requested="erasure_agreed")
    assert left.loop is None
    assert cases(scene) == []


async def test_an_unclear_yes_is_asked_back(scene: Scene) -> None:
    taken = await scene.run(ErasureForm(), "hm, maybe", "affirm", loop=FORM, requested="erasure_agreed")
    assert taken.responses == ["utter_yes_unclear"]
    assert taken.slots == {"erasure_agreed": None}


async def test_a_question_is_answered_by_saying_it_once_more(scene: Scene) -> None:
    taken = await scene.run(ErasureForm(), "hm, and what stays?", "inform", loop=FORM, requested="erasure_agreed")
    assert taken.responses == []
    assert taken.slots == {"erasure_agreed": None}


@pytest.mark.parametrize("intent", ["express_crisis", "report_deceased", "complain", "request_human"])
async def test_a_sensitive_message_is_never_the_yes_c12(scene: Scene, intent: str) -> None:
    taken = await scene.run(ErasureForm(), "yes", intent, loop=FORM, requested="erasure_agreed")
    assert taken.events == []
    assert taken.said == []


async def test_when_the_proof_has_run_out_it_is_asked_for_again(stranger: Scene) -> None:
    answer = await stranger.run(RecordErasure(), "yes", "affirm", slots={"erasure_agreed": True})
    assert answer.loop == "verification_form"
    assert answer.slots["wish"]["intent"] == "request_erasure"
