"""Offers of waiting conversations to agents: made once, and ended once by whatever comes first."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.conversations.assignment import colleagues, presence
from bot.conversations.assignment.matching import Waits
from bot.db import lock
from bot.errors import Conflict, NotFound
from bot.models import Availability, Conversation, Holder, Offer, OfferOutcome


def make(session: Session, waits: Waits, agent_id: uuid.UUID) -> Offer | None:
    """Offer it, if it still waits and the agent still has room; None when somebody was faster.

    Whoever offers takes the conversation's lock and then the agent's, so any number may try at once.
    """
    conversation = lock(session, Conversation, waits.conversation_id)
    if conversation is None or conversation.holder != Holder.QUEUE or conversation.handoff_id != waits.handoff_id:
        return None
    present = presence.own(session, agent_id)
    if presence.availability(present) != Availability.AVAILABLE:
        return None
    there = colleagues.colleagues(session, [agent_id])
    if not there or there[0].is_full or open_for(session, agent_id) or _open_over(session, conversation.id):
        return None
    expires_at = clock.now() + dt.timedelta(seconds=policies.assignment().accept_seconds)
    made = Offer(conversation_id=conversation.id, handoff_id=waits.handoff_id, agent_id=agent_id, expires_at=expires_at)
    session.add(made)
    session.flush()
    return made


def find(session: Session, offer_id: uuid.UUID, agent_id: uuid.UUID) -> Offer:
    """An agent's own offer. Raises `NotFound`."""
    offer = session.get(Offer, offer_id)
    if offer is None or offer.agent_id != agent_id:
        raise NotFound("There is no such offer.", about=offer_id)
    return offer


def open_for(session: Session, agent_id: uuid.UUID) -> Offer | None:
    """The offer that waits for the agent's answer, if any."""
    return session.scalar(sa.select(Offer).where(Offer.agent_id == agent_id, Offer.outcome == OfferOutcome.OPEN))


def decline(session: Session, offer: Offer) -> None:
    """Not now. Again is fine. Raises `Conflict` when it has ended otherwise."""
    lock(session, Conversation, offer.conversation_id)
    session.refresh(offer)
    if offer.outcome in (OfferOutcome.DECLINED, OfferOutcome.EXPIRED):
        return
    if offer.outcome != OfferOutcome.OPEN:
        raise Conflict("That offer has ended already.", about=offer.id)
    _end(offer, OfferOutcome.DECLINED)


def let_go(session: Session, conversation: Conversation, agent_id: uuid.UUID) -> None:
    """The agent has put it back into the queue: to be asked first whether they want it would be no help."""
    if conversation.handoff_id is None:
        return
    now = clock.now()
    session.add(
        Offer(
            conversation_id=conversation.id,
            handoff_id=conversation.handoff_id,
            agent_id=agent_id,
            outcome=OfferOutcome.DECLINED,
            made_at=now,
            expires_at=now,
            ended_at=now,
        )
    )


def settle(session: Session, conversation: Conversation, agent_id: uuid.UUID | None = None) -> None:
    """The conversation leaves the queue: its open offer is accepted when it was this agent's, else withdrawn. The
    caller holds the conversation's lock."""
    offer = _open_over(session, conversation.id)
    if offer is not None:
        mine = agent_id is not None and offer.agent_id == agent_id
        _end(offer, OfferOutcome.ACCEPTED if mine else OfferOutcome.WITHDRAWN)


def expire(session: Session, offer_id: uuid.UUID) -> bool:
    """End an offer whose time is over, or whose agent is not there any more; whether it was ours to end."""
    offer = session.get(Offer, offer_id)
    if offer is None:
        return False
    lock(session, Conversation, offer.conversation_id)
    session.refresh(offer)
    if offer.outcome != OfferOutcome.OPEN:
        return False
    _end(offer, OfferOutcome.EXPIRED if offer.expires_at <= clock.now() else OfferOutcome.WITHDRAWN)
    return True


def _open_over(session: Session, conversation_id: uuid.UUID) -> Offer | None:
    over = sa.select(Offer).where(Offer.conversation_id == conversation_id, Offer.outcome == OfferOutcome.OPEN)
    return session.scalar(over)


def _end(offer: Offer, outcome: OfferOutcome) -> None:
    offer.outcome, offer.ended_at = outcome, clock.now()
