"""What Stripe says reaches the ledger and the customer exactly once (S1, S2, S5, K9)."""

from __future__ import annotations

import dataclasses
import itertools
import threading
import uuid
from functools import partial

import pytest
import sqlalchemy as sa

from bot.billing import ledger, payments
from bot.billing.payments import checkouts
from bot.billing.stripe import read_event
from bot.conversations import stripe_events, stripe_sweep, transcript
from bot.db import Database
from bot.errors import InvalidInput, OutsideService, SignatureInvalid
from bot.models import Case, Conversation, Customer, ExternalEvent, Invoice, Message, Payment, PaymentStatus, Posting
from bot.money import Money
from tests import factories
from tests.billing.fake_gateway import FakeGateway, webhook
from tests.billing.fake_gateway import signature as sign
from tests.conftest import SetClock

SECRET = "whsec_only_for_tests"
_events = itertools.count(1)


class Scene:
    """Maya has a link over 80.50 and Stripe's page is open."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.gateway = FakeGateway()
        with db.transaction() as session:
            maya = factories.maya(session)
            conversation = factories.conversation(session, customer_id=maya.id)
            payment = payments.open_link(session, maya, Money.of("80.50", "USD"), conversation_id=conversation.id)
            begun = checkouts.begin(session, payment.token)
        assert begun.request is not None
        self.checkout = self.gateway.create_checkout(begun.request, begun.idempotency_key)
        with db.transaction() as session:
            checkouts.record(session, payment.id, self.checkout)
        self.payment_id, self.conversation_id = payment.id, conversation.id

    def event(self, kind: str = "checkout.session.completed", id: str | None = None) -> uuid.UUID | None:
        """Stripe's webhook comes in; the row that was written, if any."""
        now = self.gateway.sessions[self.checkout.id]
        raw, signature = webhook(now, kind, secret=SECRET, id=id or f"evt_{next(_events)}")
        event = read_event(raw, signature, secret=SECRET)
        with self.db.transaction() as session:
            return stripe_events.take_in(session, event, raw)

    def told(self) -> list[Message]:
        """What the transcript says."""
        with self.db.reading() as session:
            return transcript.after(session, self.conversation_id)

    def status(self) -> PaymentStatus:
        """How the payment stands."""
        with self.db.reading() as session:
            return session.get_one(Payment, self.payment_id).status

    def received(self) -> int:
        """Minor units that Stripe's account holds."""
        with self.db.reading() as session:
            return ledger.balance(session, ledger.STRIPE, "USD").minor


@pytest.fixture
def scene(db: Database, clock: SetClock) -> Scene:
    """On both databases, on a day of the test's choosing."""
    return Scene(db)


def test_k9_a_paid_session_gives_one_receipt_that_thanks_and_says_what_is_open(scene: Scene) -> None:
    scene.gateway.pay(scene.checkout.id)
    row = scene.event()
    assert row is not None
    assert stripe_events.process(scene.db, scene.gateway, row) == scene.conversation_id
    [message] = scene.told()
    assert "Thank you" in message.text
    assert message.card is not None
    assert (message.card["kind"], message.card["amount"], message.card["balance"]) == ("receipt", 8_050, 18_000)
    assert (scene.status(), scene.received()) == (PaymentStatus.SUCCEEDED, 8_050)


def test_s1_a_repeated_event_stops_at_insertion_and_a_repeated_run_moves_nothing(scene: Scene) -> None:
    scene.gateway.pay(scene.checkout.id)
    row = scene.event(id="evt_same")
    assert row is not None
    assert scene.event(id="evt_same") is None
    for _ in range(3):
        stripe_events.process(scene.db, scene.gateway, row)
    other = scene.event("payment_intent.succeeded")
    assert other is not None
    stripe_events.process(scene.db, scene.gateway, other)
    assert len(scene.told()) == 1
    assert scene.received() == 8_050


def test_s5_ten_at_once_still_make_one_receipt_and_one_set_of_postings(scene: Scene) -> None:
    scene.gateway.pay(scene.checkout.id)
    rows = [scene.event() for _ in range(10)]
    threads = [
        threading.Thread(target=stripe_events.process, args=(scene.db, scene.gateway, row))
        for row in rows
        if row is not None
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(scene.told()) == 1
    assert scene.received() == 8_050
    with scene.db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Posting.destination == ledger.STRIPE)) == 1


def test_s1_an_event_that_lies_moves_nothing_because_the_session_is_asked_again(scene: Scene) -> None:
    row = scene.event()  # it says completed, but Stripe's own answer is that it is open
    assert row is not None
    assert stripe_events.process(scene.db, scene.gateway, row) is None
    assert (scene.status(), scene.received(), scene.told()) == (PaymentStatus.OPEN, 0, [])


def test_s2_a_delayed_method_is_processing_until_stripe_says_otherwise(scene: Scene) -> None:
    scene.gateway.delay(scene.checkout.id)
    row = scene.event()
    assert row is not None
    stripe_events.process(scene.db, scene.gateway, row)
    assert (scene.status(), scene.received()) == (PaymentStatus.PROCESSING, 0)
    assert "on its way" in scene.told()[-1].text
    scene.gateway.answer(scene.checkout.id, succeeds=True)
    row = scene.event("checkout.session.async_payment_succeeded")
    assert row is not None
    stripe_events.process(scene.db, scene.gateway, row)
    assert (scene.status(), scene.received()) == (PaymentStatus.SUCCEEDED, 8_050)


