"""Who saw or did what at the desk. Ids and counts only: no name, text or amount goes in here (P7)."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from bot.models import Agent, AuditEntry


def record(session: Session, agent: Agent | None, action: str, subject: str, **detail: Any) -> None:
    """Write down that `agent` did `action` (`conversation.read`) to `subject` (`conversation:<id>`)."""
    session.add(AuditEntry(agent_id=agent.id if agent else None, action=action, subject=subject, detail=detail or None))


def conversation(conversation_id: uuid.UUID) -> str:
    """How the log names a conversation."""
    return f"conversation:{conversation_id}"
