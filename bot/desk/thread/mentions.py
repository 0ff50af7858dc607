"""Colleagues who are asked something in a note: "@Sol, may we go to twelve months?"

Who is mentioned may read that conversation and answer by a note, and nothing else of it: only while the mention is
open, the conversation is with an agent, and the hand-over is the one in which they were asked.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.desk import agents, audit
from bot.desk.auth import Seat
from bot.desk.thread.lines import agent_names, instant
from bot.errors import InvalidInput, NotFound
from bot.models import Agent, Conversation, Holder, Mention, Message

MOST = 50


def keep(session: Session, seat: Seat, note: Message) -> list[Agent]:
    """Write down whom the flushed `note` mentions, and give them. Raises `InvalidInput` for a name that two share."""
    conversation = session.get_one(Conversation, note.conversation_id)
    if conversation.handoff_id is None or conversation.holder != Holder.AGENT:
        return []
    mentioned = list(_read(note.text, [one for one in agents.colleagues(session) if one.id != seat.agent.id]))
    session.add_all(
        Mention(
            message_id=note.id,
            conversation_id=conversation.id,
            handoff_id=conversation.handoff_id,
            agent_id=agent.id,
            by_agent_id=seat.agent.id,
            created_at=clock.now(),
        )
        for agent in mentioned
    )
    return mentioned


def open_in(session: Session, seat: Seat, conversation: Conversation) -> Mention | None:
    """The newest mention that lets this agent read `conversation` now, if any."""
    mine = _open_of(seat).where(Mention.conversation_id == conversation.id)
    return session.scalars(mine.order_by(Mention.created_at.desc()).limit(1)).first()


def asked_in(session: Session, seat: Seat, conversation: Conversation) -> dict[str, Any] | None:
    """Who asks this agent something here, for the page."""
    mention = open_in(session, seat, conversation)
    if mention is None:
        return None
    by = agent_names(session).get(mention.by_agent_id, "A colleague")
    return {"id": str(mention.id), "by": by, "at": instant(mention.created_at)}


def listed(session: Session, seat: Seat) -> list[dict[str, Any]]:
    """This agent's open mentions, the newest first: who asks, where and when. What they ask is read there."""
    rows = session.scalars(_open_of(seat).order_by(Mention.created_at.desc(), Mention.id.desc()).limit(MOST)).all()
    names = agent_names(session) if rows else {}
    return [
        {
            "id": str(row.id),
            "conversation_id": str(row.conversation_id),
            "by": names.get(row.by_agent_id, "A colleague"),
            "at": instant(row.created_at),
            "unread": row.seen_at is None,
        }
        for row in rows
    ]


def seen(session: Session, seat: Seat, conversation_id: uuid.UUID) -> None:
    """This agent has opened what they are asked there. Seen once is seen."""
    mine = _open_of(seat).where(Mention.conversation_id == conversation_id, Mention.seen_at.is_(None))
    for row in session.scalars(mine.with_for_update(of=Mention)):
        row.seen_at = clock.now()
        audit.record(session, seat.agent, "mention.read", audit.conversation(conversation_id), mention=str(row.id))


def answered(session: Session, seat: Seat, conversation_id: uuid.UUID) -> int:
    """All that this agent is asked there is answered; how many mentions that were."""
    mine = _open_of(seat).where(Mention.conversation_id == conversation_id)
    rows = session.scalars(mine.with_for_update(of=Mention)).all()
    for row in rows:
        row.seen_at = row.seen_at or clock.now()
        row.answered_at = clock.now()
        audit.record(session, seat.agent, "mention.answered", audit.conversation(conversation_id), mention=str(row.id))
    return len(rows)


def done(session: Session, seat: Seat, mention_id: uuid.UUID) -> None:
    """Answered without a note. Twice is once. Raises `NotFound` for somebody else's."""
    row = session.get(Mention, mention_id)
    if row is None or row.agent_id != seat.agent.id:
        raise NotFound("There is no such mention of you.", about=mention_id)
    answered(session, seat, row.conversation_id)


def _open_of(seat: Seat) -> sa.Select[Mention]:
    return (
        sa.select(Mention)
        .join(Conversation, Conversation.id == Mention.conversation_id)
        .where(
            Mention.agent_id == seat.agent.id,
            Mention.answered_at.is_(None),
            Conversation.holder == Holder.AGENT,
            Conversation.agent_id != seat.agent.id,
            Conversation.handoff_id == Mention.handoff_id,
        )
    )


def _read(text: str, colleagues: list[Agent]) -> Iterator[Agent]:
    """Each colleague whose name stands behind an @, once: by the whole name, or a first name that only one has."""
    names = _names(colleagues)
    found: dict[uuid.UUID, Agent] = {}
    for mark in re.finditer(r"(?<!\w)@", text):
        rest = text[mark.end() :].casefold()
        name = next((name for name in names if re.match(rf"{re.escape(name)}(?!\w)", rest)), None)
        if name is None:
            continue
        agent = names[name]
        if agent is None:
            called = text[mark.end() : mark.end() + len(name)]
            raise InvalidInput(f"More than one colleague is called {called}: write the whole name.")
        found[agent.id] = agent
    yield from found.values()


def _names(colleagues: list[Agent]) -> Mapping[str, Agent | None]:
    """By every way to write a name, the longest first; None where more than one answers to it."""
    ways = [(name, agent) for agent in colleagues for name in {agent.name.casefold(), _first(agent)}]
    many = Counter(name for name, _ in ways)
    whole = {agent.name.casefold(): agent for agent in colleagues}
    called = {name: agent if many[name] == 1 else None for name, agent in ways} | {
        name: agent for name, agent in whole.items() if sum(one.name.casefold() == name for one in colleagues) == 1
    }
    return dict(sorted(called.items(), key=lambda each: -len(each[0])))


def _first(agent: Agent) -> str:
    return agent.name.split()[0].casefold()
