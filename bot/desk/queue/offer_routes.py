"""Answering an offer: yes is a claim, not now passes it on."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, Request

from bot.conversations import handoff
from bot.conversations.assignment import offering, offers
from bot.desk import audit, bells
from bot.desk.access import Db, DeskRoute, Writer
from bot.desk.own import Item, own
from bot.desk.thread.dossier import state
from bot.models import Conversation

router = APIRouter(prefix="/api/desk/offers", route_class=DeskRoute, include_in_schema=False)


@router.post("/{offer_id}/accept")
def accept(offer_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> dict[str, Any]:
    """Claim what was offered: exactly one can. An offer whose time is over is good while nobody else has taken it."""
    with db.transaction() as session:
        conversation_id = offers.find(session, offer_id, seat.agent.id).conversation_id
        handoff.claim(session, conversation_id, seat.agent)
        audit.record(session, seat.agent, "conversation.claim", audit.conversation(conversation_id), offered=True)
        session.flush()
        now = {"conversation": state(session, seat, session.get_one(Conversation, conversation_id))}
    bells.ring(request, conversation_id)
    return now


@router.post("/{offer_id}/decline")
def decline(offer_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Item:
    """Not now: it goes to the next colleague. 409 when it was accepted or withdrawn meanwhile."""
    with db.transaction() as session:
        offer = offers.find(session, offer_id, seat.agent.id)
        offers.decline(session, offer)
        audit.record(session, seat.agent, "offer.declined", audit.conversation(offer.conversation_id))
    offering.round_of(db)
    bells.ring(request)
    with db.reading() as session:
        return own(session, seat)
