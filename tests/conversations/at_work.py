"""Agents at their desks, and customers who wait for them."""

from __future__ import annotations

import time
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations import handoff, transcript
from bot.conversations.assignment import colleagues, presence
from bot.db import Database
from bot.models import Agent, Author, Availability, Conversation, Offer, OfferOutcome, Presence
from tests import factories

TOO_LONG_S = 301  # policies/assignment.yml: return_seconds and one


def available(
    session: Session,
    *,
    skills: list[str] | None = None,
    languages: list[str] | None = None,
    capacity: int | None = None,
    **given: Any,
) -> Agent:
    """An agent whose desk is open and who wants conversations."""
    agent = factories.agent(session, **given)
    presence.choose(session, agent, Availability.AVAILABLE)
    colleagues.enable(session, agent, skills, languages, capacity)
    return agent


def unheard_of(session: Session, agent: Agent, seconds: float) -> None:
    """The agent's desk gave its last sign so long ago, by the system's clock."""
    presence.own(session, agent.id).seen_at = time.time() - seconds


def waiting(session: Session, *, locale: str = "en-US", **given: Any) -> uuid.UUID:
    """A conversation in the queue; `given` goes to the hand-over."""
    conversation = factories.conversation(session, locale=locale)
    transcript.append(session, conversation, author=Author.CUSTOMER, text="Can I talk to somebody?")
    asked: dict[str, Any] = {"reason": "request_human", "skill": "general", "summary": {}}
    handoff.request(session, conversation.id, **(asked | given))
    return conversation.id


def offered(db: Database) -> dict[uuid.UUID, uuid.UUID]:
    """Open offers: to whom, by conversation."""
    with db.reading() as session:
        rows = session.scalars(sa.select(Offer).where(Offer.outcome == OfferOutcome.OPEN))
        return {offer.conversation_id: offer.agent_id for offer in rows}


def outcomes(db: Database) -> list[OfferOutcome]:
    """What became of all offers, the first one first."""
    with db.reading() as session:
        return [OfferOutcome(each) for each in session.scalars(sa.select(Offer.outcome).order_by(Offer.id))]


def holder_of(db: Database, conversation_id: uuid.UUID) -> Conversation:
    """The conversation as it is now."""
    with db.reading() as session:
        return session.get_one(Conversation, conversation_id)


def presence_of(db: Database, agent: Agent) -> Presence:
    """The agent's row as it is now."""
    with db.reading() as session:
        return session.get_one(Presence, agent.id)
