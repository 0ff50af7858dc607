"""A call from a person: number, time, and a case; nobody has to prove anything (C13, P1)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from actions.talk import call_times
from actions.talk.call_times import Misfit
from actions.talk.callbacks import AskCallbackTime, CallbackForm, RecordCallback, RequestCallback
from bot.conversations import hours
from bot.conversations.hours import Span
from bot.models import Callback, Case
from tests.actions.scene import Answer, Scene
from tests.conftest import SetClock

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)  # 10:00 in New York


def local(text: str) -> dt.datetime:
    """An instant by New York's clock."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("tomorrow at 3", "2026-03-03 15:00", "2026-03-03 16:00"),
        ("friday morning", "2026-03-06 08:00", "2026-03-06 12:00"),
        ("today after 5", "2026-03-02 17:00", "2026-03-02 20:00"),
        ("at 3pm", "2026-03-02 15:00", "2026-03-02 16:00"),
        ("at 9am", "2026-03-03 09:00", "2026-03-03 10:00"),  # it has gone by today
        ("this afternoon", "2026-03-02 12:00", "2026-03-02 17:00"),
        ("tomorrow", "2026-03-03 08:00", "2026-03-03 09:00"),
        ("as soon as possible", "2026-03-02 10:30", "2026-03-02 11:30"),
        ("any time", "2026-03-02 10:30", "2026-03-02 11:30"),
    ],
)
def test_a_call_is_fitted_into_the_desks_hours(text: str, start: str, end: str) -> None:
    assert call_times.asked(text, NEW_YORK, "en-US", MONDAY) == Span(local(start), local(end))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sunday at 11", Misfit.CLOSED),
        ("tomorrow at 10pm", Misfit.CLOSED),
        ("May 20", Misfit.FAR),
        ("today at 9:00 am", Misfit.PAST),
        ("March 1st 2026", Misfit.PAST),
        ("hello", None),
    ],
)
def test_what_the_desk_cannot_do_is_not_promised(text: str, why: Misfit | None) -> None:
    found = call_times.asked(text, NEW_YORK, "en-US", MONDAY)
    assert found == why or (why == Misfit.PAST and isinstance(found, Misfit))


@given(
    st.integers(0, 500_000).map(lambda minutes: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)),
    st.sampled_from(["tomorrow at 3", "friday", "in the morning", "asap", "after 5pm", "next monday at noon"]),
)
def test_every_call_that_is_promised_is_in_opening_hours_and_ahead(now: dt.datetime, text: str) -> None:
    found = call_times.asked(text, NEW_YORK, "en-US", now)
    if isinstance(found, Span):
        assert now < found.starts_at < found.ends_at
        assert hours.is_open(found.starts_at)
        assert hours.is_open(found.ends_at - dt.timedelta(minutes=1))


def calls(scene: Scene) -> list[tuple[Callback, Case]]:
    """The calls that were asked for, with their cases."""
    with scene.db.reading() as session:
        query = sa.select(Callback, Case).join(Case, Case.id == Callback.case_id).order_by(Callback.created_at)
        return [(call, case) for call, case in session.execute(query)]


async def record(scene: Scene, *answers: Answer) -> Answer:
    """The end of the form, with the slots that the answers set."""
    slots: dict[str, object] = {}
    for answer in answers:
        slots |= answer.slots
    return await scene.run(RecordCallback(), slots=slots, answered_before=True)


async def test_a_known_customer_is_called_on_the_number_on_file(clock: SetClock, scene: Scene) -> None:
    asked = await scene.run(RequestCallback(), "can somebody call me tomorrow at 3?", "request_callback")
    assert asked.loop == "callback_form"
    assert "+1" not in str(asked.slots)
    done = await record(scene, asked)
    assert done.responses == ["utter_callback_noted"]
    assert "Tuesday, March 3" in done.text
    ((call, case),) = calls(scene)
    assert call.phone is None
    assert (call.customer_id, case.kind) == (scene.customer.id, "callback")
    assert call.starts_at == local("2026-03-03 16:00")  # 3 o'clock in Chicago
    assert "the number on file on Tuesday, 03 March 2026 between 16:00 and 17:00" in case.summary


async def test_a_stranger_gives_a_number_and_nothing_is_told_p1(clock: SetClock, stranger: Scene) -> None:
    asked = await stranger.run(RequestCallback(), "please call me", "request_callback")
    assert (asked.loop, asked.said, asked.slots["callback_number"]) == ("callback_form", [], None)
    own = await stranger.run(CallbackForm(), "the number you have", loop="callback_form", requested="callback_number")
    assert own.responses == ["utter_callback_number_needed"]
    given = await stranger.run(
        CallbackForm(), "312 555 0199, tomorrow morning", loop="callback_form", requested="callback_number"
    )
    assert "555" not in str(given.slots)
    done = await record(stranger, given)
    assert done.responses == ["utter_callback_noted_given"]
    assert "EST" in done.text
    ((call, case),) = calls(stranger)
    assert (call.phone, call.customer_id) == ("+13125550199", None)
    assert "+13125550199" in case.summary


async def test_the_question_offers_the_soonest_time_and_a_yes_takes_it(clock: SetClock, scene: Scene) -> None:
    question = await scene.run(AskCallbackTime(), loop="callback_form", requested="callback_time")
    assert question.payloads == ['/inform{"time": "soonest"}']
    for text, intent, entities in (("", "inform", {"time": "soonest"}), ("yes", "affirm", {}), ("asap", "inform", {})):
        taken = await scene.run(
            CallbackForm(), text, intent, entities=entities, loop="callback_form", requested="callback_time"
        )
        assert taken.slots["callback_time"] == [
            local("2026-03-02 10:30").isoformat(), local("2026-03-02 11:30").isoformat(),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("sunday at 11", "utter_callback_closed"),
        ("June 5th", "utter_callback_far"),
        ("dunno", "utter_callback_time_unclear"),
    ],
)
async def test_a_time_that_cannot_be_is_said_so_and_asked_again(
    clock: SetClock, scene: Scene, text: str, response: str
) -> None:
    answer = await scene.run(CallbackForm(), text, loop="callback_form", requested="callback_time")
    assert (answer.responses, answer.slots) == ([response], {"callback_time": None})


async def test_a_call_is_changed_by_asking_again(clock: SetClock, scene: Scene) -> None:
    for words in ("call me tomorrow at 3", "call me on 312 555 0199 tomorrow at 4 instead"):
        await record(scene, await scene.run(RequestCallback(), words, "request_callback"))
    ((call, _),) = calls(scene)
    assert (call.phone, call.starts_at) == ("+13125550199", local("2026-03-03 17:00"))


async def test_another_intent_is_heard_first(clock: SetClock, scene: Scene) -> None:
    for intent in ("cancel", "express_crisis", "deny"):
        answer = await scene.run(CallbackForm(), "no 5", intent, loop="callback_form", requested="callback_time")
        assert answer.events == []
