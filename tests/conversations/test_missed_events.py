"""A webhook that is lost loses nothing: Stripe's own list of events is read behind it (S1, S5)."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from bot.billing.gateway import ListedEvent
from bot.billing.reconciliation import cursors
from bot.conversations import missed_events, stripe_events, stripe_sweep
from bot.db import Database
from bot.errors import OutsideService
from bot.models import Cursor, ExternalEvent, PaymentStatus
from tests.billing import fake_events
from tests.conftest import SetClock
from tests.conversations.paid import Shop


@pytest.fixture
def shop(db: Database, clock: SetClock) -> Shop:
    """On both databases."""
    return Shop(db)


def down() -> OutsideService:
    return OutsideService("down", service="stripe", retryable=True)


def cursor(shop: Shop) -> Cursor:
    with shop.db.reading() as session:
        return session.get_one(Cursor, missed_events.CURSOR)


def test_s1_what_no_webhook_brought_is_settled_and_told_once(shop: Shop, clock: SetClock) -> None:
    paid = shop.paid()
    assert missed_events.catch_up(shop.db, shop.gateway) == [paid.conversation_id]
    clock.advance(hours=1)
    assert missed_events.catch_up(shop.db, shop.gateway) == []
    assert (shop.payment(paid).status, shop.received(), shop.receipts(paid)) == (PaymentStatus.SUCCEEDED, 8_050, 1)


def test_what_the_webhook_brought_is_not_acted_on_again(shop: Shop) -> None:
    paid = shop.paid()
    with shop.db.transaction() as session:
        for listed in shop.gateway.log.known():
            assert stripe_events.take_in(session, listed.event, listed.raw) is not None
    assert missed_events.catch_up(shop.db, shop.gateway) == []
    assert shop.receipts(paid) == 0  # it waits for the sweep of stored events, as any stored event does


def test_a_long_list_is_read_batch_by_batch_and_on_from_there(
    shop: Shop, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed_events, "BATCH", 3)
    monkeypatch.setattr(missed_events, "BATCHES", 2)
    paid = [shop.paid() for _ in range(4)]
    clock.advance(minutes=6)
    for _ in range(5):
        missed_events.catch_up(shop.db, shop.gateway)
    assert [shop.receipts(each) for each in paid] == [1, 1, 1, 1]
    assert cursor(shop).value == shop.gateway.log.known()[-1].event.id


def test_the_newest_events_are_read_again_because_others_may_be_listed_late(shop: Shop, clock: SetClock) -> None:
    first = shop.paid()
    missed_events.catch_up(shop.db, shop.gateway)
    late = fake_events.body("refund.created", {"id": "re_9", "object": "refund"}, id="evt_late")
    shop.gateway.log._events.insert(0, ListedEvent(fake_events.read(late), late))
    clock.advance(minutes=1)
    missed_events.catch_up(shop.db, shop.gateway)
    with shop.db.reading() as session:
        kept = session.scalars(sa.select(ExternalEvent.external_id)).all()
    assert "evt_late" in kept
    assert shop.receipts(first) == 1


def test_events_of_the_business_that_no_payment_hangs_on_are_not_kept(shop: Shop) -> None:
    shop.gateway.log.add(("customer.created", {"id": "cus_1", "object": "customer"}))
    missed_events.catch_up(shop.db, shop.gateway)
    assert shop.count(ExternalEvent) == 0


def test_a_stripe_that_does_not_answer_moves_no_cursor(shop: Shop) -> None:
    paid = shop.paid()
    shop.gateway.failure = down()
    with pytest.raises(OutsideService):
        missed_events.catch_up(shop.db, shop.gateway)
    assert cursor(shop).value is None
    assert missed_events.catch_up(shop.db, shop.gateway) == [paid.conversation_id]


def test_what_is_stored_when_stripe_stops_answering_waits_for_the_sweep(shop: Shop, clock: SetClock) -> None:
    paid = shop.paid()
    listing = shop.gateway.events

    def events(after: str | None, since: object) -> object:
        found = list(listing(after, since))  # type: ignore[arg-type]
        shop.gateway.failure = down()
        return iter(found)

    shop.gateway.events = events  # type: ignore[method-assign,assignment]
    with pytest.raises(OutsideService):
        missed_events.catch_up(shop.db, shop.gateway)
    clock.advance(minutes=1)
    assert stripe_sweep.sweep(shop.db, shop.gateway) == [paid.conversation_id]
    assert shop.receipts(paid) == 1


def test_s5_workers_that_catch_up_at_once_settle_once(shop: Shop) -> None:
    paid = [shop.paid() for _ in range(3)]
    threads = [threading.Thread(target=missed_events.catch_up, args=(shop.db, shop.gateway)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [shop.receipts(each) for each in paid] == [1, 1, 1]
    assert shop.received() == 3 * 8_050


def test_a_first_reading_that_takes_long_is_not_begun_again_by_the_next_sweep(shop: Shop, clock: SetClock) -> None:
    paid = shop.paid()
    listing = shop.gateway.events
    begun = 0

    def slow(after: str | None, since: dt.datetime) -> Iterator[ListedEvent]:
        nonlocal begun
        begun += 1
        for _ in range(3):
            clock.advance(minutes=10)
            assert missed_events.catch_up(shop.db, shop.gateway) == []  # the next sweep
        yield from listing(after, since)

    shop.gateway.events = slow  # type: ignore[method-assign]
    assert missed_events.catch_up(shop.db, shop.gateway) == [paid.conversation_id]
    assert begun == 1
    assert cursor(shop).value is not None


def test_one_who_lost_the_cursor_stops_reading(shop: Shop, clock: SetClock) -> None:
    paid = shop.paid()
    with shop.db.transaction() as session:
        assert cursors.begin(session, missed_events.CURSOR) is not None
    assert missed_events.catch_up(shop.db, shop.gateway) == []
    clock.advance(minutes=5)
    assert missed_events.catch_up(shop.db, shop.gateway) == [paid.conversation_id]
