"""Cursors: how far a listing of Stripe's has been read. One worker reads a listing at a time (S1)."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import clock
from bot.db import lock
from bot.models import Cursor

# For so long a reader has a listing to itself after each step; a crash gives it back then.
LEASE = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Reading:
    """A listing that the caller alone reads until `claimed_until`: what was seen last (`value`) and up to when."""

    name: str
    value: str | None
    until: dt.datetime | None
    claimed_until: dt.datetime


def begin(session: Session, name: str) -> Reading | None:
    """Take the listing `name` to read it on; None while somebody else reads it. `move` or `end` follows."""
    now = clock.now()
    cursor = lock(session, Cursor, name) or _made(session, name)
    if cursor.claimed_until is not None and cursor.claimed_until > now:
        return None
    cursor.claimed_until = now + LEASE
    session.flush()
    return Reading(name, cursor.value, cursor.until, cursor.claimed_until)


def move(
    session: Session, reading: Reading, *, value: str | None, until: dt.datetime | None, lease: dt.timedelta = LEASE
) -> Reading | None:
    """Write down that it was read up to here, and hold it for longer. None when it was taken over: then stop reading.

    Call it in the transaction that stores what was read.
    """
    cursor = _held(session, reading)
    if cursor is None:
        return None
    cursor.value, cursor.until, cursor.claimed_until = value, until, clock.now() + lease
    session.flush()
    return Reading(reading.name, value, until, cursor.claimed_until)


def end(session: Session, reading: Reading) -> None:
    """Let others read on. Nothing happens when it was taken over."""
    cursor = _held(session, reading)
    if cursor is not None:
        cursor.claimed_until = None
        session.flush()


def _made(session: Session, name: str) -> Cursor:
    with contextlib.suppress(IntegrityError), session.begin_nested():  # another worker may make it at this moment
        session.add(Cursor(name=name))
    cursor = lock(session, Cursor, name)
    assert cursor is not None
    return cursor


def _held(session: Session, reading: Reading) -> Cursor | None:
    cursor = lock(session, Cursor, reading.name)
    return cursor if cursor is not None and cursor.claimed_until == reading.claimed_until else None
