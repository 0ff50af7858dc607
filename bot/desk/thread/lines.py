"""What was said, as the desk's page reads it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations import transcript
from bot.desk.learning import intents
from bot.models import Agent, Attachment, Author, Message

PAGE = 300  # messages that a page of the thread holds


def lines(session: Session, conversation_id: uuid.UUID, after: int = 0) -> list[dict[str, Any]]:
    """Everything numbered above `after`, oldest first, notes included: for agents' eyes only."""
    names = agent_names(session)
    said: list[dict[str, Any]] = []
    while page := transcript.after(session, conversation_id, after, limit=500, hidden=True):
        files = attachments(session, page)
        said += [line(message, names, files.get(message.id, ())) for message in page]
        after = page[-1].seq
    return said


def newest(
    session: Session, conversation_id: uuid.UUID, before: int | None = None
) -> tuple[list[dict[str, Any]], bool]:
    """The newest page of what is numbered below `before` (None: of all), oldest first, and whether there is more before
    it."""
    found = transcript.before(session, conversation_id, before, limit=PAGE + 1)
    page, names = found[-PAGE:], agent_names(session)
    files = attachments(session, page)
    return [line(message, names, files.get(message.id, ())) for message in page], len(found) > PAGE


def line(message: Message, names: Mapping[uuid.UUID, str], files: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """One message: who, what, when. `note` marks what only agents see; buttons are titles: nobody presses them here.
    `files` came with it."""
    return {
        "id": str(message.id),
        "seq": message.seq,
        "author": message.author,
        "agent": names.get(message.agent_id, "A colleague") if message.agent_id else None,
        "text": message.text,
        "buttons": [str(button.get("title") or "") for button in message.buttons or []],
        "card": message.card,
        "attachments": list(files),
        "note": message.hidden,
        "client_id": message.client_id,
        "understood": _understood(message),
        "at": instant(message.created_at),
    }


def _understood(message: Message) -> dict[str, Any] | None:
    """What the assistant took a customer's own words for: the intent, in words too, and how sure it was (0 to 1)."""
    if message.author != Author.CUSTOMER or message.intent is None or message.payload is not None:
        return None
    words = intents.words(message.intent)
    return {"intent": message.intent, "words": words, "confidence": message.confidence}


def attachments(session: Session, messages: Iterable[Message]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """What came with these messages, in order; `size` in bytes. The bytes themselves stay where they are."""
    shown = ("id", "content_type", "file_name", "size", "status")
    rows = session.execute(
        sa.select(Attachment.message_id, *(getattr(Attachment, name) for name in shown))
        .where(Attachment.message_id.in_([message.id for message in messages if message.author == Author.CUSTOMER]))
        .order_by(Attachment.id)
    )
    found: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row.message_id].append({name: getattr(row, name) for name in shown} | {"id": str(row.id)})
    return found


def agent_names(session: Session) -> dict[uuid.UUID, str]:
    """Every agent's name by id, those who have left included."""
    return {row.id: row.name for row in session.execute(sa.select(Agent.id, Agent.name))}


def instant(value: dt.datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return value.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if value else None
