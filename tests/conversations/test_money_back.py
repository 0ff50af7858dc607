"""Refunds and chargebacks from Stripe's word to the ledger, the customer and the desk: once each (S1, S5, S6, K3)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import threading
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.billing import adjustments, invoices, ledger, mandates, payments, plans
from bot.billing.gateway import ListedEvent, ReturnKind
from bot.billing.payments import checkouts
from bot.conversations import stripe_events, transcript
from bot.db import Database, lock
from bot.models import (
    AdjustmentKind,
    Author,
    Case,
    Conversation,
    Customer,
    ExternalEvent,
    Holder,
    HoldKind,
    MandateStatus,
    Message,
    Payment,
    PaymentStatus,
)
from bot.money import Money
from tests import factories
from tests.billing.fake_gateway import FakeGateway
from tests.conftest import SetClock


def dollars(amount: str) -> Money:
    return Money.of(amount, "USD")


class Scene:
    """Maya owes 260.50, has proven who she is, and has a page open on which to pay 200.50."""

    def __init__(self, db: Database, gateway: FakeGateway | None = None, *, alone: bool = False) -> None:
        self.db, self.gateway = db, gateway or FakeGateway()
        with db.transaction() as session:
            self.customer = factories.customer(session)
            for owed, late in (("120.00", 45), ("80.50", 15), ("60.00", -10)):
                factories.invoice(session, self.customer, owed, late=late)
            proven = stripe_events.clock.now() + dt.timedelta(minutes=30)
            self.conversation_id = factories.conversation(
                session, customer_id=self.customer.id, verified_until=proven
            ).id
            said_in = None if alone else self.conversation_id
            payment = payments.open_link(session, self.customer, dollars("200.50"), conversation_id=said_in)
            begun = checkouts.begin(session, payment.token)
        self.payment_id = payment.id
        assert begun.request is not None
        self.page = self.gateway.create_checkout(begun.request, begun.idempotency_key).id
        with db.transaction() as session:
            checkouts.record(session, payment.id, self.gateway.sessions[self.page])

    def pay(self) -> None:
        """By card, and our webhook hears of it."""
        self.gateway.pay(self.page)
        self.hear()

    def hear(self, events: Sequence[ListedEvent] | None = None) -> None:
        """Every event so far, or these: those that were taken in before stop there."""
        for listed in self.gateway.log.known() if events is None else events:
            with self.db.transaction() as session:
                row = stripe_events.take_in(session, listed.event, listed.raw)
            if row is not None:
                stripe_events.process(self.db, self.gateway, row)

    def told(self) -> list[Message]:
        """What the transcript says after the receipt."""
        with self.db.reading() as session:
            return transcript.after(session, self.conversation_id)[1:]

    def cases(self) -> list[str]:
        """What the desk was told."""
        with self.db.reading() as session:
            query = sa.select(Case.kind).where(Case.customer_id == self.customer.id).order_by(Case.id)
            return list(session.scalars(query))

    def status(self) -> PaymentStatus:
        """How the payment stands."""
        with self.db.reading() as session:
            return session.get_one(Payment, self.payment_id).status

    def owed(self) -> str:
        """In all, in words."""
        with self.db.reading() as session:
            customer = session.get_one(Customer, self.customer.id)
            return invoices.standing(session, customer).total.format("en-US")

    def change(self, **values: Any) -> None:
        """The conversation is another now."""
        with self.db.transaction() as session:
            row = lock(session, Conversation, self.conversation_id)
            assert row is not None
            for name, value in values.items():
                setattr(row, name, value)


@pytest.fixture
def scene(db: Database, clock: SetClock) -> Scene:
    """Paid, on both databases."""
    made = Scene(db)
    made.pay()
    return made


def test_a_refund_is_said_once_with_what_is_open_and_a_way_that_suits_s6_k3(scene: Scene) -> None:
    scene.gateway.give_back(scene.page, dollars("80.50"))
    scene.hear()
    [message] = scene.told()
    assert "given $80.50 of your payment back" in message.text
    assert "$140.50 is open on your account" in message.text
    assert "plan" in message.text
    assert message.author == Author.BOT
    assert (scene.owed(), scene.status(), scene.cases()) == ("$140.50", PaymentStatus.SUCCEEDED, ["refund"])


def test_a_refund_that_fails_is_said_and_the_payment_stands_again_s6(scene: Scene) -> None:
    back = scene.gateway.give_back(scene.page)
    scene.hear()
    assert scene.status() == PaymentStatus.REFUNDED
    scene.gateway.fail_refund(back.id)
    scene.hear()
    assert "didn't reach your bank" in scene.told()[-1].text
    assert (len(scene.told()), scene.owed(), scene.status()) == (2, "$60.00", PaymentStatus.SUCCEEDED)
    assert scene.cases() == ["refund", "refund"]


def test_what_nothing_is_owed_for_any_more_when_it_comes_again_is_said_to_be_credit_s5(scene: Scene) -> None:
    back = scene.gateway.give_back(scene.page)
    scene.hear()
    with scene.db.transaction() as session:
        oldest = invoices.standing(session, scene.customer).items[0].invoice
        agents = [factories.agent(session, role="supervisor") for _ in range(2)]
        proposed = adjustments.propose(
            session, agents[0], oldest.id, AdjustmentKind.WRITE_OFF, dollars("120.00"), "They lost their job"
        )
        adjustments.decide(session, proposed.id, agents[1], approve=True)
    scene.gateway.fail_refund(back.id)
    scene.hear()
    assert scene.told()[-1].text.endswith(
        "$120.00 of it is more than was open, so it's kept as credit on your account."
    )
    assert (len(scene.told()), scene.owed(), scene.cases()) == (2, "$60.00", ["refund", "refund"])


def test_a_chargeback_that_is_won_is_taken_and_given_back_in_kind_words_s6_k2(scene: Scene) -> None:
    dispute = scene.gateway.dispute(scene.page)
    scene.hear()
    assert (scene.owed(), scene.status()) == ("$260.50", PaymentStatus.CHARGED_BACK)
    scene.gateway.win(dispute.id)
    scene.hear()
    taken, given_back = [message.text for message in scene.told()]
    assert "Your bank has asked us to return $200.50" in taken
    assert "$260.50 is open" in taken
    assert "stands after all" in given_back
    assert (scene.owed(), scene.status(), scene.cases()) == ("$60.00", PaymentStatus.SUCCEEDED, ["chargeback"] * 2)


def test_a_chargeback_that_is_lost_is_said_once(scene: Scene) -> None:
    dispute = scene.gateway.dispute(scene.page)
    scene.hear()
    scene.gateway.lose(dispute.id)
    scene.hear()
    assert (len(scene.told()), scene.cases(), scene.status()) == (1, ["chargeback"], PaymentStatus.CHARGED_BACK)


def test_an_inquiry_is_nobodys_news(scene: Scene) -> None:
    scene.gateway.dispute(scene.page, inquiry=True)
    scene.hear()
    assert (scene.told(), scene.cases(), scene.owed()) == ([], [], "$60.00")


def test_a_refund_of_credit_alone_opens_nothing_and_says_so_by_silence(scene: Scene) -> None:
    with scene.db.transaction() as session:
        payment = session.get_one(Payment, scene.payment_id)
        twice = factories.checkout(payment, id="cs_twice")
        scene.gateway.sessions[twice.id] = twice
        payments.settle(session, payment.id, twice)
    scene.gateway._intents["pi_twice"] = factories.intent(payment, id="pi_twice")
    scene.gateway.give_back(twice.id, dollars("140.50"))
    scene.hear()
    assert [message.text for message in scene.told()] == [
        "We've given $140.50 of your payment back to you. It may take your bank a few days to show it."
    ]


def test_where_nobody_has_proven_who_they_are_nothing_implies_a_debt_p1(scene: Scene, clock: SetClock) -> None:
    clock.advance(minutes=31)
    scene.gateway.dispute(scene.page)
    scene.hear()
    [message] = scene.told()
    assert "news about a payment" in message.text
    assert not any(word in message.text for word in ("$", "open", "bank", "owe"))


@pytest.mark.parametrize(
    "kind", [HoldKind.CEASE, HoldKind.DECEASED, HoldKind.BANKRUPTCY, HoldKind.ATTORNEY, HoldKind.BREATHING_SPACE]
)
def test_under_a_hold_that_stops_contact_only_the_desk_hears_c8(scene: Scene, kind: HoldKind) -> None:
    with scene.db.transaction() as session:
        factories.hold_customer(session, scene.customer, kind)
    scene.gateway.dispute(scene.page)
    scene.hear()
    assert (scene.told(), scene.cases(), scene.owed()) == ([], ["chargeback"], "$260.50")


def test_a_hold_that_was_lifted_or_stops_no_contact_silences_nothing(scene: Scene) -> None:
    with scene.db.transaction() as session:
        factories.hold_customer(session, scene.customer, HoldKind.CEASE, status="lifted")
        factories.hold_customer(session, scene.customer, HoldKind.HARDSHIP)
    scene.gateway.dispute(scene.page)
    scene.hear()
    assert len(scene.told()) == 1


def test_a_person_who_was_wrong_here_hears_nothing_more_p4(scene: Scene) -> None:
    with scene.db.transaction() as session:
        factories.hold_customer(
            session, scene.customer, HoldKind.WRONG_PERSON, customer_id=None, conversation_id=scene.conversation_id
        )
    scene.gateway.dispute(scene.page)
    scene.hear()
    assert scene.told() == []


def test_while_a_person_speaks_the_news_are_the_systems_and_bring_no_buttons(scene: Scene) -> None:
    with scene.db.transaction() as session:
        agent_id = factories.agent(session).id
    scene.change(holder=Holder.AGENT, agent_id=agent_id)
    scene.gateway.give_back(scene.page)
    scene.hear()
    [message] = scene.told()
    assert (message.author, message.buttons) == (Author.SYSTEM, None)


def test_without_a_conversation_of_its_own_the_newest_is_told_or_only_the_desk(db: Database, clock: SetClock) -> None:
    scene = Scene(db, alone=True)
    scene.pay()
    with db.transaction() as session:
        clock.advance(minutes=1)
        newer = factories.conversation(
            session, customer_id=scene.customer.id, verified_until=clock.now() + dt.timedelta(hours=1)
        )
        transcript.append(session, newer, author=Author.CUSTOMER, text="Hello again")
    scene.gateway.give_back(scene.page)
    scene.hear()
    assert scene.told() == []
    with db.transaction() as session:
        assert "back to you" in transcript.after(session, newer.id)[-1].text
        session.execute(sa.update(Conversation).values(customer_id=None))
    silent = Scene(db, scene.gateway, alone=True)
    silent.change(customer_id=None)
    silent.gateway.pay(silent.page)
    silent.gateway.give_back(silent.page)
    silent.hear()
    assert (silent.told(), silent.cases(), silent.owed()) == ([], ["refund"], "$260.50")


@pytest.mark.parametrize("kind", ["checkout.session.completed", "payment_intent.succeeded"])
def test_a_saved_card_activates_the_mandate_whichever_event_is_first_k11(
    db: Database, clock: SetClock, kind: str
) -> None:
    gateway = FakeGateway()
    with db.transaction() as session:
        customer = factories.customer(session)
        factories.invoice(session, customer, "90.00")
        [plan, *_] = plans.quote(session, customer, conversation_id=None)
        plans.agree(session, plan.id, customer)
        mandate = mandates.consent(session, customer, plan, conversation_id=None, locale="en-US")
        payment = payments.open_link(session, customer, dollars("30.00"), conversation_id=None)
        begun = checkouts.begin(session, payment.token)
    assert begun.request is not None
    page = gateway.create_checkout(begun.request, begun.idempotency_key)
    with db.transaction() as session:
        checkouts.record(session, payment.id, page)
    gateway.pay(page.id)
    [event] = [listed for listed in gateway.log.known() if listed.event.type == kind]
    assert stripe_events.follow_up(db, gateway, event.event.object_id) is None
    with db.reading() as session:
        assert session.get_one(mandates.Mandate, mandate.id).status == MandateStatus.ACTIVE


def test_what_went_back_before_its_success_was_heard_is_settled_first_s6(db: Database, clock: SetClock) -> None:
    scene = Scene(db)
    scene.gateway.pay(scene.page)
    scene.gateway.give_back(scene.page, dollars("0.50"))
    scene.hear([listed for listed in scene.gateway.log.known() if listed.event.object_type == "refund"])
    assert (scene.owed(), scene.status()) == ("$60.50", PaymentStatus.SUCCEEDED)
    assert len(scene.told()) == 1
    assert stripe_events.follow_up(db, scene.gateway, scene.page) is None


def test_the_page_alone_tells_what_went_back_meanwhile_s1(db: Database, clock: SetClock) -> None:
    scene = Scene(db)
    scene.gateway.pay(scene.page)
    scene.gateway.dispute(scene.page)
    assert stripe_events.follow_up(db, scene.gateway, scene.page) == scene.conversation_id
    assert (scene.owed(), scene.status()) == ("$260.50", PaymentStatus.CHARGED_BACK)


def test_events_of_nobody_we_know_are_kept_and_done_with(scene: Scene) -> None:
    other = Scene(scene.db, scene.gateway)
    scene.gateway.pay(other.page)
    scene.gateway.give_back(other.page)
    with scene.db.transaction() as session:
        session.execute(sa.delete(payments.PaymentShare).where(payments.PaymentShare.payment_id == other.payment_id))
        session.execute(sa.delete(Payment).where(Payment.id == other.payment_id))
    other.hear()
    with scene.db.reading() as session:
        rows = session.scalars(sa.select(ExternalEvent)).all()
        assert len(rows) > 5
        assert [(row.kind, row.error) for row in rows if row.processed_at is None or row.error] == []
        assert ledger.balance(session, ledger.STRIPE, "USD") == dollars("200.50")


def test_fifty_webhooks_of_one_refunded_payment_make_one_of_everything_s5(db: Database, clock: SetClock) -> None:
    scene = Scene(db)
    scene.gateway.pay(scene.page)
    scene.gateway.give_back(scene.page, dollars("100.00"))
    known = scene.gateway.log.known()
    rows = []
    with db.transaction() as session:
        for number, listed in zip(range(50), itertools.cycle(known), strict=False):
            event = dataclasses.replace(listed.event, id=f"evt_{number}")
            rows.append(stripe_events.take_in(session, event, listed.raw))
    _at_once([lambda row=row: stripe_events.process(db, scene.gateway, row) for row in rows if row])
    with db.reading() as session:
        assert transcript.after(session, scene.conversation_id)[0].card is not None
        assert ledger.balance(session, ledger.STRIPE, "USD") == dollars("100.50")
    assert (len(scene.told()), scene.cases(), scene.owed()) == (1, ["refund"], "$160.00")


def _at_once(acts: list[Callable[[], object]]) -> None:
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        ready.wait()
        act()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(["refund", "dispute", "fail", "win", "lose"]), st.integers(1, 20_050)), max_size=5
)


@pytest.fixture
def stripe() -> FakeGateway:
    """One for all examples, so that its ids are new in each."""
    return FakeGateway()


@settings(max_examples=25)
@given(happenings=HAPPENINGS, data=st.data())
def test_events_in_any_order_and_number_end_in_the_same_books_s1_s7(
    sqlite_db: Database, stripe: FakeGateway, happenings: list[tuple[str, int]], data: st.DataObject
) -> None:
    """One business hears of each thing when it happens; to another all comes late, shuffled, some of it twice."""
    ends = []
    for late in (False, True):
        scene, before = Scene(sqlite_db, stripe), len(stripe.log.known())
        stripe.pay(scene.page)
        for number, (what, minor) in enumerate(happenings):
            _happen(stripe, scene.page, what, minor, number)
            if not late:
                _deliver(scene, stripe.log.known()[before:])
        events = stripe.log.known()[before:]
        _deliver(scene, data.draw(st.permutations(events + events[: len(events) // 2])) if late else events)
        with sqlite_db.reading() as session:
            ledger.trial_balance(session)
            standing = invoices.standing(session, session.get_one(Customer, scene.customer.id))
            ends.append(([item.owed for item in standing.items], standing.credit, scene.status()))
    assert ends[0] == ends[1]


def _happen(stripe: FakeGateway, page: str, what: str, minor: int, number: int) -> None:
    made = stripe.fetch_intent(stripe.sessions[page].payment_intent or "").returns
    refunds = [back for back in made if back.kind == ReturnKind.REFUND and back.withdrawn]
    disputes = [back for back in made if back.status == "needs_response"]
    left = 20_050 - sum(back.amount.minor for back in made if back.withdrawn)
    if what == "refund" and left:
        stripe.give_back(page, Money(min(minor, left), "USD"))
    elif what == "dispute" and left:
        stripe.dispute(page, Money(min(minor, left), "USD"))
    elif what == "fail" and refunds:
        stripe.fail_refund(refunds[number % len(refunds)].id)
    elif what == "win" and disputes:
        stripe.win(disputes[0].id)
    elif what == "lose" and disputes:
        stripe.lose(disputes[0].id)


def _deliver(scene: Scene, events: Sequence[ListedEvent]) -> None:
    for listed in events:
        event = dataclasses.replace(listed.event, id=f"evt_{uuid.uuid4().hex}")
        with scene.db.transaction() as session:
            row = stripe_events.take_in(session, event, listed.raw)
        assert row is not None
        stripe_events.process(scene.db, scene.gateway, row)
