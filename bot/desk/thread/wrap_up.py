"""What came of a hand-over, as the agent says who returns or closes it (`policies/wrap_up.yml`)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.desk.auth import Seat
from bot.errors import InvalidInput
from bot.models import Conversation, WrapUp
from bot.policies.wrap_up import WrapUpCode


def choices() -> list[dict[str, Any]]:
    """The codes in the order in which they are offered."""
    return [{"code": code, "title": each.title, "note": each.note} for code, each in policies.wrap_up().root.items()]


def chosen(code: str | None, note: str | None) -> WrapUpCode | None:
    """What the agent chose, None for nothing. Raises `InvalidInput` for an unknown code, or a note that it lacks."""
    if code is None:
        return None
    found = policies.wrap_up().root.get(code)
    if found is None:
        raise InvalidInput("Please choose what came of it from the list.")
    if found.note and not note:
        raise InvalidInput(f"“{found.title}” needs a word beside it: please say what.")
    return found


def is_rated(code: WrapUpCode | None) -> bool:
    """Whether the customer may be asked how it was; who chose nothing leaves it to the other rules (K14)."""
    return code is None or code.rated


def keep(session: Session, seat: Seat, conversation_id: uuid.UUID, code: str | None) -> None:
    """Write it down with the hand-over that has just ended. The caller holds the conversation's lock."""
    handoff_id = session.get_one(Conversation, conversation_id).handoff_id
    if code is not None and handoff_id is not None:
        session.add(WrapUp(handoff_id=handoff_id, code=code, agent_id=seat.agent.id, at=clock.now()))


def of(session: Session, handoff_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The titles by hand-over; a code that the policy has no more is shown as it is."""
    rows = session.execute(sa.select(WrapUp.handoff_id, WrapUp.code).where(WrapUp.handoff_id.in_(list(handoff_ids))))
    known = policies.wrap_up().root
    return {row.handoff_id: known[row.code].title if row.code in known else row.code for row in rows}
