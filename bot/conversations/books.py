"""The comparison of books: every intent at Stripe beside our ledger, repaired where it can be and noted where not (S5).

It trusts neither webhooks nor our own status columns: what Stripe says was paid is looked up in the postings.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from functools import partial

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import reconciliation
from bot.billing.gateway import Intent, PaymentGateway
from bot.billing.reconciliation import comparison, cursors
from bot.billing.reconciliation.comparison import Compared
from bot.billing.reconciliation.cursors import Reading
from bot.conversations import stripe_events
from bot.db import Database, lock
from bot.errors import GoodTermsError, OutsideService
from bot.models import ExternalEvent, Mismatch, MismatchKind, MismatchStatus, Payment, Source

CURSOR = "intents"
FIRST_LOOK = dt.timedelta(days=30)
# What is younger is left to the webhook; an intent may be paid, or listed, some time after it was made.
SETTLED = dt.timedelta(minutes=10)
LATE = dt.timedelta(hours=1)
WINDOW = dt.timedelta(days=1)
WINDOWS = 31
STEP = 20
FAILED_EVENTS = 50
UNKNOWN = "resource_missing"  # Stripe's code for an id that it does not know

log = structlog.get_logger()


@dataclass(slots=True)
class Outcome:
    """What a comparison did: intents looked at, Stripe's ids of what it repaired, conversations that were told."""

    looked_at: int = 0
    repaired: set[str] = field(default_factory=set)
    told: list[uuid.UUID] = field(default_factory=list)


def compare(db: Database, gateway: PaymentGateway) -> Outcome | None:
    """Compare every intent made since the last time, or in the last thirty days, and every open mismatch once more.

    None when another worker is at it; a long time is continued by the next run. Raises `OutsideService` when Stripe
    does not answer: then the same time is compared again.
    """
    reading = db.in_transaction(lambda session: cursors.begin(session, CURSOR))
    return _Comparison(db, gateway, reading).run() if reading else None


