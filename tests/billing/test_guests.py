"""A guest's payment: never measured against the account, kept apart when the number is nobody's (P2, P4)."""

from __future__ import annotations

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.app import create_app
from bot.billing import holds, invoices, ledger, payments
from bot.billing.payments import PageState, checkouts, guests
from bot.conversations import payment_news, stripe_events
from bot.db import Database
from bot.errors import InvalidInput, NotFound, TooMany
from bot.models import Case, Conversation, Customer, HoldKind, Message, Payment, PaymentStatus
from bot.money import Money
from tests import factories
from tests.billing.fake_gateway import FakeGateway
from tests.conftest import SetClock
from tests.served import served
from tests.voices import Voice


class World:
    """Maya, who owes 260.50, and a guest's conversation."""

    def __init__(self, db: Database) -> None:
        self.db, self.gateway = db, FakeGateway()
        with db.transaction() as session:
            self.maya = factories.maya(session)
            self.conversation = factories.conversation(session)

    def link(self, number: str = "GT-1001", minor: int = 5000, currency: str = "USD") -> Payment:
        """A guest's link."""
        with self.db.transaction() as session:
            conversation = session.get_one(Conversation, self.conversation.id)
            return guests.open_guest_link(session, conversation, number, Money(minor, currency))

    def pay(self, payment: Payment) -> None:
        """Stripe says that it is paid, and the conversation hears of it."""
        with self.db.transaction() as session:
            begun = checkouts.begin(session, payment.token)
        page = self.gateway.create_checkout(begun.request, begun.idempotency_key)
        with self.db.transaction() as session:
            checkouts.record(session, payment.id, page)
        self.gateway.pay(page.id)
        stripe_events.follow_up(self.db, self.gateway, page.id)

    def owed(self) -> int:
        """What Maya owes, in minor units."""
        with self.db.reading() as session:
            return invoices.standing(session, session.get_one(Customer, self.maya.id)).total.minor

    def said(self) -> list[str]:
        """What the guest was told."""
        with self.db.reading() as session:
            theirs = sa.select(Message.text).where(Message.conversation_id == self.conversation.id)
            return list(session.scalars(theirs.order_by(Message.seq)))

    def state(self, payment: Payment) -> PageState:
        """What its page says."""
        with self.db.reading() as session:
            return payments.page_state(session, session.get_one(Payment, payment.id))


@pytest.fixture
def world(db: Database, clock: SetClock) -> World:
    """On 2 March 2026."""
    return World(db)


def cases(session: Session) -> list[Case]:
    return list(session.scalars(sa.select(Case)))


def test_what_a_guest_pays_is_applied_and_the_guest_hears_nothing_of_the_account_p4(world: World) -> None:
    world.pay(world.link(minor=5000))
    assert world.owed() == 26050 - 5000
    (thanks,) = world.said()
    assert "$50.00" in thanks
    assert not [word for word in ("210.50", "open", "balance", "Maya", "paid up") if word in thanks]


def test_what_is_above_the_balance_is_credit_and_shows_to_nobody_else_s5(world: World) -> None:
    payment = world.link(minor=30000)
    assert world.state(payment) == PageState.PAYABLE
    world.pay(payment)
    assert world.owed() == 0
    with world.db.reading() as session:
        assert ledger.balance(session, ledger.credit_account(world.maya.id), "USD").minor == -(30000 - 26050)
        assert [case.kind for case in cases(session)] == ["overpayment"]
    assert "credit" not in world.said()[0]


def test_money_for_a_number_that_is_nobodys_is_kept_apart_and_the_desk_hears_of_it_s5(world: World) -> None:
    payment = world.link("GT-9999", minor=5000)
    world.pay(payment)
    assert world.owed() == 26050
    with world.db.reading() as session:
        payee = session.get_one(Customer, payment.customer_id)
        assert payee.account_number == "UNMATCHED-USD"
        assert guests.is_unmatched(payee)
        assert ledger.balance(session, ledger.credit_account(payee.id), "USD").minor == -5000
        (case,) = cases(session)
    assert "nobody's" in case.summary
    assert case.conversation_id == world.conversation.id


def test_known_and_unknown_numbers_are_alike_from_the_link_to_the_thanks_p2(db: Database, clock: SetClock) -> None:
    said, first = [], World(db)
    for number, world in (("GT-1001", first), ("GT-9999", other_guest(first))):
        payment = world.link(number)
        states = [world.state(payment)]
        with db.transaction() as session:
            request = checkouts.begin(session, payment.token).request
        world.pay(payment)
        states.append(world.state(payment))
        said.append((states, request.description, request.locale, request.amount, world.said()))
    assert said[0] == said[1]


