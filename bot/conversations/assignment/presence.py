"""Whether an agent is there.

It is what they have chosen, as long as their desk is open: its live stream leaves a sign every few seconds, by the
system's clock, because the demo's may jump while people sit still.
"""

from __future__ import annotations

import time
import uuid

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.db import Database, lock
from bot.models import Agent, Availability, Presence

SIGN_EVERY_S = 10.0


def sign(db: Database, agent_id: uuid.UUID) -> None:
    """A sign of life from an open desk; written at most every few seconds. Who never chose is away at first."""
    with db.reading() as session:
        row = session.get(Presence, agent_id)
        if row is not None and not _is_due(row):
            return
    with db.transaction() as session:
        touch(session, agent_id)


def touch(session: Session, agent_id: uuid.UUID) -> None:
    """The same within a transaction. Who has chosen to be offline leaves no sign."""
    row = own(session, agent_id)
    if _is_due(row):
        if time.time() - row.seen_at > policies.assignment().presence.stale_seconds:
            row.changed_at = clock.now()
        row.seen_at = time.time()


def choose(session: Session, agent: Agent, availability: Availability) -> None:
    """What the agent wants to be from now on."""
    row = own(session, agent.id)
    row.chosen, row.changed_at = availability, clock.now()
    if availability != Availability.OFFLINE:
        row.seen_at = time.time()


def leave(session: Session, agent_id: uuid.UUID) -> None:
    """Offline at once, as after signing out; away when they come back, until they choose."""
    row = own(session, agent_id)
    row.chosen, row.seen_at, row.changed_at = Availability.AWAY, 0.0, clock.now()


def worked(session: Session, agent_id: uuid.UUID) -> None:
    """The agent has just taken a conversation on, or ended one: others have been idle for longer."""
    row = own(session, agent_id)
    row.idle_since = clock.now()
    if _is_due(row):
        row.seen_at = time.time()


def given(session: Session, agent_id: uuid.UUID) -> None:
    """A colleague has given the agent a conversation: others have been idle for longer. It is no sign of theirs."""
    own(session, agent_id).idle_since = clock.now()


def availability(row: Presence | None) -> Availability:
    """What an agent is now, by their row: offline without a recent sign."""
    if row is None or time.time() - row.seen_at > policies.assignment().presence.stale_seconds:
        return Availability.OFFLINE
    return Availability(row.chosen)


def is_gone(row: Presence | None) -> bool:
    """Whether an agent has been offline for so long that their conversations are not left with them."""
    return row is not None and time.time() - row.seen_at > policies.assignment().presence.return_seconds


def own(session: Session, agent_id: uuid.UUID) -> Presence:
    """The agent's row, locked (last of all); made when there is none, whoever else makes it at the same moment."""
    row = lock(session, Presence, agent_id)
    if row is not None:
        return row
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    now = clock.now()
    first = {"chosen": Availability.AWAY, "seen_at": 0.0, "idle_since": now, "changed_at": now}
    session.execute(insert(Presence).values(agent_id=agent_id, **first).on_conflict_do_nothing())
    made = lock(session, Presence, agent_id)
    assert made is not None
    return made


def _is_due(row: Presence) -> bool:
    return row.chosen != Availability.OFFLINE and time.time() - row.seen_at > SIGN_EVERY_S
