"""One conversation with everything that an agent needs beside it: the person, the account, why they are here."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations import places, read_marks
from bot.conversations.assignment import follow_ups
from bot.desk.auth import Seat
from bot.desk.customer import cases, holds
from bot.desk.customer.account import account
from bot.desk.customer.profile import profile
from bot.desk.identity import Known, known, language
from bot.desk.sight import had_closed, had_ended, may_open
from bot.desk.thread import mentions, wrap_up
from bot.desk.thread.lines import agent_names, instant, newest
from bot.desk.thread.phone import consents_of, deliveries, phone
from bot.errors import NotAllowed, NotFound
from bot.help_lines import country_of, help_lines
from bot.models import Conversation, Customer, Handoff, Holder

OF_THE_ACCOUNT = frozenset({"overdue", "total", "invoices", "disputed", "plan", "asked_for", "promise"})
PROOF_THEN = frozenset({"verified"})  # the mark beside the name says how it is now
HARD_TIMES = frozenset({"crisis", "vulnerability"})


def find(session: Session, seat: Seat, conversation_id: uuid.UUID, *, to_read: bool = False) -> Conversation:
    """A conversation that this agent may open: one that waits, their own, and for a supervisor any.

    `to_read` also gives what they closed themselves, for looking back at, what they gave back to the assistant and
    follow up, and one in which a colleague asks them something. Raises `NotFound`, and `NotAllowed` for one that a
    colleague or the assistant has.
    """
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation.", about=conversation_id)
    if may_open(seat, conversation) or (to_read and may_read(session, seat, conversation)):
        return conversation
    who = agent_names(session).get(conversation.agent_id, "") if conversation.agent_id else ""
    raise NotAllowed(f"{who or 'The assistant'} has this conversation.", about=conversation_id)


def may_read(session: Session, seat: Seat, conversation: Conversation) -> bool:
    """Whether `find` gives it to this agent to read: what they may open, what they closed, where a colleague asks them
    something, and what they follow up, so long as they were the last to have it."""
    if may_open(seat, conversation) or mentions.open_in(session, seat, conversation) is not None:
        return True
    if had_closed(session, seat, conversation):
        return True
    planned = follow_ups.of(session, seat.agent, conversation.id)
    return planned is not None and had_ended(session, seat, conversation)


def dossier(session: Session, seat: Seat, conversation: Conversation) -> dict[str, Any]:
    """The transcript and all panes. A name only once it is proven; the balance and plans only while that holds (P1)."""
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    identity = known(conversation, customer)
    said, has_earlier = newest(session, conversation.id)
    return {
        **state(session, seat, conversation),
        "messages": _with_marks(session, conversation, said),
        "earlier": has_earlier,
        "last_seq": said[-1]["seq"] if said else 0,
        "customer": _person(customer, identity) if customer else None,
        "account": account(session, seat, customer) if customer and identity == Known.VERIFIED else None,
        "consents": consents_of(session, conversation),
        "holds": holds.of_conversation(session, seat, conversation),
        "cases": cases.of_conversation(session, seat, conversation),
        "handoffs": _handoffs(session, conversation, identity),
        "help": _help(session, conversation, customer),
        "profile": profile(session, seat, conversation),
    }


def earlier(session: Session, conversation: Conversation, before: int) -> dict[str, Any]:
    """The page of the transcript before the message numbered `before`, and whether there is more before it."""
    said, has_earlier = newest(session, conversation.id, before)
    return {"messages": _with_marks(session, conversation, said), "earlier": has_earlier}


def _with_marks(session: Session, conversation: Conversation, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    marks = deliveries(session, conversation)
    return [{**line, "delivery": marks.get(line["id"])} for line in said]


def state(session: Session, seat: Seat, conversation: Conversation) -> dict[str, Any]:
    """Who has it, and what this agent may do with it now. Small: it goes out with every live change.

    Two answers may overtake each other on the way; `seq` (the last message) tells the page which is the newer.
    """
    names = agent_names(session)
    own = conversation.holder == Holder.AGENT and conversation.agent_id == seat.agent.id
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    return {
        "id": str(conversation.id),
        "seq": conversation.last_seq,
        "channel": conversation.channel,
        "address": conversation.address,
        "language": language(conversation.locale),
        "locale": conversation.locale,
        "holder": conversation.holder,
        "agent": (
            {"id": str(conversation.agent_id), "name": names.get(conversation.agent_id, "A colleague")}
            if conversation.agent_id
            else None
        ),
        "identity": known(conversation, customer),
        "verified_until": instant(conversation.verified_until),
        "phone": phone(session, conversation),
        "place": places.place(session, conversation),
        "asked": mentions.asked_in(session, seat, conversation),
        "read_seq": read_marks.reached(session, conversation.id),
        "since": instant(conversation.waiting_since),
        "closed_at": instant(conversation.closed_at),
        "may": {
            "claim": conversation.holder == Holder.QUEUE,
            "take_over": seat.supervises and conversation.holder == Holder.BOT and conversation.closed_at is None,
            "write": own,
            "transfer": own or (seat.supervises and conversation.holder == Holder.AGENT),
        },
    }


def _person(customer: Customer, identity: Known) -> dict[str, Any] | None:
    if identity == Known.UNKNOWN:
        return None
    return {
        "name": customer.name,
        "account_number": customer.account_number,
        "language": language(customer.language),
        "country": customer.country,
        "time_zone": customer.time_zone,
        "customer_since": customer.customer_since.isoformat() if customer.customer_since else None,
    }


def _help(session: Session, conversation: Conversation, customer: Customer | None) -> dict[str, Any] | None:
    """Who is there for somebody in crisis where they live, beside a talk with somebody in a hard time (C12)."""
    handoff = session.get(Handoff, conversation.handoff_id) if conversation.handoff_id else None
    if handoff is None or conversation.holder == Holder.BOT or handoff.reason not in HARD_TIMES:
        return None
    there = help_lines().in_crisis(customer.country if customer else country_of(conversation.locale))
    return {"lines": there.lines, "emergency": there.emergency}


def _handoffs(session: Session, conversation: Conversation, identity: Known) -> list[dict[str, Any]]:
    """Newest first; the first is the one being worked on, if any. Each with its steps and who took them. What a summary
    says of the account is as of then, and shown only while the proof of identity holds (P1)."""
    hidden = PROOF_THEN if identity == Known.VERIFIED else PROOF_THEN | OF_THE_ACCOUNT
    names = {f"agent:{agent_id}": name for agent_id, name in agent_names(session).items()}
    rows = session.scalars(
        sa.select(Handoff).where(Handoff.conversation_id == conversation.id).order_by(Handoff.created_at.desc())
    )
    found = rows.all()
    came_of_it = wrap_up.of(session, [handoff.id for handoff in found])
    return [
        {
            "id": str(handoff.id),
            "wrap_up": came_of_it.get(handoff.id),
            "current": handoff.id == conversation.handoff_id and conversation.holder != Holder.BOT,
            "reason": handoff.reason,
            "skill": handoff.skill,
            "priority": handoff.priority,
            "summary": {name: value for name, value in handoff.summary.items() if name not in hidden},
            "at": instant(handoff.created_at),
            "events": [
                {
                    "kind": event.kind,
                    "who": names.get(event.actor, event.actor),
                    "note": event.note,
                    "at": instant(event.at),
                }
                for event in handoff.events
            ],
        }
        for handoff in found
    ]
