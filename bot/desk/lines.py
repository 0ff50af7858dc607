"""What was said, as the desk's page reads it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations import transcript
from bot.models import Agent, Message


def lines(session: Session, conversation_id: uuid.UUID, after: int = 0) -> list[dict[str, Any]]:
    """Everything numbered above `after`, oldest first, notes included: for agents' eyes only."""
    names = agent_names(session)
    said: list[dict[str, Any]] = []
    while page := transcript.after(session, conversation_id, after, limit=500, hidden=True):
        said += [line(message, names) for message in page]
        after = page[-1].seq
    return said


def line(message: Message, names: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    """One message: who, what, when. `note` marks what only agents see; buttons are titles: nobody presses them here."""
    return {
        "id": str(message.id),
        "seq": message.seq,
        "author": message.author,
        "agent": names.get(message.agent_id, "A colleague") if message.agent_id else None,
        "text": message.text,
        "buttons": [str(button.get("title") or "") for button in message.buttons or []],
        "card": message.card,
        "note": message.hidden,
        "client_id": message.client_id,
        "at": instant(message.created_at),
    }


def agent_names(session: Session) -> dict[uuid.UUID, str]:
    """Every agent's name by id, those who have left included."""
    return {row.id: row.name for row in session.execute(sa.select(Agent.id, Agent.name))}


def instant(value: dt.datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return value.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if value else None
