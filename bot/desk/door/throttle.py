"""Slowing down guesses: attempts to sign in are counted by e-mail and by address, before the password is looked at."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import clock
from bot.db import lock
from bot.errors import TooMany
from bot.keyed_hash import keyed_hash
from bot.models import SignInThrottle

FORGET = dt.timedelta(hours=1)
SHORTEST, LONGEST = dt.timedelta(minutes=1), dt.timedelta(minutes=15)
KEEP = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Subject:
    """What attempts are counted for, as a keyed hash, and how many may fail before it has to wait."""

    digest: str
    free: int


def subjects(email: str, address: str) -> tuple[Subject, Subject]:
    """The e-mail (5 failures) and the network address (30: an office may share one)."""
    return (
        Subject(keyed_hash("desk sign-in e-mail", email.strip().lower()), 5),
        Subject(keyed_hash("desk sign-in address", address), 30),
    )


def single_sign_on(address: str) -> tuple[Subject, ...]:
    """Ways to the provider that were begun and not finished, by network address: each makes us call it."""
    return (Subject(keyed_hash("desk single sign-on address", address), 30),)


def count(session: Session, counted: tuple[Subject, ...]) -> None:
    """Count one attempt for each subject. Raises `TooMany` while one has to wait, whether or not the agent exists.

    It is counted before the outcome is known, so that many guesses at once are not more guesses.
    """
    now = clock.now()
    for subject in sorted(counted, key=lambda each: each.digest):
        row = _locked(session, subject.digest)
        if row.blocked_until is not None and row.blocked_until > now:
            wait = math.ceil((row.blocked_until - now).total_seconds())
            raise TooMany(f"Too many tries. Please wait {_spoken(wait)} and try again.", retry_after=wait)
        if now - row.changed_at > FORGET:
            row.failures = 0
        row.failures += 1
        row.changed_at = now
        over = row.failures - subject.free
        row.blocked_until = now + min(SHORTEST * 2 ** min(over, 10), LONGEST) if over >= 0 else None


def forgive(session: Session, counted: tuple[Subject, ...]) -> None:
    """Take back the attempt just counted: it was right. The e-mail (the first) starts afresh; old rows are swept."""
    for subject in sorted(counted, key=lambda each: each.digest):
        row = lock(session, SignInThrottle, subject.digest)
        if row is not None:
            row.failures = 0 if subject is counted[0] else max(0, row.failures - 1)
            row.blocked_until = None if row.failures < subject.free else row.blocked_until
    old = sa.select(SignInThrottle.subject).where(SignInThrottle.changed_at < clock.now() - KEEP)
    session.execute(
        sa.delete(SignInThrottle)
        .where(SignInThrottle.subject.in_(old.with_for_update(skip_locked=True)))
        .execution_options(synchronize_session=False)
    )


def take_back(session: Session, counted: tuple[Subject, ...]) -> None:
    """Take back the attempt just counted, and nothing before it: it was right as far as it went."""
    for subject in sorted(counted, key=lambda each: each.digest):
        row = lock(session, SignInThrottle, subject.digest)
        if row is not None:
            row.failures = max(0, row.failures - 1)
            row.blocked_until = None if row.failures < subject.free else row.blocked_until


def _locked(session: Session, digest: str) -> SignInThrottle:
    row = lock(session, SignInThrottle, digest)
    if row is None:
        try:
            with session.begin_nested():
                session.add(SignInThrottle(subject=digest))
        except IntegrityError:  # somebody else counted the first attempt at the same moment
            session.expire_all()
        row = lock(session, SignInThrottle, digest)
    if row is None:
        raise RuntimeError("a row just written is there")
    return row


def _spoken(seconds: int) -> str:
    minutes = math.ceil(seconds / 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