def other_guest(world: World) -> World:
    """The same Maya with another guest."""
    other = object.__new__(World)
    other.db, other.gateway, other.maya = world.db, world.gateway, world.maya
    with world.db.transaction() as session:
        other.conversation = factories.conversation(session)
    return other


def test_a_paid_account_takes_a_guests_link_like_any_other_p2(world: World) -> None:
    world.pay(world.link(minor=26050))
    payment = world.link(minor=1000)
    assert world.state(payment) == PageState.PAYABLE


def test_a_guest_never_touches_the_holders_own_link_and_the_holder_never_the_guests(world: World) -> None:
    with world.db.transaction() as session:
        maya = session.get_one(Customer, world.maya.id)
        own = payments.open_link(session, maya, Money(8050, "USD"), conversation_id=None)
    guest = world.link()
    with world.db.transaction() as session:
        maya = session.get_one(Customer, world.maya.id)
        payments.open_link(session, maya, Money(12000, "USD"), conversation_id=None)
    assert world.state(own) == PageState.SUPERSEDED
    assert world.state(guest) == PageState.PAYABLE


def test_the_same_again_is_the_same_link_and_another_amount_replaces_it(world: World) -> None:
    first = world.link()
    assert world.link("gt 1001").id == first.id
    second = world.link(minor=6000)
    assert world.state(first) == PageState.SUPERSEDED
    assert world.state(second) == PageState.PAYABLE


def test_what_stripe_would_not_charge_is_refused_alike_p2(world: World) -> None:
    refused = []
    for number in ("GT-1001", "GT-9999"):
        with pytest.raises(InvalidInput) as caught:
            world.link(number, minor=10)
        refused.append(caught.value.message)
    assert refused[0] == refused[1]


def test_a_conversation_gets_only_so_many_in_a_day(world: World, clock: SetClock) -> None:
    for minor in range(1000, 1005):
        world.link(minor=minor)
    with pytest.raises(TooMany):
        world.link(minor=2000)
    clock.advance(days=1)
    assert world.link(minor=2000)


def test_another_currency_than_the_accounts_is_kept_apart_p2(world: World) -> None:
    payment = world.link(currency="GBP")
    with world.db.reading() as session:
        assert session.get_one(Customer, payment.customer_id).account_number == "UNMATCHED-GBP"


def test_nobody_can_prove_to_be_the_unmatched_account(world: World) -> None:
    payment = world.link("GT-9999")
    with world.db.reading() as session:
        payee = session.get_one(Customer, payment.customer_id)
    assert (payee.phone, payee.email) == (None, None)


def test_the_holders_language_does_not_show_at_stripe_p4(world: World) -> None:
    with world.db.transaction() as session:
        session.get_one(Customer, world.maya.id).language = "pt-BR"
    payment = world.link()
    with world.db.transaction() as session:
        request = checkouts.begin(session, payment.token).request
    assert (request.locale, request.description) == ("en-US", "Payment to Juniper & Finch Home")


@pytest.mark.parametrize("kind", [HoldKind.DECEASED, HoldKind.BANKRUPTCY, HoldKind.CEASE])
def test_a_hold_on_the_holder_does_not_show_to_a_guest_p4(world: World, kind: HoldKind) -> None:
    with world.db.transaction() as session:
        factories.hold_customer(session, session.get_one(Customer, world.maya.id), kind)
    world.pay(world.link())
    assert len(world.said()) == 1


def test_a_refusal_at_the_guests_own_address_is_kept_c8(world: World) -> None:
    payment = world.link()
    with world.db.transaction() as session:
        conversation = session.get_one(Conversation, world.conversation.id)
        holds.report(session, HoldKind.CEASE, conversation, None, reason="stop")
        row = session.get_one(Payment, payment.id)
        row.status = PaymentStatus.FAILED
        assert payment_news.progress(session, row, conversation) is None


async def test_the_page_shows_the_business_and_the_amount_for_both_alike_p1_p2(world: World) -> None:
    paths = [f"/pay/{world.link(number).token}" for number in ("GT-1001", "GT-9999")]
    app = create_app(db=world.db, dialogue=Voice(), payments=FakeGateway())
    async with served(app) as address, httpx.AsyncClient(base_url=address) as http:
        # The second link took the place of the first, so each is looked at afresh.
        with world.db.transaction() as session:
            session.execute(sa.update(Payment).values(superseded_at=None))
        pages = [(await http.get(path)).text.replace(path, "") for path in paths]
        posts = [await http.post(f"{path}/checkout") for path in paths]
    assert pages[0] == pages[1]
    assert "$50.00" in pages[0]
    assert [post.status_code for post in posts] == [303, 303]


def test_an_unknown_token_is_no_page(world: World) -> None:
    with world.db.reading() as session, pytest.raises(NotFound):
        payments.find(session, "nothing")
