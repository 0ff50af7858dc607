"""Looking through the audit log: by agent, act, conversation and day, the newest first, page by page or as CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import policies
from bot.db import Database
from bot.desk import audit
from bot.models import Agent, AuditEntry

PAGE = 50
CHUNK = 1_000
RECENT = 2_000
COLUMNS = ("at (UTC)", "agent", "agent id", "act", "subject", "detail", "entry id")


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for; None is everything. `act` finds its kind, too: `conversation` finds `conversation.read`."""

    agent: uuid.UUID | None = None
    act: str | None = None
    conversation: uuid.UUID | None = None
    day: dt.date | None = None

    @property
    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """The same for a query. A day is the desk's own (`policies/desk.yml`, `time_zone`)."""
        found: list[sa.ColumnElement[bool]] = []
        if self.agent is not None:
            found.append(AuditEntry.agent_id == self.agent)
        if self.act is not None:
            kind = AuditEntry.action.startswith(f"{self.act}.", autoescape=True)
            found.append((AuditEntry.action == self.act) | kind)
        if self.conversation is not None:
            found.append(AuditEntry.subject == audit.conversation(self.conversation))
        if self.day is not None:
            start = dt.datetime.combine(self.day, dt.time(), policies.desk().zone)
            end = dt.datetime.combine(self.day + dt.timedelta(days=1), dt.time(), policies.desk().zone)
            found += [AuditEntry.at >= start, AuditEntry.at < end]
        return found


def entries(session: Session, sought: Sought, before: uuid.UUID | None = None, limit: int = PAGE) -> list[AuditEntry]:
    """The newest `limit` that match, of those written before the entry `before`."""
    found = sa.select(AuditEntry).where(*sought.conditions).order_by(AuditEntry.id.desc()).limit(limit)
    return list(session.scalars(found.where(AuditEntry.id < before) if before else found))


def acts(session: Session) -> list[str]:
    """What was done lately, as a help to choose from."""
    recent = sa.select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(RECENT).subquery()
    return sorted(session.scalars(sa.select(recent.c.action).distinct()))


def detail(entry: AuditEntry) -> str:
    """What else is known of it, as JSON; empty for nothing."""
    return orjson.dumps(entry.detail, option=orjson.OPT_SORT_KEYS).decode() if entry.detail else ""


def as_csv(db: Database, sought: Sought, names: Mapping[uuid.UUID, str]) -> Iterator[str]:
    """All that match, a chunk at a time, so that a long log neither fills the memory nor holds a transaction open."""
    yield _lines([COLUMNS])
    before: uuid.UUID | None = None
    while True:
        with db.reading() as session:
            found = entries(session, sought, before, CHUNK)
        if not found:
            return
        yield _lines([_row(entry, names) for entry in found])
        before = found[-1].id


def names(session: Session) -> dict[uuid.UUID, str]:
    """Everybody's name, by id."""
    return {row.id: row.name for row in session.execute(sa.select(Agent.id, Agent.name).order_by(Agent.name, Agent.id))}


def _row(entry: AuditEntry, names: Mapping[uuid.UUID, str]) -> Sequence[str]:
    who = names.get(entry.agent_id, "") if entry.agent_id else ""
    at = entry.at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return (at, who, str(entry.agent_id or ""), entry.action, entry.subject, detail(entry), str(entry.id))


def _lines(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: str) -> str:
    """A name is no formula, whatever opens the file."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
