"""Who saw or did what at the desk. Ids and counts only: no name, text or amount goes in here (P7)."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import Agent, AuditEntry


def record(session: Session, agent: Agent | None, action: str, subject: str, **detail: Any) -> None:
    """Write down that `agent` did `action` (`conversation.read`) to `subject` (`conversation:<id>`)."""
    session.add(AuditEntry(agent_id=agent.id if agent else None, action=action, subject=subject, detail=detail or None))


def record_once(session: Session, agent: Agent | None, action: str, subject: str, **detail: Any) -> None:
    """As `record`, for what can be asked for again: what was written down already was not done anew. The caller holds
    what the entry is about."""
    same = sa.select(AuditEntry.detail).where(AuditEntry.action == action, AuditEntry.subject == subject)
    if (detail or None) not in session.scalars(same).all():
        record(session, agent, action, subject, **detail)


def last(session: Session, agent: Agent, action: str) -> dict[str, Any] | None:
    """The detail of what `agent` did last of this kind."""
    mine = sa.select(AuditEntry.detail).where(AuditEntry.agent_id == agent.id, AuditEntry.action == action)
    return session.scalars(mine.order_by(AuditEntry.id.desc()).limit(1)).first()


def conversation(conversation_id: uuid.UUID) -> str:
    """How the log names a conversation."""
    return f"conversation:{conversation_id}"
