"""What an agent is told about their conversations when they look next."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.models import Notice, NoticeKind

MOST = 20


def tell(
    session: Session, agent_id: uuid.UUID, kind: NoticeKind, conversation_id: uuid.UUID, by: uuid.UUID | None = None
) -> None:
    """Something happened to a conversation of theirs; `by` is the colleague who did it, nobody for the system."""
    session.add(Notice(agent_id=agent_id, kind=kind, conversation_id=conversation_id, by=by))


def unseen(session: Session, agent_id: uuid.UUID) -> list[Notice]:
    """What the agent has not said to have seen, the newest first."""
    mine = sa.select(Notice).where(Notice.agent_id == agent_id, Notice.seen_at.is_(None))
    return list(session.scalars(mine.order_by(Notice.id.desc()).limit(MOST)))


def seen(session: Session, agent_id: uuid.UUID) -> None:
    """The agent has seen all of them. Again is fine."""
    session.execute(
        sa.update(Notice).where(Notice.agent_id == agent_id, Notice.seen_at.is_(None)).values(seen_at=clock.now())
    )
