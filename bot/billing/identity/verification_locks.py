"""Wrong tries are counted for the account and for the address; too many lock it for a while (design section 6)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from bot import clock, policies
from bot.db import lock
from bot.keyed_hash import keyed_hash
from bot.models import Conversation, VerificationLock


def account(customer_id: uuid.UUID) -> str:
    """The subject under which an account's wrong tries are counted."""
    return f"customer:{customer_id}"


def address(conversation: Conversation) -> str:
    """The subject for where the tries come from: the conversation's address, or itself when it has none."""
    place = conversation.address or str(conversation.id)
    return f"address:{keyed_hash('verification address', f'{conversation.channel}:{place}')}"


def locked_for(session: Session, subject: str) -> int:
    """For how many more seconds `subject` is locked; 0 when it is not."""
    row = session.get(VerificationLock, subject, populate_existing=True)
    if row is None or row.locked_until is None:
        return 0
    return max(int((row.locked_until - clock.now()).total_seconds()), 0)


def count_failure(session: Session, subject: str) -> bool:
    """Count one wrong try; true when `subject` is locked now.

    An account is locked for the same time each time, an address for twice the time before, up to the policy's most.
    """
    policy = policies.identity()
    row = lock(session, VerificationLock, subject)
    if row is None:
        row = VerificationLock(subject=subject, failures=0, times_locked=0)
        session.add(row)
    now = clock.now()
    if row.changed_at is not None and now - row.changed_at > dt.timedelta(hours=policy.forget_failures_hours):
        row.failures = 0
    row.failures += 1
    row.changed_at = now
    if row.failures >= policy.wrong_tries:
        row.failures = 0
        row.times_locked += 1
        row.locked_until = now + _lock_time(subject, row.times_locked)
    session.flush()
    return row.locked_until is not None and row.locked_until > now


def forget(session: Session, subject: str) -> None:
    """A success: the wrong tries before it no longer count. A lock that is on stays on."""
    row = lock(session, VerificationLock, subject)
    if row is not None:
        row.failures = 0


def unlock(session: Session, subject: str) -> None:
    """An agent lifts the lock of `subject` and forgets what led to it."""
    row = lock(session, VerificationLock, subject)
    if row is not None:
        row.failures = row.times_locked = 0
        row.locked_until = None


def _lock_time(subject: str, times: int) -> dt.timedelta:
    policy = policies.identity()
    if subject.startswith("customer:"):
        return dt.timedelta(minutes=policy.account_lock_minutes)
    longest = dt.timedelta(hours=policy.address_lock_hours_most)
    return min(dt.timedelta(minutes=policy.address_lock_minutes * 2 ** min(times - 1, 20)), longest)
