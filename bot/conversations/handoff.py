"""From the bot to a person and back. The customer is told at each step who is speaking."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.conversations import feedback, holder, keywords, standing, transcript
from bot.conversations.assignment import colleagues, notices, offers, presence, targets
from bot.conversations.redaction import redact_cards
from bot.db import lock
from bot.errors import Conflict, InvalidInput, NotFound
from bot.models import (
    Agent,
    Author,
    Conversation,
    Customer,
    Handoff,
    HandoffEvent,
    HandoffEventKind,
    Holder,
    Message,
    NoticeKind,
)
from bot.words import say

MESSAGE_LIMIT = 8_000


@dataclass(frozen=True)
class Waiting:
    """A conversation in the queue, or with an agent. `place` counts from 1; `waiting_s` is in seconds."""

    conversation: Conversation
    handoff: Handoff
    customer: Customer | None
    place: int
    waiting_s: float


def request(
    session: Session,
    conversation_id: uuid.UUID,
    *,
    reason: str,
    skill: str,
    summary: dict[str, Any],
    priority: int = 5,
    actor: str = "bot",
) -> Handoff:
    """Put a conversation into the queue. Asked again while it is there or with an agent, the same hand-over (C13)."""
    conversation = _locked(session, conversation_id)
    if conversation.holder != Holder.BOT and conversation.handoff_id is not None:
        return session.get_one(Handoff, conversation.handoff_id)
    handoff = Handoff(conversation_id=conversation.id, reason=reason, skill=skill, priority=priority, summary=summary)
    session.add(handoff)
    session.flush()
    conversation.handoff_id = handoff.id
    targets.set_for(session, handoff)
    _record(session, handoff, HandoffEventKind.REQUESTED, actor)
    holder.change(session, conversation, Holder.QUEUE)
    session.flush()
    return handoff


def queue(session: Session) -> list[Waiting]:
    """Who waits, by the predefined criteria: priority, then how long (K13)."""
    return _listed(session, Conversation.holder == Holder.QUEUE)


def held(session: Session, agent: Agent | None = None) -> list[Waiting]:
    """Conversations with `agent`, or with any agent."""
    with_agent = Conversation.holder == Holder.AGENT
    return _listed(session, with_agent if agent is None else with_agent & (Conversation.agent_id == agent.id))


def place(session: Session, conversation: Conversation) -> int | None:
    """The customer's place in the queue, from 1; None when it does not wait."""
    if conversation.holder != Holder.QUEUE or conversation.handoff_id is None:
        return None
    mine = session.get_one(Handoff, conversation.handoff_id)
    ahead = session.scalar(
        sa.select(sa.func.count())
        .select_from(Conversation)
        .join(Handoff, Conversation.handoff_id == Handoff.id)
        .where(
            Conversation.holder == Holder.QUEUE,
            Conversation.id != conversation.id,
            sa.or_(
                Handoff.priority < mine.priority,
                sa.and_(
                    Handoff.priority == mine.priority,
                    sa.or_(
                        Conversation.waiting_since < conversation.waiting_since,
                        sa.and_(
                            Conversation.waiting_since == conversation.waiting_since,
                            Conversation.id < conversation.id,
                        ),
                    ),
                ),
            ),
        )
    )
    return (ahead or 0) + 1


def claim(session: Session, conversation_id: uuid.UUID, agent: Agent) -> Handoff:
    """Take a waiting conversation. Exactly one agent can, others get `Conflict`. Claiming one's own again is fine."""
    conversation = _locked(session, conversation_id)
    if conversation.holder == Holder.AGENT:
        if conversation.agent_id == agent.id and conversation.handoff_id is not None:
            return session.get_one(Handoff, conversation.handoff_id)
        raise Conflict(f"{_name(session, conversation.agent_id)} has this conversation.", about=conversation_id)
    if conversation.holder != Holder.QUEUE or conversation.handoff_id is None:
        raise Conflict("This conversation is not waiting for a person.", about=conversation_id)
    handoff = session.get_one(Handoff, conversation.handoff_id)
    holder.change(session, conversation, Holder.AGENT, agent_id=agent.id)
    offers.settle(session, conversation, agent.id)
    presence.worked(session, agent.id)
    _record(session, handoff, HandoffEventKind.CLAIMED, _actor(agent))
    _tell(session, conversation, "claimed", agent=agent.name)
    return handoff


def reply(
    session: Session,
    conversation_id: uuid.UUID,
    agent: Agent,
    text: str,
    client_id: str,
    card: dict[str, Any] | None = None,
) -> Message:
    """An agent's answer, from its holder only. The same `client_id` again is the same message. A `card` comes with a
    text that stands alone."""
    conversation = _locked(session, conversation_id)
    before = transcript.by_client_id(session, conversation_id, client_id)
    if before is not None:
        return before
    _require_holder(session, conversation, agent)
    targets.answered(session, conversation.handoff_id)
    presence.touch(session, agent.id)
    return transcript.append(
        session,
        conversation,
        author=Author.AGENT,
        text=_bounded(text, conversation.locale),
        card=card,
        agent_id=agent.id,
        client_id=client_id,
        unasked=not _is_owed(session, conversation),
    )


