"""What a customer wants of us when we write or call: written down as it is said, and binding at once (C7)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import Conversation, Medium, Preference, PreferenceKind


@dataclass(frozen=True, slots=True)
class Wish:
    """One wish as it was read from a message; `value` as `Preference.value`."""

    kind: PreferenceKind
    medium: Medium | None = None
    value: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """What binds now. `hours` are minutes after midnight by medium (None: every medium), `days` weekdays (Monday is
    0), both in the customer's zone; None where anything is fine."""

    refused: frozenset[Medium] = frozenset()
    welcome: frozenset[Medium] = frozenset()
    hours: tuple[int, int] | None = None
    days: frozenset[int] | None = None
    quiet_until: dt.date | None = None
    language: str | None = None


def record(
    session: Session, conversation: Conversation, customer_id: uuid.UUID | None, wishes: Iterable[Wish]
) -> list[Preference]:
    """Add `wishes`. They are the customer's where `customer_id` is proven, else this conversation's alone."""
    rows = [
        Preference(
            conversation_id=conversation.id,
            customer_id=customer_id,
            kind=wish.kind,
            medium=wish.medium,
            value=dict(wish.value),
        )
        for wish in wishes
    ]
    session.add_all(rows)
    session.flush()
    return rows


def of(session: Session, conversation_id: uuid.UUID | None, customer_id: uuid.UUID | None) -> Standing:
    """What binds for a customer, and for a conversation in which nobody had proven who they are."""
    said = [Preference.customer_id == customer_id] if customer_id else []
    if conversation_id:
        said.append(Preference.conversation_id == conversation_id)
    if not said:
        return Standing()
    rows = session.scalars(sa.select(Preference).where(sa.or_(*said)).order_by(Preference.created_at, Preference.id))
    return standing(
        Wish(PreferenceKind(row.kind), Medium(row.medium) if row.medium else None, row.value) for row in rows
    )


def standing(wishes: Iterable[Wish]) -> Standing:
    """What `wishes`, oldest first, come to. A later one takes the place of an earlier one of its kind; a medium that is
    welcome again is refused no more. Pure."""
    refused: set[Medium] = set()
    welcome: set[Medium] = set()
    newest: dict[PreferenceKind, Mapping[str, Any]] = {}
    for wish in wishes:
        media = {wish.medium} if wish.medium else set(Medium)
        match wish.kind:
            case PreferenceKind.REFUSED:
                refused, welcome = refused | media, welcome - media
            case PreferenceKind.WELCOME:
                refused, welcome = refused - media, welcome | media
            case _:
                newest[wish.kind] = wish.value
    hours, days = newest.get(PreferenceKind.HOURS), newest.get(PreferenceKind.DAYS)
    quiet, language = newest.get(PreferenceKind.QUIET_UNTIL), newest.get(PreferenceKind.LANGUAGE)
    return Standing(
        frozenset(refused),
        frozenset(welcome),
        (hours["start"], hours["end"]) if hours else None,
        frozenset(days["days"]) if days else None,
        dt.date.fromisoformat(quiet["until"]) if quiet else None,
        language["language"] if language else None,
    )


def allows(standing: Standing, medium: Medium, at: dt.datetime, zone: str) -> bool:
    """Whether a message that we begin may go out by `medium` at `at`, to somebody in the IANA `zone`. Pure."""
    local = at.astimezone(ZoneInfo(zone))
    if medium in standing.refused:
        return False
    if standing.quiet_until is not None and local.date() < standing.quiet_until:
        return False
    if standing.days is not None and local.weekday() not in standing.days:
        return False
    if standing.hours is None:
        return True
    start, end = standing.hours
    return start <= local.hour * 60 + local.minute < end
