"""Looking for customers, invoices and words, in what the agent may see and nowhere else.

A name shows only beside a conversation in which it was proven (P1); an agent finds a customer by such a conversation,
a supervisor any customer. What is looked for is kept nowhere (P7).
"""

from __future__ import annotations

import itertools
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.desk.auth import Seat
from bot.desk.identity import Known, known, language
from bot.desk.queue.search_index import matching, prepare
from bot.desk.queue.search_words import Words
from bot.desk.queue.snippet import snippet
from bot.desk.sight import visible
from bot.desk.thread.lines import agent_names, instant
from bot.models import Author, Conversation, Customer, Invoice, Message

PEOPLE_MOST = 8
INVOICES_MOST = 8
MESSAGES_MOST = 40
CONVERSATIONS_MOST = 12
HITS_MOST = 3
BESIDE_MOST = 3
# In the middle of a number, fewer characters than these are in too many of them.
INSIDE_FROM = 3

# Of a common word, so many messages hold enough.
NEWEST = 800

Json = dict[str, Any]
Said = tuple[Message, Conversation, Customer | None]


def search(session: Session, seat: Seat, text: str) -> Json:
    """`customers`, `invoices` and `conversations` with what was said in them, the newest first; `more` says that there
    are further words than are shown. Raises `InvalidInput` for too little to look for."""
    words = Words.read(text)
    prepare(session)
    people = _customers(session, seat, words)
    billed = _invoices(session, seat, words)
    beside = _beside(session, seat, [*(person.id for person in people), *(who.id for _, who in billed)])
    said = _messages(session, seat, words)
    names = agent_names(session)
    return {
        "customers": [_person(person, beside[person.id], names) for person in people],
        "invoices": [_bill(invoice, person, beside[person.id], names) for invoice, person in billed],
        "conversations": _by_conversation(said, words, names),
        "more": len(said) == MESSAGES_MOST,
    }


def conversations_in(found: Json) -> list[str]:
    """The conversations of which something is shown, for the audit log."""
    beside = (each["conversations"] for each in (*found["customers"], *found["invoices"]))
    return sorted({one["id"] for one in itertools.chain(found["conversations"], *beside)})


def _customers(session: Session, seat: Seat, words: Words) -> Sequence[Customer]:
    """By name, account number, e-mail and phone; then by what stands in the middle of a number."""
    query = sa.select(Customer).where(_met(seat, Customer.id)).order_by(Customer.name, Customer.id).limit(PEOPLE_MOST)
    found = session.scalars(query.where(matching(session, Customer, words))).all()
    digits, key = words.digits, "".join(words.all).upper()
    inside = []
    if len(digits) > INSIDE_FROM:
        inside.append(Customer.phone.contains(digits))
    if digits and len(key) >= INSIDE_FROM:
        inside.append(Customer.account_key.contains(key, autoescape=True))
    if not inside or len(found) == PEOPLE_MOST:
        return found
    further = session.scalars(query.where(sa.or_(*inside))).all()
    return list(dict.fromkeys([*found, *further]))[:PEOPLE_MOST]


def _invoices(session: Session, seat: Seat, words: Words) -> Sequence[tuple[Invoice, Customer]]:
    """By number, a part of it too; by description only while nothing has that number."""
    if not words.digits:
        return []
    query = (
        sa.select(Invoice, Customer)
        .join(Customer, Customer.id == Invoice.customer_id)
        .where(_met(seat, Customer.id))
        .order_by(Invoice.due_on.desc(), Invoice.number)
        .limit(INVOICES_MOST)
    )
    found = _pairs(session, query.where(matching(session, Invoice, words)))
    if found or len("".join(words.all)) < INSIDE_FROM:
        return found
    pattern = "%".join(words.all)  # letters and digits only: no sign of theirs is one of the pattern's
    return _pairs(session, query.where(Invoice.number.ilike(f"%{pattern}%")))


def _pairs(session: Session, query: sa.Select[Invoice, Customer]) -> Sequence[tuple[Invoice, Customer]]:
    return [(invoice, customer) for invoice, customer in session.execute(query)]


