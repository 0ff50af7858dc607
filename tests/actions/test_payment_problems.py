"""A payment that went wrong: looked at before it is answered, nobody blamed, nothing lost (S5, C13; design 10, 6)."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from actions.paying.payment_problems import PaymentProblem, Problem, told
from bot.billing import payments as billing
from bot.billing.payments import PageState
from bot.db import Database
from bot.models import Case, Customer, Payment, PaymentStatus
from bot.money import Money
from tests import factories
from tests.actions.scene import Answer, Scene, invoice
from tests.conftest import SetClock


@pytest.fixture
def scene(clock: SetClock, scene: Scene) -> Scene:
    """Maya, on Monday, 2 March 2026."""
    return scene


def link(scene: Scene, minor: int = 5000, named: tuple[str, ...] = ()) -> Payment:
    """A link that Maya was given."""
    with scene.db.transaction() as session:
        maya = session.get_one(Customer, scene.customer.id)
        ids = [invoice(session, number).id for number in named]
        return billing.open_link(session, maya, Money(minor, "USD"), conversation_id=scene.id, invoice_ids=ids or None)


def settle(scene: Scene, payment: Payment, **given: object) -> None:
    """Stripe's word that it is paid."""
    with scene.db.transaction() as session:
        billing.settle(session, payment.id, factories.checkout(payment, **given))


def become(scene: Scene, payment: Payment, status: PaymentStatus) -> None:
    with scene.db.transaction() as session:
        session.get_one(Payment, payment.id).status = status


def cases(scene: Scene) -> list[str]:
    """The kinds of the open cases."""
    with scene.db.reading() as session:
        return list(session.scalars(sa.select(Case.kind)))


async def problem(scene: Scene, text: str = "", **entities: str) -> Answer:
    return await scene.run(PaymentProblem(), text, "payment_problem", entities=entities)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("my card was declined", Problem.DECLINED),
        ("it won't accept my card", Problem.DECLINED),
        ("card keeps failing", Problem.DECLINED),
        ("my card has expired, what now", Problem.DECLINED),
        ("the link doesn't work", Problem.LINK),
        ("link expired", Problem.LINK),
        ("the page is blank", Problem.LINK),
        ("I get an error on the checkout", Problem.LINK),
        ("you charged me twice!!", Problem.TWICE),
        ("there are two charges on my card", Problem.TWICE),
        ("double payment went out", Problem.TWICE),
        ("the money left my account but it still says unpaid", Problem.MISSING),
        ("it was debited yesterday and you don't show it", Problem.MISSING),
        ("my payment hasn't shown up", Problem.MISSING),
        ("my bank asks for a code and it never comes", Problem.BANK_CHECK),
        ("3d secure fails every time", Problem.BANK_CHECK),
        ("payment trouble", None),
    ],
)
async def test_what_went_wrong_is_heard(scene: Scene, text: str, kind: Problem | None) -> None:
    heard: list[Problem | None] = []

    class Listening(PaymentProblem):
        title = "listening"
        intent = ""

        async def act(self, turn):  # type: ignore[no-untyped-def]
            heard.append(told(turn))
            return []

    await scene.run(Listening(), text, "payment_problem")
    assert heard == [kind]


async def test_a_declined_card_blames_nobody_and_the_same_link_takes_another(scene: Scene) -> None:
    given = link(scene)
    answer = await problem(scene, "my card got declined")
    assert answer.responses == ["utter_problem_declined"]
    assert answer.card is not None
    assert answer.card["url"] == billing.link(given)
    assert cases(scene) == []


async def test_a_link_that_fails_gets_a_fresh_one_for_the_same_and_the_older_ends(scene: Scene) -> None:
    given = link(scene, 6000, named=("INV-1002",))
    answer = await problem(scene, "the link doesn't open")
    assert answer.responses == ["utter_problem_link"]
    assert answer.card is not None
    assert answer.card["amount"] == 6000
    assert answer.card["url"] != billing.link(given)
    with scene.db.reading() as session:
        assert billing.page_state(session, session.get_one(Payment, given.id)) is PageState.SUPERSEDED


async def test_a_link_that_ran_out_is_renewed_for_what_is_still_owed(scene: Scene, clock: SetClock) -> None:
    link(scene, 26050)
    with scene.db.transaction() as session:
        other = Payment(customer_id=scene.customer.id, amount=6050, currency="USD", token="o", input_hash="o")
        session.add(other)
    settle(scene, other)
    with scene.db.transaction() as session:
        session.delete(session.get_one(Payment, other.id)) if False else None
    clock.advance(days=8)
    with scene.db.transaction() as session:
        session.get_one(type(scene.conversation), scene.id).verified_until = clock.now() + dt.timedelta(hours=1)
        session.get_one(Payment, other.id).created_at = clock.now() - dt.timedelta(days=30)
    answer = await problem(scene, "it says the link has expired")
    assert answer.responses == ["utter_problem_link"]
    assert answer.card is not None
    assert answer.card["amount"] == 20000


