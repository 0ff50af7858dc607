"""Mismatches: where our books and Stripe's differ about the same money, as rows that an operator can list and resolve.

One row stands for one difference: seen again it is the same row, seen no more it is repaired (S5, S6).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot import clock
from bot.db import lock
from bot.errors import InvalidInput, NotFound
from bot.models import Mismatch, MismatchKind, MismatchStatus
from bot.money import Money


def note_mismatch(
    session: Session,
    kind: MismatchKind,
    subject: str,
    *,
    payment_id: uuid.UUID | None = None,
    ours: Mapping[str, Any] | None = None,
    theirs: Mapping[str, Any] | None = None,
) -> Mismatch:
    """The mismatch of this kind about `subject`, Stripe's id of what it is: made, or seen once more.

    One that was repaired is open again. What an operator resolved stays so while both sides say what they said then.
    """
    now = clock.now()
    said = {"ours": _plain(ours), "theirs": _plain(theirs)}
    values = {"kind": kind, "subject": subject, "payment_id": payment_id, "first_seen_at": now, "last_seen_at": now}
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(Mismatch).values(**values, **said).on_conflict_do_nothing())
    row = _find(session, kind, subject)
    assert row is not None
    changed = (row.ours, row.theirs) != (said["ours"], said["theirs"])
    if row.status == MismatchStatus.REPAIRED or (row.status == MismatchStatus.RESOLVED and changed):
        row.status, row.resolved_at, row.resolved_by, row.note = MismatchStatus.OPEN, None, None, None
    row.last_seen_at, row.payment_id = now, payment_id or row.payment_id
    row.ours, row.theirs = said["ours"], said["theirs"]
    session.flush()
    return row


def repaired(session: Session, kind: MismatchKind, subject: str) -> bool:
    """Both sides agree about `subject` again: an open mismatch of this kind is closed. True when there was one."""
    row = _find(session, kind, subject)
    if row is None or row.status != MismatchStatus.OPEN:
        return False
    row.status, row.resolved_at = MismatchStatus.REPAIRED, clock.now()
    session.flush()
    return True


def listing(session: Session, open_only: bool = True) -> list[Mismatch]:
    """Every mismatch, or every open one, oldest first."""
    query = sa.select(Mismatch).order_by(Mismatch.first_seen_at, Mismatch.id)
    if open_only:
        query = query.where(Mismatch.status == MismatchStatus.OPEN)
    return list(session.scalars(query))


def resolve(session: Session, id: uuid.UUID, by: str, note: str) -> Mismatch:
    """Close an open mismatch by a person's word.

    Raises `NotFound`; `InvalidInput` without a note, or when it is closed already.
    """
    row = lock(session, Mismatch, id)
    if row is None:
        raise NotFound("There is no such mismatch. `goodterms reconcile list --all` names them.")
    if not note.strip():
        raise InvalidInput("Say in a note why the books differ, or what was done about it.")
    if row.status != MismatchStatus.OPEN:
        raise InvalidInput(f"This mismatch is {row.status} already.", about=row)
    row.status, row.resolved_at, row.resolved_by, row.note = MismatchStatus.RESOLVED, clock.now(), by, note.strip()
    session.flush()
    return row


def in_words(amount: Money) -> dict[str, Any]:
    """An amount as a mismatch keeps it, in minor units."""
    return {"amount": amount.minor, "currency": amount.currency}


def _plain(said: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return dict(said) if said is not None else None


def _find(session: Session, kind: MismatchKind, subject: str) -> Mismatch | None:
    return session.scalars(
        sa.select(Mismatch).where(Mismatch.kind == kind, Mismatch.subject == subject).with_for_update(key_share=True)
    ).first()
