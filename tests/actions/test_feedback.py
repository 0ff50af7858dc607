"""A rating and a word about it (K14)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from actions.talk.feedback import FeedbackForm, GiveFeedback, KeepComment, rating
from actions.talk.parting import Goodbye, Thank
from actions.talk.talk import Affirm, Deny, Inform
from bot.conversations import feedback, transcript
from bot.models import Author, Case, Conversation, Feedback
from tests.actions.scene import Scene
from tests.conftest import SetClock

FORM = "feedback_form"


def rows(scene: Scene) -> list[Feedback]:
    """What was said about us."""
    with scene.db.reading() as session:
        return list(session.scalars(sa.select(Feedback)))


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("5", 5), ("5/5", 5), ("4 out of 5", 4), ("8/10", 4), ("10 out of 10!", 5), ("I'd give it a 3", 3),
        ("five stars", 5), ("two stars at best", 2), ("👍", 5), ("👎 sorry", 1), ("⭐⭐⭐", 3), ("thumbs up", 5),
        ("1 - very bad", 1), ("rating: 4", 4), ("it was great", None), ("", None), ("3 days late", None),
        ("11/10", None), ("I waited 5 minutes", None),
    ],
)  # fmt: skip
def test_a_rating_is_read_as_it_was_given(text: str, given: int | None) -> None:
    assert rating(text) == given


async def test_a_good_rating_is_thanked_and_a_word_may_follow(scene: Scene) -> None:
    rated = await scene.run(GiveFeedback(), "", "give_feedback", entities={"rating": "5"}, slots={"topic": "plan"})
    assert (rated.responses, rated.loop) == (["utter_feedback_high"], FORM)
    text = "the plan options were really clear"
    taken = await scene.run(
        FeedbackForm(), text, "request_plan", confidence=0.5, slots=rated.slots, loop=FORM, requested="comment"
    )
    assert taken.slots == {"comment": True}
    kept = await scene.run(KeepComment(), text, "request_plan", slots=rated.slots | taken.slots, answered_before=True)
    assert kept.responses == ["utter_comment_kept"]
    (row,) = rows(scene)
    assert (row.rating, row.comment, row.about) == (5, text, "plan")


async def test_a_low_rating_is_met_humbly_with_a_person_offered_k2(scene: Scene) -> None:
    answer = await scene.run(GiveFeedback(), "", "give_feedback", entities={"rating": "1"})
    assert answer.responses == ["utter_feedback_low"]
    assert rows(scene)[0].rating == 1


async def test_a_rating_with_words_is_one_thing(scene: Scene) -> None:
    answer = await scene.run(GiveFeedback(), "2/5, it was slow and confusing", "give_feedback")
    assert (answer.responses, answer.loop) == (["utter_feedback_sorry"], None)
    (row,) = rows(scene)
    assert (row.rating, row.comment) == (2, "2/5, it was slow and confusing")


async def test_words_alone_are_kept_too(scene: Scene) -> None:
    answer = await scene.run(GiveFeedback(), "you were so helpful, great service", "give_feedback")
    assert answer.responses == ["utter_feedback_thanks"]
    assert rows(scene)[0].comment == "you were so helpful, great service"


async def test_the_wish_to_rate_is_met_with_the_question(scene: Scene) -> None:
    answer = await scene.run(GiveFeedback(), "I want to leave feedback", "give_feedback")
    assert answer.responses == ["utter_ask_rating"]
    assert rows(scene) == []


async def test_feedback_in_the_middle_of_something_leaves_that_as_it_is(scene: Scene) -> None:
    answer = await scene.run(GiveFeedback(), "5/5", "give_feedback", loop="plan_form", requested="plan")
    assert (answer.responses, answer.events) == (["utter_feedback_thanks"], [])


@pytest.mark.parametrize(("deed", "intent"), [(Inform(), "inform"), (Deny(), "deny"), (Affirm(), "affirm")])
async def test_a_bare_number_after_the_question_is_the_rating(
    clock: SetClock, scene: Scene, deed: Inform | Deny | Affirm, intent: str
) -> None:
    with scene.db.transaction() as session:
        conversation = session.get_one(Conversation, scene.id)
        session.add(Case(conversation_id=scene.id, kind="dispute", summary=""))
        transcript.append(session, conversation, author=Author.CUSTOMER, text="thanks")
    asked = await scene.run(Thank(), "thanks", "thank")
    clock.advance(seconds=5)
    with scene.db.transaction() as session:
        transcript.append(session, session.get_one(Conversation, scene.id), author=Author.CUSTOMER, text="4")
    answer = await scene.run(deed, "4", intent, slots={"topic": "plan"}, last=asked)
    assert answer.responses == ["utter_feedback_high"]
    assert rows(scene)[0].rating == 4


async def test_so_it_is_when_a_person_has_closed_the_talk(clock: SetClock, scene: Scene) -> None:
    with scene.db.transaction() as session:
        feedback.asked(session, session.get_one(Conversation, scene.id), "person")
        clock.advance(seconds=5)
        transcript.append(session, session.get_one(Conversation, scene.id), author=Author.CUSTOMER, text="4")
    assert (await scene.run(Inform(), "4")).responses == ["utter_feedback_high"]


async def test_without_the_question_a_number_is_an_amount(scene: Scene) -> None:
    assert (await scene.run(Inform(), "4")).responses == ["utter_offer_amount"]


@pytest.mark.parametrize(
    ("text", "is_comment"),
    [
        ("took too long to find the pay button", True),
        ("the payment page was easy to use", True),
        ("I had to explain three times that the lamp never arrived here", True),
        ("I want to pay", False),
        ("ok and how long is the plan?", False),
        ("can you help me pay", False),
        ("my balance", False),
    ],
)
async def test_a_word_about_it_is_told_from_another_wish(scene: Scene, text: str, is_comment: bool) -> None:
    answer = await scene.run(FeedbackForm(), text, "make_payment", loop=FORM, requested="comment")
    assert answer.slots == {"comment": is_comment}


@pytest.mark.parametrize("intent", ["thank", "goodbye", "deny", "cancel"])
async def test_no_more_words_are_fine(scene: Scene, intent: str) -> None:
    taken = await scene.run(FeedbackForm(), "no thanks", intent, loop=FORM, requested="comment")
    assert taken.slots == {"comment": False}
    answer = await scene.run(KeepComment(), "no thanks", intent, slots={"comment": False, "feedback": "x"})
    assert answer.responses == ["utter_goodbye"]


async def test_another_wish_ends_it_and_is_answered(scene: Scene) -> None:
    taken = await scene.run(FeedbackForm(), "what do I owe", "check_balance", loop=FORM, requested="comment")
    assert taken.slots == {"comment": False}
    answer = await scene.run(KeepComment(), "what do I owe", "check_balance", slots={"comment": False, "feedback": "x"})
    assert answer.responses == ["utter_balance_overdue"]


async def test_another_wish_of_a_stranger_is_kept_for_after_the_proof(stranger: Scene) -> None:
    answer = await stranger.run(
        KeepComment(), "what do I owe", "check_balance", slots={"comment": False, "feedback": "x"}
    )
    assert answer.loop == "verification_form"
    assert answer.slots["wish"]["intent"] == "check_balance"


async def test_a_crisis_is_never_a_comment_c12(scene: Scene) -> None:
    answer = await scene.run(
        FeedbackForm(), "I want to die", "express_crisis", confidence=0.5, loop=FORM, requested="comment"
    )
    assert answer.events == []


@pytest.mark.parametrize(("deed", "intent"), [(Thank(), "thank"), (Goodbye(), "goodbye"), (Deny(), "deny")])
async def test_at_the_end_of_a_talk_in_which_something_was_settled_it_is_asked_once(
    scene: Scene, deed: Thank | Goodbye | Deny, intent: str
) -> None:
    with scene.db.transaction() as session:
        session.add(Case(conversation_id=scene.id, kind="dispute", summary=""))
    in_form = await scene.run(deed, "thanks", intent, loop="plan_form", requested="plan")
    assert "utter_ask_rating" not in in_form.responses
    assert (await scene.run(deed, "thanks", intent)).responses[-1] == "utter_ask_rating"
    assert "utter_ask_rating" not in (await scene.run(deed, "thanks", intent)).responses
