"""The list at the left of the desk: who waits, whom I have, and for supervisors whom the others have."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import invoices
from bot.conversations import handoff
from bot.conversations.handoff import Waiting
from bot.desk.auth import Seat
from bot.desk.identity import DESK_LOCALE, Known, known, language
from bot.desk.lines import instant
from bot.models import Agent, Author, Customer, Message

PREVIEW = 160

Item = dict[str, Any]


def inbox(session: Session, seat: Seat) -> dict[str, list[Item]]:
    """`waiting` by the predefined criteria (K13), `mine` and, for a supervisor, `others`: the newest message first."""
    waiting = handoff.queue(session)
    held = handoff.held(session) if seat.supervises else handoff.held(session, seat.agent)
    last = _last_words(session, [each.conversation.id for each in (*waiting, *held)])
    agents = {agent.id: agent for agent in session.scalars(sa.select(Agent))} if seat.supervises else {}
    items = {
        each.conversation.id: _item(session, each, last.get(each.conversation.id), agents) for each in (*waiting, *held)
    }
    held.sort(key=lambda each: each.conversation.last_message_at or each.conversation.created_at, reverse=True)
    lists = {
        "waiting": [items[each.conversation.id] | {"place": each.place} for each in waiting],
        "mine": [items[each.conversation.id] for each in held if each.conversation.agent_id == seat.agent.id],
    }
    if seat.supervises:
        lists["others"] = [items[each.conversation.id] for each in held if each.conversation.agent_id != seat.agent.id]
    return lists


def of_customers(lists: dict[str, list[Item]]) -> set[str]:
    """The conversations in the lists that show something of a customer, for the audit log."""
    return {item["id"] for items in lists.values() for item in items if item["identity"] != Known.UNKNOWN}


def _item(session: Session, each: Waiting, last: Message | None, agents: dict[uuid.UUID, Agent]) -> Item:
    conversation, identity = each.conversation, known(each.conversation, each.customer)
    holder = agents.get(conversation.agent_id) if conversation.agent_id else None
    return {
        "id": str(conversation.id),
        "reason": each.handoff.reason,
        "skill": each.handoff.skill,
        "priority": each.handoff.priority,
        "channel": conversation.channel,
        "language": language(conversation.locale),
        "waiting_s": int(each.waiting_s),
        "since": instant(conversation.waiting_since or each.handoff.created_at),
        "identity": identity,
        "verified": identity == Known.VERIFIED,
        "name": each.customer.name if each.customer and identity != Known.UNKNOWN else None,
        "at_stake": _at_stake(session, each.customer) if each.customer and identity == Known.VERIFIED else None,
        "agent": {"id": str(holder.id), "name": holder.name} if holder else None,
        "last": _preview(last),
        "unanswered": last is not None and last.author == Author.CUSTOMER,
    }


def _at_stake(session: Session, customer: Customer) -> str | None:
    overdue = invoices.standing(session, customer).overdue
    return overdue.format(DESK_LOCALE) if overdue else None


def _last_words(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Message]:
    """The newest thing that customer, bot or agent said in each conversation: not notes, not the system's lines."""
    spoken = (
        Message.conversation_id.in_(ids), Message.hidden.is_(False), Message.author != Author.SYSTEM,
    )  # fmt: skip
    newest = sa.select(Message.conversation_id, sa.func.max(Message.seq).label("seq")).where(*spoken)
    newest_by = newest.group_by(Message.conversation_id).subquery()
    rows = session.scalars(
        sa.select(Message).join(
            newest_by, (Message.conversation_id == newest_by.c.conversation_id) & (Message.seq == newest_by.c.seq)
        )
    )
    return {message.conversation_id: message for message in rows}


def _preview(message: Message | None) -> Item | None:
    if message is None:
        return None
    text = " ".join(message.text.split())
    short = text if len(text) <= PREVIEW else text[: PREVIEW - 1] + "…"
    return {"author": message.author, "text": short, "at": instant(message.created_at)}