async def test_without_a_link_one_is_offered(scene: Scene) -> None:
    assert (await problem(scene, "the link is broken")).responses == ["utter_problem_link_no_link"]
    assert (await problem(scene, "declined")).responses == ["utter_problem_declined_no_link"]


async def test_what_came_through_after_all_is_told_and_not_asked_for_again(scene: Scene) -> None:
    settle(scene, link(scene))
    answer = await problem(scene, "my card was declined")
    assert answer.responses == ["utter_payment_arrived"]
    assert "$50.00" in answer.text


async def test_s2_what_is_on_its_way_is_told_whatever_the_trouble_was(scene: Scene) -> None:
    become(scene, link(scene), PaymentStatus.PROCESSING)
    for text in ("declined?!", "money left my account but it doesn't show", "the page hangs", "something is off"):
        assert (await problem(scene, text)).responses == ["utter_payment_coming"]
    assert cases(scene) == []


async def test_two_payments_of_the_same_sum_are_acknowledged_and_a_person_gives_one_back(
    scene: Scene, clock: SetClock
) -> None:
    settle(scene, link(scene))
    clock.advance(minutes=20)
    settle(scene, link(scene))
    answer = await problem(scene, "you charged me twice")
    assert answer.responses == ["utter_charged_twice"]
    assert cases(scene) == ["refund_request"]


async def test_one_link_paid_two_times_is_known_by_its_money_s5(scene: Scene) -> None:
    given = link(scene)
    settle(scene, given, id="cs_one")
    settle(scene, given, id="cs_two")
    answer = await problem(scene, "charged two times")
    assert answer.responses == ["utter_link_paid_twice"]
    assert "refund_request" in cases(scene)


async def test_one_payment_is_one_payment_and_a_person_checks(scene: Scene) -> None:
    settle(scene, link(scene))
    answer = await problem(scene, "I was charged twice")
    assert answer.responses == ["utter_charged_once"]
    assert cases(scene) == ["payment_problem"]


async def test_money_that_left_and_is_nowhere_becomes_a_case(scene: Scene) -> None:
    link(scene)
    answer = await problem(scene, "50 left my bank but you say it's not here, the money was taken!")
    assert answer.responses == ["utter_payment_unseen"]
    assert cases(scene) == ["payment_problem"]


async def test_money_that_is_here_is_told_with_thanks_k9(scene: Scene) -> None:
    settle(scene, link(scene))
    answer = await problem(scene, "where is my payment, it hasn't shown up")
    assert answer.responses == ["utter_payment_arrived"]
    other = await problem(scene, "my payment of 75 hasn't shown up")
    assert other.responses == ["utter_payment_unseen"]


async def test_the_same_trouble_again_goes_to_a_person_too(scene: Scene) -> None:
    link(scene)
    answer = await scene.run(PaymentProblem(), "declined again", "payment_problem", intents_before=("payment_problem",))
    assert answer.responses == ["utter_problem_again", "utter_problem_declined"]
    assert cases(scene) == ["payment_problem"]


async def test_p3_the_banks_code_is_for_the_bank_alone(scene: Scene) -> None:
    link(scene)
    answer = await problem(scene, "my bank wants a code from their app")
    assert answer.responses == ["utter_problem_bank_check"]
    assert "never write that code here" in answer.text or "out of this chat" in answer.text


async def test_a_button_says_what_it_was(scene: Scene) -> None:
    assert (await problem(scene, "it didn't work")).responses == ["utter_problem_which"]
    assert (await problem(scene, problem="twice")).responses == ["utter_charged_unseen"]


async def test_p1_before_a_proof_the_wish_is_kept_and_nothing_told(stranger: Scene) -> None:
    answer = await problem(stranger, "my card was declined")
    assert answer.loop == "verification_form"
    assert answer.slots["wish"]["intent"] == "payment_problem"


async def test_nothing_is_renewed_where_nothing_is_owed(clock: SetClock, db: Database) -> None:
    scene = Scene(db)
    given = link(scene, 26050)
    settle(scene, given)
    assert (await problem(scene, "the link says error")).responses == ["utter_payment_arrived_clear"]
