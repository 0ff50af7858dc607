"""Who the desk has before it in the measurements: customers who wait, one very long talk, a great many words."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks import accounts
from bot import clock
from bot.billing import bulk, importing
from bot.db import Base, Database
from bot.desk import auth
from bot.models import Agent, Conversation, Customer, Handoff, HandoffEvent, HandoffTarget, Message, Role

Say = Callable[[str], None]
REASONS = (("request_human", "general", 5), ("vulnerability", "care", 1), ("hardship", "plans", 3))
EACH = 10  # messages of one talk
AT_ONCE = 5_000
# Words by how often they are said: one in every second message, one in a hundred, one in a hundred thousand.
OFTEN, SOMETIMES, SELDOM = "payment", "holiday", "zeppelin"
VOCABULARY = tuple(
    f"{head}{tail}" for head in ("par", "lor", "mi", "sen", "dau") for tail in ("ket", "ling", "ra", "vo")
)

COLUMNS: dict[type[Base], tuple[str, ...]] = {
    Conversation: (
        "id", "channel", "locale", "customer_id", "verified_until", "holder", "agent_id", "waiting_since", "wrote_at",
        "last_seq", "last_message_at", "failures", "dialogue_reset", "created_at",
    ),
    Message: ("id", "conversation_id", "seq", "author", "text", "hidden", "pending", "created_at"),
    Handoff: ("id", "conversation_id", "reason", "skill", "priority", "summary", "created_at"),
    HandoffEvent: ("id", "handoff_id", "kind", "actor", "at"),
    HandoffTarget: ("handoff_id", "warn_at", "target_at"),
}  # fmt: skip
Rows = dict[type[Base], list[bulk.Values]]


def customers(db: Database, folder: Path, count: int) -> list[uuid.UUID]:
    """So many customers with three invoices each, by the operator's own import; their ids."""
    importing.import_files(db, *accounts.write(folder, count))
    with db.reading() as session:
        return list(session.scalars(sa.select(Customer.id)))


def waiting(db: Database, whose: list[uuid.UUID], count: int) -> list[uuid.UUID]:
    """So many of them asked for a person, one after the other, and proved who they are; their conversations. Without
    customers nobody knows who asks."""
    now, dice = clock.now(), random.Random(20260302)
    rows: Rows = {kind: [] for kind in COLUMNS}
    for number in range(count):
        here, asked = bulk.new_id(), now - dt.timedelta(seconds=count - number)
        until, customer = (now + dt.timedelta(days=1), str(whose[number % len(whose)])) if whose else (None, None)
        rows[Conversation].append(
            (here, "web", "en-US", customer, until, "queue", None, asked, asked, 1, asked, 0, False, asked)
        )
        rows[Message].append((bulk.new_id(), here, 1, "customer", _sentence(dice), False, False, asked))
        reason, skill, priority = REASONS[number % len(REASONS)]
        handoff = bulk.new_id()
        rows[Handoff].append((handoff, here, reason, skill, priority, "{}", asked))
        rows[HandoffEvent].append((bulk.new_id(), handoff, "requested", "bot", asked))
        rows[HandoffTarget].append((handoff, asked + dt.timedelta(minutes=20), asked + dt.timedelta(minutes=30)))
    with db.transaction() as session:
        _write(session, rows)
        # Written in bulk, JSON is text to one database and a value to the other.
        session.execute(sa.update(Handoff).values(summary={"wish": "a person", "said": "Can I talk to somebody?"}))
        session.execute(
            sa.update(Conversation)
            .where(Conversation.id == Handoff.conversation_id, Conversation.handoff_id.is_(None))
            .values(handoff_id=Handoff.id)
        )
    settled(db)
    return [uuid.UUID(each[0]) for each in rows[Conversation]]


def long_talk(db: Database, conversation_id: uuid.UUID, messages: int) -> None:
    """One conversation goes on until it has so many messages."""
    now, dice = clock.now(), random.Random(20260303)
    said = [
        (bulk.new_id(), str(conversation_id), seq, "customer" if seq % 2 else "bot", _sentence(dice), False, False, now)
        for seq in range(2, messages + 1)
    ]
    with db.transaction() as session:
        bulk.insert(session, Message, COLUMNS[Message], said)
        session.get_one(Conversation, conversation_id).last_seq = messages
    settled(db)


def talks(db: Database, whose: list[uuid.UUID], messages: int, say: Say) -> None:
    """So many messages, ten in each conversation with the assistant, spread over the customers and over a year."""
    dice, begin = random.Random(20260304), clock.now() - dt.timedelta(days=365)
    for first in range(0, messages // EACH, AT_ONCE):
        rows: Rows = {kind: [] for kind in COLUMNS}
        last = min(first + AT_ONCE, messages // EACH)
        for number in range(first, last):
            here, at = bulk.new_id(), begin + dt.timedelta(seconds=number * 300)
            customer = str(whose[number % len(whose)])
            rows[Conversation].append(
                (here, "web", "en-US", customer, None, "bot", None, None, at, EACH, at, 0, False, at)
            )
            for seq in range(1, EACH + 1):
                author = "customer" if seq % 2 else "bot"
                rows[Message].append((bulk.new_id(), here, seq, author, _sentence(dice), False, False, at))
        with db.transaction() as session:
            _write(session, rows)
        say(f"{last * EACH:,} messages")
    settled(db)


def agents(db: Database, count: int, role: Role = Role.AGENT) -> list[tuple[str, str]]:
    """So many agents, signed in: each one's cookie and CSRF token."""
    seats = []
    with db.transaction() as session:
        for number in range(count):
            agent = Agent(email=f"{role}{number}@example.com", name=f"Agent {number}", role=role, password_hash="-")
            session.add(agent)
            session.flush()
            token, seat = auth.open_session(session, agent)
            seats.append((token, seat.csrf_token))
    return seats


def settled(db: Database) -> None:
    """The database has looked at what was written, as its own housekeeping does."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if db.sqlite else "VACUUM ANALYZE")


def _write(session: Session, rows: Rows) -> None:
    for kind, values in rows.items():
        bulk.insert(session, kind, COLUMNS[kind], values)


def _sentence(dice: random.Random) -> str:
    words = [dice.choice(VOCABULARY) for _ in range(8)]
    for word, one_in in ((OFTEN, 2), (SOMETIMES, 100), (SELDOM, 100_000)):
        if dice.randrange(one_in) == 0:
            words.append(word)
    return " ".join(words)