class _Comparison:
    """One run. It holds the cursor until it ends or was taken over."""

    def __init__(self, db: Database, gateway: PaymentGateway, reading: Reading) -> None:
        self._db = db
        self._gateway = gateway
        self._reading: Reading | None = reading
        self._outcome = Outcome()

    def run(self) -> Outcome:
        try:
            for intent_id, payment in self._db.in_reading(comparison.still_open):
                self._look_up(intent_id, payment)
            for _ in range(WINDOWS):
                if not self._compare_window():
                    break
            self._try_failed_events_again()
        finally:
            if (held := self._reading) is not None:
                self._db.in_transaction(lambda session: cursors.end(session, held))
        return self._outcome

    def _compare_window(self) -> bool:
        """Compare the next time; False when there is none, or when another worker has taken over."""
        now = clock.now()
        reached = (self._reading.until if self._reading else None) or now - FIRST_LOOK
        until = min(now - SETTLED, reached + WINDOW)
        if until <= reached:
            return False
        since = reached - LATE - dt.timedelta(minutes=policies.payments().checkout_minutes)
        seen = set()
        for place, intent in enumerate(self._gateway.intents(since, until)):
            seen.add(intent.id)
            if place % STEP == STEP - 1 and not self._hold(reached):
                return False
            self._compare_listed(intent)
        for payment in self._db.in_reading(lambda session: comparison.settled_within(session, since, until)):
            if payment.payment_intent_id not in seen:
                self._look_up(payment.payment_intent_id or "", payment)
        return self._hold(until)

    def _hold(self, until: dt.datetime) -> bool:
        held = self._reading
        if held is not None:
            self._reading = self._db.in_transaction(
                lambda session: cursors.move(session, held, value=None, until=until)
            )
        return self._reading is not None

    def _compare_listed(self, intent: Intent) -> None:
        if comparison.payment_id(intent) is None:
            return  # the business sells other things too
        if intent.paid:
            self._look_up(intent.id, None)
        else:
            self._examine(intent)

    def _look_up(self, intent_id: str, payment: Payment | None) -> None:
        try:
            self._examine(self._gateway.fetch_intent(intent_id))
        except GoodTermsError as error:
            if isinstance(error, OutsideService) and error.retryable:
                raise
            if not isinstance(error, OutsideService) or (error.about or {}).get("code") != UNKNOWN:
                log.error("intent_not_compared", code=error.code)
            elif payment is not None:
                self._note(self._db.in_reading(lambda session: comparison.compare_unknown(session, payment)))

    def _examine(self, intent: Intent) -> None:
        self._outcome.looked_at += 1
        compared = self._compared(intent)
        if self._note(compared) and self._repair(intent, compared):
            again = self._compared(self._gateway.fetch_intent(intent.id))
            self._note(again)
            self._outcome.repaired |= compared.subjects_that_differ - again.subjects_that_differ

    def _compared(self, intent: Intent) -> Compared:
        return self._db.in_reading(lambda session: comparison.compare(session, intent))

    def _note(self, compared: Compared) -> bool:
        """Write down what was found; True when something differs."""
        differs = bool(compared.differences)
        if differs or self._db.in_reading(lambda session: comparison.is_open(session, compared)):
            self._outcome.repaired |= self._db.in_transaction(lambda session: comparison.note(session, compared))
        return differs

    def _repair(self, intent: Intent, compared: Compared) -> bool:
        """Take over what Stripe says, as its webhook would have done; True when that could be tried."""
        if any(each.kind is MismatchKind.UNKNOWN_PAYMENT for each in compared.differences):
            return False
        try:
            told = stripe_events.follow_up(self._db, self._gateway, intent.id)
        except GoodTermsError as error:
            if isinstance(error, OutsideService) and error.retryable:
                raise
            log.error("intent_not_repaired", code=error.code)
            return False
        self._outcome.told += [told] if told is not None else []
        return True

    def _try_failed_events_again(self) -> None:
        for event in self._db.in_reading(_failed):
            self._db.in_transaction(partial(_one_more_try, event_id=event.id))
            try:
                told = stripe_events.act_on(self._db, self._gateway, event.id)
            except OutsideService as error:
                log.warning("stripe_event_failed_again", event_row=str(event.id), code=error.code)
                return
            self._outcome.told += [told] if told is not None else []
            if self._db.in_transaction(partial(_closed, event_id=event.id)):
                self._outcome.repaired.add(event.external_id)


def _failed(session: Session) -> list[ExternalEvent]:
    """Events that could not be acted on, those tried longest ago first, without those a person has done with."""
    resolved = sa.select(Mismatch.subject).where(
        Mismatch.kind == MismatchKind.EVENT_FAILED, Mismatch.status == MismatchStatus.RESOLVED
    )
    return list(
        session.scalars(
            sa.select(ExternalEvent)
            .where(
                ExternalEvent.source == Source.STRIPE,
                ExternalEvent.processed_at.is_(None),
                ExternalEvent.attempts >= stripe_events.ATTEMPTS,
                ExternalEvent.external_id.not_in(resolved),
            )
            .order_by(sa.func.coalesce(ExternalEvent.claimed_until, ExternalEvent.received_at))
            .limit(FAILED_EVENTS)
        )
    )


def _one_more_try(session: Session, event_id: uuid.UUID) -> None:
    event = lock(session, ExternalEvent, event_id)
    if event is not None and event.processed_at is None:
        reconciliation.note_mismatch(
            session,
            MismatchKind.EVENT_FAILED,
            event.external_id,
            theirs={"event": event.kind, "object": event.object_id},
        )
        event.attempts, event.claimed_until = stripe_events.ATTEMPTS - 1, clock.now()


def _closed(session: Session, event_id: uuid.UUID) -> bool:
    event = session.get_one(ExternalEvent, event_id)
    if event.processed_at is None:
        return False
    return reconciliation.repaired(session, MismatchKind.EVENT_FAILED, event.external_id)
