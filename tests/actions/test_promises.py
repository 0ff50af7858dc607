"""A promise to pay: a day, a yes, silence until then (design section 10, 4)."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from actions.promises import AskPromiseAgreed, PromiseForm, PromiseToPay, RecordPromise
from bot.models import Promise, PromiseStatus
from tests.actions.scene import Answer, Scene
from tests.conftest import SetClock

FORM = "promise_form"
OVERDUE = {"minor": 20050, "currency": "USD"}

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def monday(clock: SetClock) -> None:
    """It is Monday, 2 March 2026."""


@pytest.fixture
def scene(monday: None, scene: Scene) -> Scene:
    """Maya, on that Monday."""
    return scene


async def answer_day(scene: Scene, text: str, intent: str = "inform") -> Answer:
    """Answer the question which day."""
    return await scene.run(PromiseForm(), text, intent, slots={"promise": OVERDUE}, loop=FORM, requested="promise_day")


async def confirm(scene: Scene, text: str, intent: str) -> Answer:
    """Answer the question whether it is right."""
    slots = {"promise": OVERDUE, "promise_day": "2026-03-06"}
    return await scene.run(PromiseForm(), text, intent, slots=slots, loop=FORM, requested="promise_agreed")


async def test_the_day_and_the_amount_are_read_from_the_wish(scene: Scene) -> None:
    answer = await scene.run(PromiseToPay(), "I can pay 50 on friday", "promise_to_pay")
    assert answer.loop == FORM
    assert answer.slots["promise"] == {"minor": 5000, "currency": "USD"}
    assert answer.slots["promise_day"] == "2026-03-06"


async def test_without_an_amount_it_is_what_is_overdue(scene: Scene) -> None:
    answer = await scene.run(PromiseToPay(), "I'll pay after payday", "promise_to_pay")
    assert answer.slots["promise"] == OVERDUE
    assert answer.slots["promise_day"] is None


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("soon", "utter_promise_day_unclear"),
        ("in 3 months", "utter_promise_day_far"),
        ("1/1/2026", "utter_promise_day_past"),
    ],
)
async def test_a_day_that_cannot_be_is_asked_again_kindly(scene: Scene, text: str, response: str) -> None:
    answer = await answer_day(scene, text)
    assert answer.responses == [response]
    assert answer.slots["promise_day"] is None


async def test_the_sixtieth_day_is_still_fine(scene: Scene) -> None:
    assert (await answer_day(scene, "in 60 days")).slots["promise_day"] == "2026-05-01"
    assert (await answer_day(scene, "in 61 days")).slots["promise_day"] is None


async def test_it_is_repeated_before_it_is_noted(scene: Scene) -> None:
    slots = {"promise": OVERDUE, "promise_day": "2026-03-06"}
    answer = await scene.run(AskPromiseAgreed(), "", slots=slots, loop=FORM)
    assert "$200.50" in answer.text
    assert "March 6, 2026" in answer.text


async def test_the_day_or_the_amount_may_still_be_corrected(scene: Scene) -> None:
    another_day = await confirm(scene, "no, the 20th", "deny")
    assert another_day.slots == {"promise_day": "2026-03-20", "promise_agreed": None}
    another_amount = await confirm(scene, "make it 80", "inform")
    assert another_amount.slots == {"promise": {"minor": 8000, "currency": "USD"}, "promise_agreed": None}


async def test_only_a_clear_yes_counts(scene: Scene) -> None:
    assert (await confirm(scene, "yes", "affirm")).slots == {"promise_agreed": True}
    assert (await confirm(scene, "maybe", "deny")).responses == ["utter_yes_unclear"]
    assert (await confirm(scene, "no", "deny")).events == []


async def test_it_is_recorded_once_and_a_newer_one_corrects_it(scene: Scene) -> None:
    for day in ("2026-03-06", "2026-03-06", "2026-03-20"):
        slots = {"promise": OVERDUE, "promise_day": day, "promise_agreed": True}
        answer = await scene.run(RecordPromise(), "yes", "affirm", slots=slots)
        assert answer.responses == ["utter_promise_recorded"]
    with scene.db.reading() as session:
        found = session.execute(sa.select(Promise.due_on, Promise.status).order_by(Promise.due_on)).all()
    assert [tuple(row) for row in found] == [
        (dt.date(2026, 3, 6), PromiseStatus.CORRECTED),
        (dt.date(2026, 3, 20), PromiseStatus.OPEN),
    ]


async def test_it_survives_a_proof_that_ran_out(stranger: Scene) -> None:
    slots = {"promise": OVERDUE, "promise_day": "2026-03-06", "promise_agreed": True}
    answer = await stranger.run(RecordPromise(), "yes", "affirm", slots=slots)
    assert answer.slots["wish"] == {"intent": "promise_to_pay", "text": "", "entities": {"day": "2026-03-06"}}
    with stranger.db.transaction() as session:
        conversation = session.merge(stranger.conversation)
        conversation.customer_id = stranger.customer.id
        conversation.verified_until = dt.datetime(2026, 3, 2, 16, tzinfo=dt.UTC)
    resumed = await stranger.run(
        PromiseToPay(), intent="promise_to_pay", entities={"day": "2026-03-06"}, slots={"promise": OVERDUE}
    )
    assert resumed.slots["promise_day"] == "2026-03-06"
    assert resumed.slots["promise"] == OVERDUE
