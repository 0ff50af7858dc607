"""A reply to a reminder is understood in its light: yes, later, a day, a word that says little; and safely (P1)."""

from __future__ import annotations

import pytest

from actions.talk.talk import Affirm, Deny, Inform, NotUnderstood
from bot import clock
from bot.conversations import transcript
from bot.models import Author, Conversation, Medium, Reminder, ReminderKind, ReminderStatus
from tests.actions.scene import Scene

STALE = {"offer": {"intent": "request_statement", "entities": {}}}


def remind(scene: Scene, kind: ReminderKind = ReminderKind.INVOICE, step: int = 3) -> None:
    """The last word in the conversation is a reminder."""
    with scene.db.transaction() as session:
        talk = session.get_one(Conversation, scene.id)
        message = transcript.append(session, talk, author=Author.BOT, text="There's a message for you.", unasked=True)
        session.flush()
        session.add(
            Reminder(
                customer_id=scene.customer.id, kind=kind, subject_id=scene.customer.id, step=step, medium=Medium.SMS,
                due_on=clock.now().date(), status=ReminderStatus.SENT, message_id=message.id, settled_at=clock.now(),
            )
        )  # fmt: skip


def answer_something(scene: Scene) -> None:
    """We have said something else since."""
    with scene.db.transaction() as session:
        transcript.append(session, session.get_one(Conversation, scene.id), author=Author.BOT, text="You're welcome.")


@pytest.mark.parametrize(
    ("kind", "responses"),
    [
        (ReminderKind.INVOICE, "utter_balance"),
        (ReminderKind.PROMISE, "utter_balance"),
        (ReminderKind.INSTALMENT, "utter_plan_none_open"),
    ],
)
async def test_yes_is_to_what_we_wrote_about_and_not_to_an_older_offer(
    scene: Scene, kind: ReminderKind, responses: str
) -> None:
    remind(scene, kind)
    answer = await scene.run(Affirm(), "ok", "affirm", slots=STALE)
    assert any(name.startswith(responses) for name in answer.responses), answer.responses
    assert answer.slots["offer"] != STALE["offer"]


async def test_p1_yes_from_somebody_unproven_begins_with_the_proof(stranger: Scene) -> None:
    remind(stranger)
    answer = await stranger.run(Affirm(), "yes", "affirm")
    assert answer.loop == "verification_form"
    assert "$" not in answer.text


async def test_a_word_that_says_little_is_taken_for_a_wish_to_read_it(stranger: Scene) -> None:
    remind(stranger)
    assert (await stranger.run(NotUnderstood(), "the message?", "nlu_fallback")).loop == "verification_form"


@pytest.mark.parametrize("words", ["later", "not now", "OK, later please", "Another time."])
async def test_later_is_always_fine(stranger: Scene, words: str) -> None:
    remind(stranger)
    assert (await stranger.run(NotUnderstood(), words, "nlu_fallback")).responses == ["utter_all_right"]
    assert (await stranger.run(Deny(), "no", "deny")).responses[:1] == ["utter_all_right"]


async def test_a_bare_day_is_a_day_to_pay_on(scene: Scene) -> None:
    remind(scene)
    friday = await scene.run(Inform(), "friday")
    assert friday.loop == "promise_form"


async def test_a_bare_day_from_somebody_unproven_is_kept_until_the_proof(stranger: Scene) -> None:
    remind(stranger)
    answer = await stranger.run(Inform(), "friday")
    assert answer.loop == "verification_form"
    assert answer.slots["wish"]["intent"] == "promise_to_pay"
    assert answer.slots["wish"]["text"] == "friday"


async def test_once_something_else_was_said_the_reminder_is_no_more_what_is_answered(scene: Scene) -> None:
    remind(scene)
    answer_something(scene)
    answer = await scene.run(Affirm(), "ok", "affirm")
    assert answer.responses == ["utter_what_next"]


async def test_inside_a_form_its_own_question_is_what_is_answered(scene: Scene) -> None:
    remind(scene)
    assert (await scene.run(Affirm(), "ok", "affirm", loop="promise_form")).responses == []


async def test_after_good_news_a_yes_asks_for_nothing(scene: Scene) -> None:
    remind(scene, ReminderKind.ANNIVERSARY, 0)
    assert (await scene.run(Affirm(), "ok", "affirm")).responses == ["utter_what_next"]