def note(session: Session, conversation_id: uuid.UUID, agent: Agent, text: str) -> Message:
    """A note that only agents see."""
    conversation = _locked(session, conversation_id)
    return transcript.append(
        session,
        conversation,
        author=Author.AGENT,
        text=_bounded(text, conversation.locale),
        agent_id=agent.id,
        hidden=True,
    )


def give_back(session: Session, conversation_id: uuid.UUID, agent: Agent, note: str | None = None) -> None:
    """Return the conversation to the bot, which resumes at a clean state. What stands is named to the customer."""
    conversation = _locked(session, conversation_id)
    _require_holder(session, conversation, agent)
    _end(session, conversation, HandoffEventKind.RETURNED, _actor(agent), note)
    presence.worked(session, agent.id)
    holder.change(session, conversation, Holder.BOT)
    _tell(session, conversation, "returned", agent=agent.name)
    stands = standing.named(session, conversation)
    if stands is not None:
        transcript.append(session, conversation, author=Author.SYSTEM, text=stands, unasked=True)


def close(
    session: Session, conversation_id: uuid.UUID, agent: Agent, note: str | None = None, *, rated: bool = True
) -> None:
    """End it for now. The customer's next message opens it again, and the bot answers first (design section 10, 12).
    Unless it is not to be `rated`, they are asked how it was, where that is due (K14)."""
    conversation = _locked(session, conversation_id)
    _require_holder(session, conversation, agent)
    _end(session, conversation, HandoffEventKind.CLOSED, _actor(agent), note)
    presence.worked(session, agent.id)
    holder.change(session, conversation, Holder.BOT)
    conversation.closed_at = clock.now()
    _tell(session, conversation, "closed", agent=agent.name)
    if rated:
        feedback.ask(session, conversation)


def transfer(
    session: Session,
    conversation_id: uuid.UUID,
    agent: Agent,
    to_agent: Agent | None,
    note: str | None = None,
    *,
    skill: str | None = None,
    anyway: bool = False,
) -> None:
    """Give it to a colleague, who is told, or back to the queue (`to_agent` None), there to the team of `skill` if one
    is named. A supervisor may move anybody's.

    Raises `colleagues.OverCapacity` for a colleague who has as many as they take on, unless it is to be so `anyway`.
    """
    conversation = _locked(session, conversation_id)
    if conversation.holder != Holder.AGENT or conversation.handoff_id is None:
        raise Conflict("Only a conversation that an agent has can be transferred.", about=conversation_id)
    if to_agent is not None and not anyway and to_agent.id != conversation.agent_id:
        colleagues.require_room(session, to_agent)
    before, left = conversation.agent_id, _name(session, conversation.agent_id)
    handoff = session.get_one(Handoff, conversation.handoff_id)
    since = conversation.created_at if handoff is None else handoff.created_at
    _record(session, handoff, HandoffEventKind.TRANSFERRED, _actor(agent), note)
    if to_agent is None:
        handoff.skill = colleagues.known_skill(skill) if skill is not None else handoff.skill
        holder.change(session, conversation, Holder.QUEUE)
        if before is not None:
            offers.let_go(session, conversation, before)
        conversation.waiting_since = since
        _tell(session, conversation, "requeued", agent=left)
    else:
        holder.change(session, conversation, Holder.AGENT, agent_id=to_agent.id)
        _record(session, handoff, HandoffEventKind.CLAIMED, _actor(to_agent))
        _tell(session, conversation, "claimed", agent=to_agent.name)
        presence.worked(session, to_agent.id)
        if to_agent.id not in (agent.id, before):
            notices.tell(session, to_agent.id, NoticeKind.HANDED_OVER, conversation.id, by=agent.id)
    if before is not None and before != agent.id and (to_agent is None or before != to_agent.id):
        notices.tell(session, before, NoticeKind.TAKEN_BACK, conversation.id, by=agent.id)


def requeue(session: Session, conversation_id: uuid.UUID, agent: Agent) -> bool:
    """Back to the queue, because its agent is not there any more: in its old place, the customer is told, and so is the
    agent when they return. False when it is not with them now."""
    conversation = _locked(session, conversation_id)
    if conversation.holder != Holder.AGENT or conversation.agent_id != agent.id or conversation.handoff_id is None:
        return False
    _record(session, session.get_one(Handoff, conversation.handoff_id), HandoffEventKind.TRANSFERRED, "system")
    since = _unanswered_since(session, conversation)
    holder.change(session, conversation, Holder.QUEUE)
    conversation.waiting_since = since
    _tell(session, conversation, "requeued", agent=agent.name)
    notices.tell(session, agent.id, NoticeKind.TAKEN_BACK, conversation.id)
    return True


