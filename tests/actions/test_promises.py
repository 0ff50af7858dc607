"""A promise to pay: a day, a yes, silence until then (design section 10, 4)."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from actions.paying.payments import MakePayment, OpenLink, PaymentForm
from actions.paying.promises import AskPromiseAgreed, PromiseForm, PromiseToPay, RecordPromise
from actions.plans.proposals import ProposePlan
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
    recorded, moved = "utter_promise_recorded", "utter_promise_moved"
    for day, said in (("2026-03-06", recorded), ("2026-03-06", recorded), ("2026-03-20", moved)):
        slots = {"promise": OVERDUE, "promise_day": day, "promise_agreed": True}
        answer = await scene.run(RecordPromise(), "yes", "affirm", slots=slots)
        assert answer.responses == [said]
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


async def test_now_and_the_rest_on_a_day_are_a_link_and_a_promise(scene: Scene) -> None:
    answer = await scene.run(PromiseToPay(), "50 now and the rest on friday", "promise_to_pay")
    assert answer.responses == ["utter_pay_link"]
    assert answer.card is not None
    assert answer.card["amount"] == 5000
    assert answer.loop == FORM
    assert answer.slots["promise"] == {"minor": 15050, "currency": "USD"}
    assert answer.slots["promise_day"] == "2026-03-06"


async def test_more_than_is_open_is_no_promise_and_that_is_said(scene: Scene) -> None:
    answer = await scene.run(PromiseToPay(), "I'll pay 5000 on friday", "promise_to_pay")
    assert answer.responses == ["utter_amount_too_much"]
    assert answer.slots["promise"] == OVERDUE


async def test_two_days_are_asked_about_and_none_is_taken(scene: Scene) -> None:
    answer = await answer_day(scene, "friday or monday")
    assert answer.responses == ["utter_promise_day_unclear"]
    assert answer.slots == {"promise_day": None}


async def test_a_button_of_the_question_names_what_is_missing(scene: Scene) -> None:
    answer = await scene.run(PromiseToPay(), intent="promise_to_pay", entities={"amount": "5000"})
    assert answer.slots["promise"] == {"minor": 5000, "currency": "USD"}


@pytest.mark.parametrize("text", ["I don't know yet", "not sure tbh", "no idea, sorry"])
async def test_k7_who_cannot_say_a_day_is_not_asked_again(scene: Scene, text: str) -> None:
    answer = await answer_day(scene, text)
    assert answer.responses == ["utter_promise_open"]
    assert answer.slots == {"promise": None, "promise_day": None, "requested_slot": None}
    ended = await scene.run(RecordPromise(), text, slots=answer.slots)
    assert (ended.said, ended.loop) == ([], None)


async def test_a_bare_span_answers_which_day(scene: Scene) -> None:
    assert (await answer_day(scene, "two weeks")).slots["promise_day"] == "2026-03-16"


async def test_a_correction_that_is_too_much_changes_nothing(scene: Scene) -> None:
    answer = await confirm(scene, "make it 5000", "inform")
    assert answer.responses == ["utter_amount_too_much"]
    assert answer.slots == {"promise": OVERDUE, "promise_agreed": None}


@pytest.mark.parametrize("text", ["I'll pay all of it", "I'll pay the 80.50", "ill do half"])
async def test_a_promise_that_names_no_other_time_than_now_is_a_payment(scene: Scene, text: str) -> None:
    answer = await scene.run(PromiseToPay(), text, "promise_to_pay")
    assert answer.card is not None
    assert answer.card["kind"] == "pay_link"


@pytest.mark.parametrize("text", ["I'll pay all of it later", "I'll pay the 80.50 when I can", "50 after payday"])
async def test_a_promise_without_a_day_is_asked_for_one(scene: Scene, text: str) -> None:
    answer = await scene.run(PromiseToPay(), text, "promise_to_pay")
    assert answer.loop == FORM


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("and the rest after christmas", None),
        ("the rest after easter", None),
        ("and the rest on the 15th of next month", "2026-04-15"),
    ],
)
@pytest.mark.parametrize("deed", [PromiseToPay(), MakePayment()])
async def test_the_rest_alone_is_a_promise_of_what_remains_and_no_link(
    scene: Scene, deed: PromiseToPay | MakePayment, text: str, day: str | None
) -> None:
    await scene.run(MakePayment(), "pay 50", "make_payment")
    answer = await scene.run(deed, text, deed.intent)
    assert answer.card is None
    assert answer.loop == FORM
    assert answer.slots["promise"] == {"minor": 21050, "currency": "USD"}
    assert answer.slots["promise_day"] == day


async def test_the_rest_put_off_ends_the_question_how_much(scene: Scene) -> None:
    text = "and the rest after christmas"
    taken = await scene.run(PaymentForm(), text, loop="payment_form", requested="amount")
    answer = await scene.run(OpenLink(), text, slots=taken.slots)
    assert (answer.card, answer.loop) == (None, FORM)
    assert answer.slots["promise"] == {"minor": 26050, "currency": "USD"}


async def test_what_cannot_be_read_of_the_part_paid_now_is_asked(scene: Scene) -> None:
    answer = await scene.run(MakePayment(), "the rug now and the rest on friday", "make_payment")
    assert answer.card is None
    assert answer.loop == "payment_form"


@pytest.mark.parametrize("text", ["pay the rest", "pay now the rest please", "I'll pay the rest now"])
async def test_the_rest_now_is_a_link(scene: Scene, text: str) -> None:
    answer = await scene.run(MakePayment(), text, "make_payment")
    assert answer.card is not None
    assert answer.card["amount"] == 26050


@pytest.mark.parametrize(
    ("text", "intent", "day"),
    [
        ("no, next friday", "deny", "2026-03-13"),
        ("no I meant next friday", "inform", "2026-03-13"),
        ("next friday", "inform", "2026-03-06"),
        ("no, friday", "deny", "2026-03-06"),
        ("payday moved to the last day of the month", "inform", "2026-03-31"),
        ("it shifted to the 4th", "inform", "2026-04-04"),
        ("the 4th", "inform", "2026-03-04"),
        ("move it to the 4th, that's earlier", "inform", "2026-03-04"),
    ],
)
async def test_a_day_that_is_refused_is_not_read_again(
    scene: Scene, clock: SetClock, text: str, intent: str, day: str
) -> None:
    clock.set(dt.datetime(2026, 3, 1, 18, tzinfo=dt.UTC))  # a Sunday, on which "next friday" is the first to come
    answer = await confirm(scene, text, intent)
    assert answer.slots == {"promise_day": day, "promise_agreed": None}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("my payday moved again, the last day of the month", "2026-04-30"),
        ("can I do it later, on the 12th", "2026-04-12"),
        ("I'll pay on the 12th", "2026-03-12"),
    ],
)
async def test_a_day_of_the_month_moves_a_promise_that_stands_on(scene: Scene, text: str, day: str) -> None:
    slots = {"promise": OVERDUE, "promise_day": "2026-03-31", "promise_agreed": True}
    await scene.run(RecordPromise(), "yes", "affirm", slots=slots)
    assert (await scene.run(PromiseToPay(), text, "promise_to_pay")).slots["promise_day"] == day


@pytest.mark.parametrize(
    ("deed", "text", "minor"),
    [
        (PromiseToPay(), "make it saturday instead", 5000),
        (PromiseToPay(), "make it saturday, 60", 6000),
        (ProposePlan(), "actually make it saturday, 60", 6000),
    ],
)
async def test_c11_a_promise_that_moves_keeps_its_amount_unless_another_is_named(
    scene: Scene, deed: PromiseToPay | ProposePlan, text: str, minor: int
) -> None:
    slots = {"promise": {"minor": 5000, "currency": "USD"}, "promise_day": "2026-03-06", "promise_agreed": True}
    made = await scene.run(RecordPromise(), "yes", "affirm", slots=slots)
    answer = await scene.run(deed, text, deed.intent, slots={"topic": made.slots["topic"]})
    assert answer.loop == FORM
    assert answer.slots["promise"] == {"minor": minor, "currency": "USD"}
    assert answer.slots["promise_day"] == "2026-03-07"


async def test_of_two_days_the_first_is_promised_and_nothing_is_asked_for_now_k7(scene: Scene) -> None:
    for text, minor, day in (
        ("I can pay 50 on the 5th and the rest at christmas", 5000, "2026-03-05"),
        ("make it half on the 3rd, half on the 17th", 10025, "2026-03-03"),
        ("80 on friday and then 60 on the 20th", 8000, "2026-03-06"),
    ):
        for action, intent in (
            (PromiseToPay(), "promise_to_pay"),
            (MakePayment(), "make_payment"),
            (ProposePlan(), ""),
        ):
            answer = await scene.run(action, text, intent or "propose_plan")
            assert (answer.responses, answer.loop) == (["utter_promise_first"], FORM), (text, intent)
            assert (answer.slots["promise"], answer.slots["promise_day"]) == ({"minor": minor, "currency": "USD"}, day)
    asked = await confirm(scene, "make it half on the 3rd, half on the 17th", "inform")
    assert (asked.slots["promise_day"], asked.slots["promise"]["minor"]) == ("2026-03-03", 10025)
    paid = await scene.run(MakePayment(), "50 now and the rest on friday", "make_payment")
    assert paid.responses == ["utter_pay_link"]


async def test_two_days_where_an_amount_is_asked_are_promised(scene: Scene) -> None:
    text = "50 on the 5th and the rest on the 20th"
    taken = await scene.run(PaymentForm(), text, "inform", loop="payment_form", requested="amount")
    assert taken.slots == {"amount": None, "requested_slot": None}
    went_on = await scene.run(OpenLink(), text, "inform")
    assert (went_on.responses, went_on.loop) == (["utter_promise_first"], FORM)
