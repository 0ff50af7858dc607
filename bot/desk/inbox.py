"""The list at the left of the desk: who waits, whom I have, and for supervisors whom the others have."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import ledger
from bot.conversations import handoff
from bot.conversations.handoff import Waiting
from bot.desk.auth import Seat
from bot.desk.identity import DESK_LOCALE, Known, known, language
from bot.desk.lines import agent_names, instant
from bot.models import Author, Invoice, Message, Plan, PlanInvoice, PlanStatus
from bot.money import Money

PREVIEW = 160

Item = dict[str, Any]


def inbox(session: Session, seat: Seat) -> dict[str, list[Item]]:
    """`waiting` by the predefined criteria (K13), `mine` and, for a supervisor, `others`: the newest message first."""
    waiting = handoff.queue(session)
    held = handoff.held(session) if seat.supervises else handoff.held(session, seat.agent)
    listed = [*waiting, *held]
    last = _last_words(session, [each.conversation.id for each in listed])
    stakes, names = _at_stake(session, listed), agent_names(session)
    items = {each.conversation.id: _item(each, last.get(each.conversation.id), stakes, names) for each in listed}
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


def _item(
    each: Waiting, last: Message | None, stakes: Mapping[uuid.UUID, Money], names: Mapping[uuid.UUID, str]
) -> Item:
    conversation, customer = each.conversation, each.customer
    identity, agent_id = known(conversation, customer), conversation.agent_id
    stake = stakes.get(customer.id) if customer and identity == Known.VERIFIED else None
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
        "name": customer.name if customer and identity != Known.UNKNOWN else None,
        "at_stake": stake.format(DESK_LOCALE) if stake else None,
        "agent": {"id": str(agent_id), "name": names.get(agent_id, "A colleague")} if agent_id else None,
        "last": _preview(last),
        "unanswered": last is not None and last.author == Author.CUSTOMER,
    }


def _at_stake(session: Session, listed: Sequence[Waiting]) -> dict[uuid.UUID, Money]:
    """What is overdue and in no plan for each verified customer, for all by two queries."""
    proven = {
        each.customer.id: each.customer
        for each in listed
        if each.customer and known(each.conversation, each.customer) == Known.VERIFIED
    }
    late = [
        invoice
        for invoice in session.scalars(sa.select(Invoice).where(Invoice.customer_id.in_(proven), _in_no_plan()))
        if invoice.due_on < clock.today(proven[invoice.customer_id].time_zone)
    ]
    owed = ledger.balances(session, [ledger.invoice_account(invoice.id) for invoice in late])
    stakes = {customer.id: Money.zero(customer.currency) for customer in proven.values()}
    for invoice in late:
        stakes[invoice.customer_id] += Money(max(owed[ledger.invoice_account(invoice.id)], 0), invoice.currency)
    return stakes


def _in_no_plan() -> sa.ColumnElement[bool]:
    in_force = Plan.status.in_((PlanStatus.AGREED, PlanStatus.ACTIVE))
    covered = sa.select(PlanInvoice.invoice_id).join(Plan, Plan.id == PlanInvoice.plan_id).where(in_force)
    return Invoice.id.not_in(covered.where(PlanInvoice.invoice_id == Invoice.id))


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
