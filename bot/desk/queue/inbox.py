"""The lists at the left of the desk: who waits, whom I have, and for supervisors whom the others have."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import ledger
from bot.billing.invoices import IS_DISPUTED
from bot.desk.auth import Seat
from bot.desk.identity import DESK_LOCALE, Known, known, language
from bot.desk.queue import lists
from bot.desk.queue.filters import NONE, Filters
from bot.desk.queue.last_words import last_words
from bot.desk.queue.lists import Name, Row
from bot.desk.thread.lines import agent_names, instant
from bot.models import Author, Channel, Conversation, HandoffTarget, Invoice, Message, Plan, PlanInvoice, PlanStatus
from bot.money import Money

PREVIEW = 100

Item = dict[str, Any]
Inbox = dict[str, Any]


def inbox(session: Session, seat: Seat, filters: Filters = NONE) -> Inbox:
    """The first page of `waiting` by the criteria (K13), `mine` and, for a supervisor, the first page of `others`.

    `counts` says how many there are. Filters leave `mine` whole: nobody loses sight of their own.
    """
    named = [Name.WAITING, Name.MINE, *([Name.OTHERS] if seat.supervises else [])]
    found = {
        name: lists.rows(session, seat, name, limit=lists.MINE_MOST)
        if name == Name.MINE
        else lists.rows(session, seat, name, filters)
        for name in named
    }
    items = _items(session, [row for rows in found.values() for row in rows])
    shown: Inbox = {name.value: [items[row.conversation.id] for row in rows] for name, rows in found.items()}
    return shown | {"counts": lists.counts(session, seat, filters)}


def listing(session: Session, seat: Seat, name: Name, filters: Filters, skip: int) -> Item:
    """A further page of a list: its `items`, and where the next begins (`next`), if there is one."""
    rows = lists.rows(session, seat, name, filters, skip=skip, limit=lists.PAGE + 1)
    shown = rows[: lists.PAGE]
    items = _items(session, shown)
    more = skip + lists.PAGE if len(rows) > lists.PAGE else None
    return {"items": [items[row.conversation.id] for row in shown], "next": more}


def of_customers(shown: Inbox) -> set[str]:
    """The conversations in the lists that show something of a customer, for the audit log."""
    listed = (items for items in shown.values() if isinstance(items, list))
    return {item["id"] for items in listed for item in items if item["identity"] != Known.UNKNOWN}


def _items(session: Session, rows: Sequence[Row]) -> dict[uuid.UUID, Item]:
    last = last_words(session, [row.conversation.id for row in rows])
    stakes, names = _at_stake(session, rows), agent_names(session)
    return {row.conversation.id: _item(row, last.get(row.conversation.id), stakes, names) for row in rows}


def _item(row: Row, last: Message | None, stakes: Mapping[uuid.UUID, Money], names: Mapping[uuid.UUID, str]) -> Item:
    conversation, customer, handoff = row.conversation, row.customer, row.handoff
    identity, agent_id = known(conversation, customer), conversation.agent_id
    stake = stakes.get(customer.id) if customer and identity == Known.VERIFIED else None
    begun = handoff.created_at if handoff else conversation.created_at
    return {
        "id": str(conversation.id),
        "holder": conversation.holder,
        **(_why(row) if handoff else {}),
        "channel": conversation.channel,
        "language": language(conversation.locale),
        "waiting_s": int(row.waiting_s),
        "since": instant(conversation.waiting_since or begun),
        "place": row.place,
        "identity": identity,
        "verified": identity == Known.VERIFIED,
        "name": customer.name if customer and identity != Known.UNKNOWN else None,
        "number_end": _end(conversation),
        "at_stake": stake.format(DESK_LOCALE) if stake else None,
        "agent": {"id": str(agent_id), "name": names.get(agent_id, "A colleague")} if agent_id else None,
        "last": _preview(last),
        "unanswered": last is not None and last.author == Author.CUSTOMER,
        "closed_at": instant(conversation.closed_at),
    }


def _end(conversation: Conversation) -> str | None:
    """What tells strangers apart: the end of a number, the house of an e-mail address; nothing on the website."""
    address = conversation.address or ""
    if conversation.channel == Channel.WEB:
        return None
    return address[address.rfind("@") :] if conversation.channel == Channel.EMAIL else address[-4:]


def _why(row: Row) -> Item:
    """Why a person is wanted, and by when one is to answer."""
    assert row.handoff is not None
    criteria = policies.escalation()
    tier = criteria.tier_of(row.handoff.reason)
    return {
        "reason": row.handoff.reason,
        "skill": row.handoff.skill,
        "priority": row.handoff.priority,
        "tier": tier,
        "tier_name": next(each.name for number, each in criteria.tiers.items() if number == tier),
        "target_at": instant(row.target.target_at) if row.target else None,
        "breached": _is_late(row.target),
    }


def _is_late(target: HandoffTarget | None) -> bool:
    """The time is over without an answer, whether or not the sweep has written it down yet."""
    if target is None or target.answered_at is not None:
        return target is not None and target.breached_at is not None
    return target.breached_at is not None or target.target_at < clock.now()


def _at_stake(session: Session, rows: Sequence[Row]) -> dict[uuid.UUID, Money]:
    """What is overdue, in no plan and not disputed (C9) for each verified customer, for all by two queries."""
    proven = {
        row.customer.id: row.customer
        for row in rows
        if row.customer and known(row.conversation, row.customer) == Known.VERIFIED
    }
    if not proven:
        return {}
    late = [
        invoice
        for invoice in session.scalars(
            sa.select(Invoice).where(Invoice.customer_id.in_(proven), _in_no_plan(), ~IS_DISPUTED)
        )
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


def _preview(message: Message | None) -> Item | None:
    if message is None:
        return None
    text = " ".join(message.text.split())
    short = text if len(text) <= PREVIEW else text[: PREVIEW - 1] + "…"
    return {"author": message.author, "text": short, "at": instant(message.created_at)}
