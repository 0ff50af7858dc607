"""The one text that WhatsApp takes when its window has closed: looked at by the agent, and sent (T4)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bot.channels import outbox, window
from bot.conversations import handoff
from bot.desk import audit
from bot.desk.auth import Seat
from bot.desk.thread.lines import instant
from bot.errors import Conflict
from bot.models import Conversation


def offered(session: Session, conversation: Conversation) -> dict[str, Any] | None:
    """What the customer would read, and since when it is on its way if it is; None where none is needed or allowed."""
    if outbox.may_write(session, conversation) != outbox.Barrier.WINDOW_CLOSED:
        return None
    before = window.knocked(session, conversation)
    return {"text": window.notice(conversation), "sent_at": instant(before.created_at) if before else None}


def send(session: Session, seat: Seat, conversation: Conversation) -> dict[str, Any]:
    """Send it, once for each time that the window closes; a note in the thread says so. The caller holds the lock of
    the conversation's row. Raises `Conflict` where free text arrives, or nothing may be sent."""
    now = offered(session, conversation)
    if now is None:
        raise Conflict("No template is needed or allowed here now.", about=conversation.id)
    if now["sent_at"] is None:
        window.invite(session, conversation)
        handoff.note(session, conversation.id, seat.agent, f"Sent by WhatsApp's template: {now['text']}")
        audit.record(session, seat.agent, "template.send", audit.conversation(conversation.id))
        session.flush()
    return offered(session, conversation) or now