def test_a_delayed_method_that_fails_is_said_kindly_and_takes_nothing(scene: Scene) -> None:
    for act, kind in (
        (scene.gateway.delay, "checkout.session.completed"),
        (partial(scene.gateway.answer, succeeds=False), "checkout.session.async_payment_failed"),
    ):
        act(scene.checkout.id)
        for _ in range(2):
            row = scene.event(kind)
            assert row is not None
            stripe_events.process(scene.db, scene.gateway, row)
    assert (scene.status(), scene.received()) == (PaymentStatus.FAILED, 0)
    assert "nothing was taken" in scene.told()[-1].text
    assert len(scene.told()) == 2
    with scene.db.reading() as session:
        [case] = session.scalars(sa.select(Case)).all()
        assert (case.kind, case.conversation_id) == ("payment_returned", scene.conversation_id)


def test_an_event_waits_while_stripe_is_down_and_the_sweep_takes_it_up(scene: Scene, clock: SetClock) -> None:
    scene.gateway.pay(scene.checkout.id)
    row = scene.event()
    assert row is not None
    scene.gateway.failure = OutsideService("down", service="stripe", retryable=True)
    assert stripe_events.process(scene.db, scene.gateway, row) is None
    with scene.db.reading() as session:
        assert session.get_one(ExternalEvent, row).processed_at is None
    clock.advance(minutes=1)
    assert stripe_sweep.sweep(scene.db, scene.gateway) == [scene.conversation_id]
    assert len(scene.told()) == 1


def test_a_sweep_stops_asking_a_stripe_that_does_not_answer(scene: Scene, clock: SetClock) -> None:
    scene.gateway.pay(scene.checkout.id)
    rows = [scene.event() for _ in range(3)]
    clock.advance(minutes=1)
    scene.gateway.failure = OutsideService("down", service="stripe", retryable=True)
    with pytest.raises(OutsideService):
        stripe_sweep.sweep(scene.db, scene.gateway)
    with scene.db.reading() as session:
        assert [session.get_one(ExternalEvent, row).attempts for row in rows] == [1, 0, 0]
    assert stripe_sweep.sweep(scene.db, scene.gateway) == [scene.conversation_id]


def test_a_lost_webhook_loses_nothing(scene: Scene, clock: SetClock) -> None:
    scene.gateway.pay(scene.checkout.id)
    clock.advance(minutes=5)
    assert stripe_sweep.sweep(scene.db, scene.gateway) == [scene.conversation_id]
    assert stripe_sweep.sweep(scene.db, scene.gateway) == []
    assert scene.received() == 8_050


def test_an_event_about_nothing_of_ours_is_kept_and_done_with(scene: Scene) -> None:
    foreign = FakeGateway()
    foreign.sessions = dict(scene.gateway.sessions)
    raw, signature = webhook(scene.checkout, "customer.created", secret=SECRET, id="evt_other")
    raw = raw.replace(scene.checkout.id.encode(), b"cus_1").replace(b"checkout.session", b"customer")
    raw = raw.replace(str(scene.payment_id).encode(), b"not-ours")
    event = read_event(raw, sign(raw, secret=SECRET), secret=SECRET)
    with scene.db.transaction() as session:
        row = stripe_events.take_in(session, event, raw)
    assert row is not None
    assert stripe_events.process(scene.db, scene.gateway, row) is None
    with scene.db.reading() as session:
        assert session.get_one(ExternalEvent, row).processed_at is not None
    with pytest.raises(SignatureInvalid):
        read_event(raw, signature, secret=SECRET)


def test_an_overpayment_is_said_to_be_credit(scene: Scene) -> None:
    with scene.db.transaction() as session:
        for number in ("INV-1001", "INV-1002", "INV-1003"):
            invoice = session.scalars(sa.select(Invoice).where(Invoice.number == number)).one()
            owed = Money(invoice.amount, "USD")
            ledger.post(
                session,
                source=ledger.invoice_account(invoice.id),
                destination="elsewhere",
                amount=owed,
                reference=number,
            )
    scene.gateway.pay(scene.checkout.id)
    stripe_events.follow_up(scene.db, scene.gateway, scene.checkout.id)
    [message] = scene.told()
    assert "credit" in message.text
    with scene.db.reading() as session:
        assert session.get_one(Conversation, scene.conversation_id).last_seq == 1


def test_a_session_of_somebody_elses_stops_nothing(scene: Scene, clock: SetClock) -> None:
    foreign = dataclasses.replace(scene.checkout, id="cs_foreign", payment_id="order-17", payment_status="paid")
    scene.gateway.sessions[foreign.id] = foreign
    raw, signature = webhook(foreign, "checkout.session.completed", secret=SECRET, id="evt_foreign")
    with scene.db.transaction() as session:
        row = stripe_events.take_in(session, read_event(raw, signature, secret=SECRET), raw)
    assert row is not None
    scene.gateway.pay(scene.checkout.id)
    clock.advance(minutes=5)
    assert stripe_sweep.sweep(scene.db, scene.gateway) == [scene.conversation_id]
    with scene.db.reading() as session:
        assert session.get_one(ExternalEvent, row).processed_at is not None


def test_s5_what_a_bank_is_still_confirming_cannot_be_paid_again(scene: Scene) -> None:
    scene.gateway.delay(scene.checkout.id)
    stripe_events.follow_up(scene.db, scene.gateway, scene.checkout.id)
    with scene.db.transaction() as session:
        maya = session.get_one(Customer, session.get_one(Payment, scene.payment_id).customer_id)
        with pytest.raises(InvalidInput, match=r"\$80\.50 is already on its way"):
            payments.open_link(session, maya, Money.of("260.50", "USD"), conversation_id=scene.conversation_id)
        payments.open_link(session, maya, Money.of("180.00", "USD"), conversation_id=scene.conversation_id)
