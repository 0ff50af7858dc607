"""What a receipt says of the account: only what may be paid, and of a plan how far it is (K9, C8, C9, C11)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from bot import clock
from bot.billing import invoices, payments, plans
from bot.billing.payments import checkouts
from bot.conversations import stripe_events, transcript
from bot.db import Database
from bot.models import Conversation, Customer, HoldKind, Invoice, Message
from bot.money import Money
from tests import factories
from tests.billing.fake_gateway import FakeGateway
from tests.conftest import SetClock


class Scene:
    """Maya, who owes 120.00 and 80.50 since long and 60.00 later on, and pays by links."""

    def __init__(self, db: Database) -> None:
        self.db, self.gateway = db, FakeGateway()
        with db.transaction() as session:
            self.maya = factories.maya(session)
            self.conversation_id = factories.conversation(session, customer_id=self.maya.id).id

    def dispute(self, *numbers: str) -> None:
        """She questions these invoices."""
        with self.db.transaction() as session:
            for invoice in session.scalars(sa.select(Invoice).where(Invoice.number.in_(numbers))):
                factories.hold(session, invoice)

    def hold(self, kind: HoldKind) -> None:
        """This holds for her."""
        with self.db.transaction() as session:
            factories.hold_customer(session, session.merge(self.maya), kind)

    def agree(self) -> None:
        """A plan over what is overdue is in force: 200.50 in three parts from 9 March on."""
        with self.db.transaction() as session:
            customer = session.get_one(Customer, self.maya.id)
            [offer] = plans.quote(session, customer, conversation_id=None, months=[3])
            plans.agree(session, offer.id, customer)

    def pays(self, amount: str) -> Message:
        """She pays by a link; what she is told."""
        with self.db.transaction() as session:
            customer = session.get_one(Customer, self.maya.id)
            money = Money.of(amount, "USD")
            link = payments.open_link(session, customer, money, conversation_id=self.conversation_id)
            begun = checkouts.begin(session, link.token)
        page = self.gateway.create_checkout(begun.request, begun.idempotency_key)
        with self.db.transaction() as session:
            checkouts.record(session, link.id, page)
        self.gateway.pay(page.id)
        stripe_events.follow_up(self.db, self.gateway, page.id)
        with self.db.reading() as session:
            return transcript.after(session, self.conversation_id)[-1]


@pytest.fixture
def march(clock: SetClock) -> None:
    """It is Monday, 2 March 2026."""


@pytest.fixture
def scene(sqlite_db: Database, march: None) -> Scene:
    """On that Monday."""
    return Scene(sqlite_db)


def open_and_reviewed(message: Message) -> tuple[int, int]:
    assert message.card is not None
    return message.card["balance"], message.card["review"]


def test_c9_beside_a_dispute_only_the_rest_is_named(scene: Scene) -> None:
    scene.dispute("INV-1001")
    said = scene.pays("80.50")
    assert "$60.00 is open" in said.text
    assert "on hold" in said.text
    assert "180" not in said.text
    assert open_and_reviewed(said) == (6_000, 12_000)


def test_c9_c11_when_only_what_is_disputed_is_left_nothing_is_asked_for_and_nothing_is_called_paid(
    scene: Scene,
) -> None:
    scene.dispute("INV-1001")
    said = scene.pays("140.50")
    assert "on hold" in said.text
    assert "all paid up" not in said.text
    assert "open" not in said.text
    assert open_and_reviewed(said) == (0, 12_000)


def test_k9_with_a_plan_its_progress_and_its_next_part_are_said(scene: Scene) -> None:
    scene.agree()
    with scene.db.reading() as session:
        plan = plans.current(session, session.get_one(Customer, scene.maya.id))
        assert plan is not None
        first, second, *_ = plan.instalments
    assert (first.amount, second.amount, second.due_on) == (6_683, 6_683, date(2026, 4, 9))
    said = scene.pays("66.83")
    assert "$66.83 of the $200.50 in your plan is paid. Next comes $66.83 for April 9, 2026" in said.text
    assert "Beside the plan, $60.00 is open" in said.text
    part = scene.pays("20")
    assert "$86.83 of the $200.50" in part.text
    assert "Next comes $46.83 for April 9, 2026" in part.text
    last = scene.pays("113.67")  # the plan is completed
    assert "plan" not in last.text
    assert "$60.00 is open" in last.text
    assert "all paid up" in scene.pays("60").text


def test_k9_a_plan_over_everything_leaves_nothing_beside_it(scene: Scene) -> None:
    with scene.db.transaction() as session:
        customer = session.get_one(Customer, scene.maya.id)
        everything = [item.invoice.id for item in invoices.standing(session, customer).items]
        [offer] = plans.quote(session, customer, conversation_id=None, months=[3], invoice_ids=everything)
        plans.agree(session, offer.id, customer)
    assert "Beside the plan" not in scene.pays("86.83").text


def test_c8_under_a_hold_a_receipt_thanks_and_names_no_way_to_pay(scene: Scene) -> None:
    scene.hold(HoldKind.BREATHING_SPACE)
    said = scene.pays("80.50")
    assert said.text == "Thank you, your payment of $80.50 has arrived."


def test_c9_money_that_goes_back_opens_nothing_that_is_disputed(scene: Scene) -> None:
    scene.pays("120")
    scene.dispute("INV-1001", "INV-1002", "INV-1003")
    with scene.db.transaction() as session:
        until = clock.now() + timedelta(hours=1)
        session.get_one(Conversation, scene.conversation_id).verified_until = until
    [page] = scene.gateway.sessions
    scene.gateway.give_back(page)
    stripe_events.follow_up(scene.db, scene.gateway, page)
    with scene.db.reading() as session:
        said = transcript.after(session, scene.conversation_id)[-1]
    assert "given $120.00" in said.text
    assert "is open on your account" not in said.text
    assert "on hold" in said.text
