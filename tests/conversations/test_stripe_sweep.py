"""The sweep: stored events and open payments, each asked about by one worker, none starved, none lost (S1, S5)."""

from __future__ import annotations

import threading
import uuid
from collections import Counter

import pytest
import sqlalchemy as sa

from bot.billing import payments
from bot.billing.payments import open_payments
from bot.conversations import stripe_events, stripe_sweep
from bot.db import Database
from bot.errors import OutsideService
from bot.models import Customer, ExternalEvent, Payment, PaymentStatus
from bot.money import Money
from tests.conftest import SetClock
from tests.conversations.paid import Opened, Shop


@pytest.fixture
def shop(db: Database, clock: SetClock) -> Shop:
    """On both databases."""
    return Shop(db)


def stored(shop: Shop) -> list[uuid.UUID]:
    """Every event so far comes in, and whoever took it in dies."""
    with shop.db.transaction() as session:
        rows = [stripe_events.take_in(session, each.event, each.raw) for each in shop.gateway.log.known()]
    return [row for row in rows if row is not None]


def asked(shop: Shop) -> Counter[str]:
    """From now on, how often Stripe is asked about what."""
    counts: Counter[str] = Counter()
    for name in ("fetch_checkout", "fetch_intent"):
        ask = getattr(shop.gateway, name)
        setattr(shop.gateway, name, lambda id, ask=ask: counts.update([id]) or ask(id))
    return counts


def at_once(shop: Shop, workers: int = 5) -> None:
    threads = [threading.Thread(target=stripe_sweep.sweep, args=(shop.db, shop.gateway)) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def down() -> OutsideService:
    return OutsideService("down", service="stripe", retryable=True)


def test_s5_workers_that_sweep_at_once_act_on_each_stored_event_once(shop: Shop, clock: SetClock) -> None:
    paid = [shop.paid() for _ in range(6)]
    rows = stored(shop)
    clock.advance(minutes=1)
    at_once(shop)
    with shop.db.reading() as session:
        attempts = session.scalars(sa.select(ExternalEvent.attempts).where(ExternalEvent.id.in_(rows))).all()
    assert attempts == [1] * len(rows)
    assert [shop.receipts(each) for each in paid] == [1] * 6


def test_s5_workers_that_sweep_at_once_ask_about_each_open_payment_once(shop: Shop, clock: SetClock) -> None:
    opened = [shop.opened() for _ in range(6)]
    counts = asked(shop)
    clock.advance(minutes=3)
    at_once(shop)
    assert counts == Counter(each.checkout for each in opened)


def test_an_event_that_fails_rests_longer_each_time_and_lets_the_others_pass(shop: Shop, clock: SetClock) -> None:
    first, second = shop.paid(), shop.paid()
    [row, *_] = stored(shop)
    with shop.db.transaction() as session:
        session.get_one(ExternalEvent, row).object_id = shop.intent(first)
    clock.advance(minutes=1)
    rests = []
    for _ in range(3):
        shop.gateway.failure = down()
        with pytest.raises(OutsideService):
            stripe_sweep.sweep(shop.db, shop.gateway)
        with shop.db.reading() as session:
            until = session.get_one(ExternalEvent, row).claimed_until
            assert until is not None
        rests.append((until - clock.instant).total_seconds())
        clock.set(until)
        with shop.db.transaction() as session:  # the oldest again, as if it had come alone
            for each in session.scalars(sa.select(ExternalEvent).where(ExternalEvent.id != row)):
                each.claimed_until = until + stripe_sweep.LONGEST_REST
    assert rests == [40, 80, 160]
    clock.advance(hours=2)
    told = stripe_sweep.sweep(shop.db, shop.gateway)
    assert set(told) == {first.conversation_id, second.conversation_id}


def test_an_outage_costs_the_first_event_an_attempt_and_the_others_nothing(shop: Shop, clock: SetClock) -> None:
    shop.paid()
    rows = stored(shop)
    clock.advance(minutes=1)
    shop.gateway.failure = down()
    with pytest.raises(OutsideService):
        stripe_sweep.sweep(shop.db, shop.gateway)
    with shop.db.reading() as session:
        kept = {row.id: (row.attempts, row.claimed_until is None) for row in session.scalars(sa.select(ExternalEvent))}
    assert sorted(kept[row] for row in rows) == [(0, True)] * (len(rows) - 1) + [(1, False)]


def test_more_open_payments_than_one_batch_are_all_asked_about(shop: Shop, clock: SetClock) -> None:
    opened = [shop.opened() for _ in range(open_payments.BATCH + 3)]
    counts = asked(shop)
    clock.advance(minutes=3)
    stripe_sweep.sweep(shop.db, shop.gateway)
    assert counts == Counter(each.checkout for each in opened)


def test_a_replaced_links_page_is_closed_at_once(shop: Shop) -> None:
    opened = shop.opened()
    replaced(shop, opened)
    stripe_sweep.sweep(shop.db, shop.gateway)
    assert shop.gateway.sessions[opened.checkout].status == "expired"
    assert shop.payment(opened).status == PaymentStatus.EXPIRED


def test_s5_what_was_paid_on_a_replaced_links_page_is_settled(shop: Shop) -> None:
    opened = shop.paid()
    replaced(shop, opened)
    assert stripe_sweep.sweep(shop.db, shop.gateway) == [opened.conversation_id]
    assert (shop.payment(opened).status, shop.receipts(opened)) == (PaymentStatus.SUCCEEDED, 1)


def replaced(shop: Shop, opened: Opened) -> None:
    """The customer asks for a link over another amount."""
    with shop.db.transaction() as session:
        payment = session.get_one(Payment, opened.id)
        customer = session.get_one(Customer, payment.customer_id)
        payments.open_link(session, customer, Money(1_000, "USD"), conversation_id=opened.conversation_id)
