"""Events that our webhook did not bring: read from Stripe's own list, taken in and acted on (S1, S5).

The webhook is the fast way, this list the certain one: while it is read at least once in thirty days, which is how long
Stripe keeps it, a lost webhook loses nothing.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import uuid

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import clock
from bot.billing.gateway import GatewayEvent, ListedEvent, PaymentGateway
from bot.billing.reconciliation import cursors
from bot.billing.reconciliation.cursors import Reading
from bot.conversations import stripe_events
from bot.db import Database

CURSOR = "events"
KEPT = dt.timedelta(days=30)
# Stripe does not promise that events are listed in the order of their seconds, so the newest are read twice.
LATE = dt.timedelta(minutes=5)
# To find where a listing of thirty days begins, all of it is paged through before its first event is known. Were the
# lease shorter, the next sweep would take it over and begin again, and so would the one after that.
LONG_LEASE = dt.timedelta(hours=2)
BATCH = 100
BATCHES = 50
# They name the intent alone. Everything else of ours carries our payment's id; a business sells other things too.
NAMELESS = frozenset({"refund", "dispute"})


def catch_up(db: Database, gateway: PaymentGateway) -> list[uuid.UUID]:
    """Take in every event since the last time, or of the last thirty days, and act on those that are news.

    The conversations that were told something. One worker at a time; a long list is continued by the next sweep. The
    cursor moves with the rows that a batch wrote, so a crash repeats and loses nothing. Raises `OutsideService` when
    Stripe does not answer: what is stored by then waits for `stripe_sweep`.
    """
    reading = db.in_transaction(_begun)
    if reading is None:
        return []
    told: list[uuid.UUID | None] = []
    try:
        listed = gateway.events(reading.value, reading.until or clock.now() - KEPT)
        for _ in range(BATCHES):
            batch = list(itertools.islice(listed, BATCH))
            if not batch:
                break
            with db.transaction() as session:
                news = _taken_in(session, batch)
                moved = _moved(session, reading, batch)
            told += [stripe_events.act_on(db, gateway, row) for row in news]
            if moved is None:
                return _told(told)
            reading = moved
    finally:
        _end(db, reading)
    return _told(told)


def _begun(session: Session) -> Reading | None:
    reading = cursors.begin(session, CURSOR)
    if reading is None or (reading.until is not None and reading.until > clock.now() - KEPT):
        return reading
    return cursors.move(session, reading, value=reading.value, until=reading.until, lease=LONG_LEASE)


def _taken_in(session: Session, batch: list[ListedEvent]) -> list[uuid.UUID]:
    rows = []
    for listed in batch:
        if not _may_be_ours(listed.event):
            continue
        with contextlib.suppress(IntegrityError), session.begin_nested():  # its webhook comes in at this moment
            rows.append(stripe_events.take_in(session, listed.event, listed.raw))
    return [row for row in rows if row is not None]


def _may_be_ours(event: GatewayEvent) -> bool:
    return event.payment_id is not None or event.object_type in NAMELESS


def _moved(session: Session, reading: Reading, batch: list[ListedEvent]) -> Reading | None:
    settled = [listed.event for listed in batch if listed.event.created_at <= clock.now() - LATE]
    value, until = (settled[-1].id, settled[-1].created_at) if settled else (reading.value, reading.until)
    return cursors.move(session, reading, value=value, until=until)


def _end(db: Database, reading: Reading) -> None:
    with db.transaction() as session:
        cursors.end(session, reading)


def _told(told: list[uuid.UUID | None]) -> list[uuid.UUID]:
    return [conversation_id for conversation_id in told if conversation_id is not None]