def _met(seat: Seat, customer_id: Any) -> sa.ColumnElement[bool]:
    """There is a conversation of theirs that this agent may read."""
    if seat.supervises:
        return sa.true()
    return sa.exists().where(Conversation.customer_id == customer_id, visible(seat))


def _beside(session: Session, seat: Seat, customers: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, list[Conversation]]:
    """Each one's conversations that this agent may read, the newest first."""
    found: dict[uuid.UUID, list[Conversation]] = defaultdict(list)
    newest = Conversation.last_message_at.desc(), Conversation.id.desc()
    place = sa.func.row_number().over(partition_by=Conversation.customer_id, order_by=newest).label("place")
    theirs = sa.select(Conversation.id, place).where(Conversation.customer_id.in_(set(customers)), visible(seat))
    first = theirs.subquery()
    rows = session.scalars(
        sa.select(Conversation)
        .join(first, first.c.id == Conversation.id)
        .where(first.c.place <= BESIDE_MOST)
        .order_by(*newest)
    )
    for row in rows:
        if row.customer_id:
            found[row.customer_id].append(row)
    return found


def _messages(session: Session, seat: Seat, words: Words) -> list[Said]:
    """What customers, the assistant and agents said, notes included, the newest first; not the system's own lines.

    A word of every twentieth message is among the newest already, and rarer ones are few enough to sort. Neither is
    left to be guessed: walking back through a million messages in search of a rare one takes seconds.
    """
    query = (
        sa.select(Message, Conversation, Customer)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .outerjoin(Customer, Customer.id == Conversation.customer_id)
        .where(matching(session, Message, words), Message.author != Author.SYSTEM, visible(seat))
        .limit(MESSAGES_MOST)
    )
    newest = sa.select(Message.id).order_by(Message.id.desc()).limit(NEWEST).subquery()
    found = _said(session, query.join(newest, newest.c.id == Message.id).order_by(Message.id.desc()))
    if len(found) == MESSAGES_MOST:
        return found
    return _said(session, query.order_by(Message.created_at.desc(), Message.id.desc()))


def _said(session: Session, query: sa.Select[Message, Conversation, Customer]) -> list[Said]:
    return [(message, conversation, customer) for message, conversation, customer in session.execute(query)]


def _person(customer: Customer, beside: Sequence[Conversation], names: Mapping[uuid.UUID, str]) -> Json:
    return {
        "name": customer.name,
        "account_number": customer.account_number,
        "language": language(customer.language),
        "conversations": [_conversation(each, customer, names) for each in beside],
    }


def _bill(invoice: Invoice, customer: Customer, beside: Sequence[Conversation], names: Mapping[uuid.UUID, str]) -> Json:
    return {
        "number": invoice.number,
        "description": invoice.description,
        "due_on": invoice.due_on.isoformat(),
        "name": customer.name,
        "account_number": customer.account_number,
        "conversations": [_conversation(each, customer, names) for each in beside],
    }


def _by_conversation(said: Sequence[Said], words: Words, names: Mapping[uuid.UUID, str]) -> list[Json]:
    grouped: dict[uuid.UUID, Json] = {}
    for message, conversation, customer in said:
        one = grouped.setdefault(conversation.id, _conversation(conversation, customer, names) | {"hits": []})
        if len(one["hits"]) < HITS_MOST:
            one["hits"].append(
                {
                    "seq": message.seq,
                    "author": message.author,
                    "agent": names.get(message.agent_id, "A colleague") if message.agent_id else None,
                    "note": message.hidden,
                    "at": instant(message.created_at),
                    "snippet": snippet(message.text, words),
                }
            )
    return list(grouped.values())[:CONVERSATIONS_MOST]


def _conversation(conversation: Conversation, customer: Customer | None, names: Mapping[uuid.UUID, str]) -> Json:
    agent_id = conversation.agent_id
    shown = customer is not None and known(conversation, customer) != Known.UNKNOWN
    return {
        "id": str(conversation.id),
        "name": customer.name if customer and shown else None,
        "channel": conversation.channel,
        "holder": conversation.holder,
        "agent": names.get(agent_id, "A colleague") if agent_id else None,
        "closed": conversation.closed_at is not None,
        "at": instant(conversation.last_message_at or conversation.created_at),
    }