def withdraw(session: Session, conversation: Conversation, *, told: bool = True) -> None:
    """The waiting customer goes back to the assistant (design section 10, 2), and is `told` so, unless its answer says
    it. The caller holds the row's lock."""
    _end(session, conversation, HandoffEventKind.RETURNED, "customer", None)
    holder.change(session, conversation, Holder.BOT)
    offers.settle(session, conversation)
    if told:
        _tell(session, conversation, "back_to_assistant", unasked=False)


def _listed(session: Session, condition: sa.ColumnElement[bool]) -> list[Waiting]:
    rows: Sequence[Any] = session.execute(
        sa.select(Conversation, Handoff, Customer)
        .join(Handoff, Conversation.handoff_id == Handoff.id)
        .outerjoin(Customer, Conversation.customer_id == Customer.id)
        .where(condition)
        .order_by(Handoff.priority, Conversation.waiting_since, Conversation.id)
    ).all()
    at = clock.now()
    return [
        Waiting(conversation, handoff, customer, number, _seconds(at, conversation.waiting_since or handoff.created_at))
        for number, (conversation, handoff, customer) in enumerate(rows, start=1)
    ]


def _seconds(now: dt.datetime, since: dt.datetime) -> float:
    return max(0.0, (now - since).total_seconds())


def _locked(session: Session, conversation_id: uuid.UUID) -> Conversation:
    conversation = lock(session, Conversation, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation.", about=conversation_id)
    return conversation


def _require_holder(session: Session, conversation: Conversation, agent: Agent) -> None:
    if conversation.holder == Holder.AGENT and conversation.agent_id == agent.id:
        return
    if conversation.holder == Holder.AGENT:
        raise Conflict(f"{_name(session, conversation.agent_id)} has this conversation.", about=conversation.id)
    raise Conflict("Claim the conversation first.", about=conversation.id)


def _end(session: Session, conversation: Conversation, kind: HandoffEventKind, actor: str, note: str | None) -> None:
    if conversation.handoff_id is not None:
        _record(session, session.get_one(Handoff, conversation.handoff_id), kind, actor, note)


def _record(session: Session, handoff: Handoff, kind: HandoffEventKind, actor: str, note: str | None = None) -> None:
    kept = redact_cards(note, say("card_removed", "en")) if note else note
    session.add(HandoffEvent(handoff_id=handoff.id, kind=kind, actor=actor, note=kept))


def _tell(session: Session, conversation: Conversation, key: str, *, unasked: bool = True, **values: object) -> None:
    """`unasked` but for what answers the customer's own act (C5)."""
    text = say(key, conversation.locale, **values)
    transcript.append(session, conversation, author=Author.SYSTEM, text=text, unasked=unasked)


def _unanswered_since(session: Session, conversation: Conversation) -> dt.datetime:
    """When the customer wrote the first message that no person has answered; their last, where all are answered."""
    theirs = sa.select(Message).where(Message.conversation_id == conversation.id, Message.author == Author.CUSTOMER)
    spoken = sa.select(sa.func.max(Message.seq)).where(
        Message.conversation_id == conversation.id, Message.author == Author.AGENT, Message.hidden.is_(False)
    )
    asked = sa.select(Handoff.created_at).where(Handoff.id == conversation.handoff_id).scalar_subquery()
    answered = session.scalar(spoken.where(Message.created_at >= asked)) or 0
    last = session.scalars(theirs.order_by(Message.seq.desc()).limit(1)).first()
    if answered == 0 or last is None:
        return session.get_one(Handoff, conversation.handoff_id).created_at
    first = session.scalars(theirs.where(Message.seq > answered).order_by(Message.seq).limit(1)).first()
    return (first or last).created_at


def _is_owed(session: Session, conversation: Conversation) -> bool:
    """Whether a message of the customer's still waits for an answer; a STOP has its own (C5)."""
    last = session.scalars(
        sa.select(Message)
        .where(Message.conversation_id == conversation.id, Message.hidden.is_(False), Message.author != Author.SYSTEM)
        .order_by(Message.seq.desc())
        .limit(1)
    ).first()
    is_theirs = last is not None and last.author == Author.CUSTOMER
    return is_theirs and keywords.read(last.text if last else "", refused=False) is not keywords.Keyword.STOP


def _bounded(text: str, locale: str) -> str:
    """What an agent wrote, without card numbers (P3)."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise InvalidInput("Please write something first.")
    if len(text) > MESSAGE_LIMIT:
        raise InvalidInput(f"Please keep a message under {MESSAGE_LIMIT:,} characters; yours has {len(text):,}.")
    return redact_cards(text, say("card_removed", locale))


def _name(session: Session, agent_id: uuid.UUID | None) -> str:
    agent = session.get(Agent, agent_id) if agent_id else None
    return agent.name if agent else "A colleague"


def _actor(agent: Agent) -> str:
    return f"agent:{agent.id}"
