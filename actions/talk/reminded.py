"""What a message answers when the last word was a reminder of ours, of which the dialogue itself knows nothing.

"ok" is a yes to what we wrote about, not to what was offered weeks ago; a bare day is a day to pay on.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions.reading import dates
from actions.turn import TEXT_KEPT, Turn
from bot import clock
from bot.models import Author, Message, Reminder, ReminderKind

# What a yes, or a word that is not understood, asks for in the light of each kind.
_WISHES = {
    ReminderKind.INVOICE: "check_balance",
    ReminderKind.INSTALMENT: "check_plan",
    ReminderKind.PROMISE: "check_balance",
    ReminderKind.PLAN_BEHIND: "request_plan",
}
_ABOUT_MONEY = frozenset(_WISHES)
_LATER = re.compile(
    r"\W*(?:(?:ok|okay|yes|sorry)\W+)?(?:maybe |perhaps |i'?ll look )?"
    r"(?:later|not now|not today|another time|some other time|when i have time|remind me later)(?: please| thanks)?\W*"
)


async def yes(turn: Turn) -> dict[str, Any] | None:
    """The wish that a yes stands for, where it answers a reminder; None elsewhere."""
    kind = await _answered(turn)
    return _wish(_WISHES[kind]) if kind in _WISHES else None


async def day(turn: Turn) -> dict[str, Any] | None:
    """The promise that a bare day stands for, where it answers a reminder; None elsewhere."""
    kind = await _answered(turn)
    if kind not in _ABOUT_MONEY or dates.read(turn.words, clock.now().date(), "en-US") is None:
        return None
    return _wish("promise_to_pay", turn)


async def is_later(turn: Turn) -> bool:
    """Whether the customer would rather not look at what we wrote about now."""
    return bool(_LATER.fullmatch(turn.words.lower().strip())) and await _answered(turn) is not None


async def _answered(turn: Turn) -> ReminderKind | None:
    if turn.loop is not None:
        return None
    return await turn.write(lambda session: _kind(session, turn))


def _kind(session: Session, turn: Turn) -> ReminderKind | None:
    """What the newest word of ours is about; None where it is no reminder."""
    newest = (
        sa.select(Message.id)
        .where(
            Message.conversation_id == turn.conversation_id,
            Message.author != Author.CUSTOMER,
            Message.hidden.is_(False),
        )
        .order_by(Message.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    kind = session.scalars(sa.select(Reminder.kind).where(Reminder.message_id == newest).limit(1)).first()
    return ReminderKind(kind) if kind is not None else None


def _wish(intent: str, turn: Turn | None = None) -> dict[str, Any]:
    if turn is None:
        return {"intent": intent, "text": "", "entities": {}}
    return {"intent": intent, "text": turn.text[:TEXT_KEPT], "entities": turn.entities}
