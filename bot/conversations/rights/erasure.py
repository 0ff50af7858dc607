"""Forgetting a customer on their word (P5): asked for by one person, approved by another, done part by part.

Each part is a transaction of its own and the row says how many are done, so that what a crash interrupts the worker
finishes. Last of all the assistant forgets what was being said.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import erasable
from bot.conversations.dialogue import Dialogue
from bot.conversations.rights import told
from bot.conversations.rights.erased import end_proofs, is_on_its_way, parts
from bot.conversations.rights.theirs import locked
from bot.db import Database, lock
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound, OutsideService
from bot.models import (
    Agent,
    Conversation,
    Customer,
    Erasure,
    ErasureScope,
    ErasureStatus,
    ExternalEvent,
    Holder,
    Message,
)
from bot.phone_numbers import alike

REASON_LEAST = 10
_UNDER_WAY = {
    ErasureScope.WORDS: "An erasure of what was said is under way.",
    ErasureScope.EVERYTHING: "An erasure of everything is under way.",
}
UNDER_WAY = (ErasureStatus.ASKED, ErasureStatus.APPROVED)


@dataclass(frozen=True, slots=True)
class Step:
    """A part that is next, of whom; and whether it is who they are, before which what providers told us goes."""

    customer_id: uuid.UUID
    is_last: bool


def ask(
    session: Session,
    agent: Agent | None,
    customer_id: uuid.UUID,
    scope: ErasureScope,
    reason: str,
    *,
    client_id: uuid.UUID,
) -> Erasure:
    """Ask for an erasure, which another person has to approve; by nobody (the operator at the server) it is approved at
    once. The same `client_id` again is the same one, and so is the same wish while one is under way or all is erased.

    Raises `NotFound`; `InvalidInput`, also for a `client_id` that was used for something else; `Conflict` with the
    sentence why it cannot be yet and what can be meanwhile, or that another erasure is under way.
    """
    customer = lock(session, Customer, customer_id)
    if customer is None:
        raise NotFound("There is no such customer.", about=customer_id)
    made = session.get(Erasure, client_id)
    if made is not None:
        if (made.customer_id, made.scope, made.asked_by) != (customer_id, scope, agent.id if agent else None):
            raise InvalidInput("That client_id was used for something else.")
        return made
    before = current(session, customer_id)
    if before is not None and before.status in UNDER_WAY and before.scope != scope:
        raise Conflict(f"{_UNDER_WAY[ErasureScope(before.scope)]} Please wait until it is done.", about=customer_id)
    if before is not None and (before.status in UNDER_WAY or before.scope == ErasureScope.EVERYTHING):
        return before
    if len(reason.strip()) < REASON_LEAST:
        raise InvalidInput(f"Please give a reason of {REASON_LEAST} letters or more.")
    _allow(session, customer, scope, talks=agent is None)
    made = Erasure(
        id=client_id,
        customer_id=customer_id,
        scope=scope,
        status=ErasureStatus.ASKED if agent else ErasureStatus.APPROVED,
        reason=reason.strip(),
        asked_by=agent.id if agent else None,
        decided_at=None if agent else clock.now(),
    )
    session.add(made)
    session.flush()
    return made


def decide(session: Session, erasure_id: uuid.UUID, agent: Agent, *, approve: bool) -> Erasure:
    """Approve or refuse, as the second person: a supervisor, never who asked. Decided the same way again, it stays.

    Raises `NotFound`, `NotAllowed`; `Conflict` when it was decided otherwise, or when something came in the way.
    """
    asked = session.get(Erasure, erasure_id)
    if asked is None:
        raise NotFound("There is no such erasure.", about=erasure_id)
    of = locked(session, asked.customer_id)
    erasure = lock(session, Erasure, erasure_id)
    assert erasure is not None
    if erasure.asked_by == agent.id:
        raise NotAllowed("Somebody else has to look at what you asked for.", about=erasure_id)
    if not agent.supervises:
        raise NotAllowed("A supervisor has to look at this.", about=erasure_id)
    if erasure.status != ErasureStatus.ASKED:
        if (erasure.status == ErasureStatus.REFUSED) is not approve:
            return erasure
        raise Conflict(f"This erasure is {erasure.status} already.", about=erasure_id)
    if approve:
        _allow(session, of.customer, ErasureScope(erasure.scope), talks=True)
        if erasure.scope == ErasureScope.EVERYTHING:
            end_proofs(session, of)
    erasure.status = ErasureStatus.APPROVED if approve else ErasureStatus.REFUSED
    erasure.decided_by, erasure.decided_at = agent.id, clock.now()
    session.flush()
    return erasure


def carry_on(db: Database, erasure_id: uuid.UUID) -> bool:
    """Do the parts of an approved erasure that are not done yet, each in a transaction of its own. Whether all are
    done: words of somebody who stays a customer wait until what is on its way has gone out and been answered."""
    while (step := db.in_reading(partial(_step, erasure_id=erasure_id))) is not None:
        if step.is_last:
            told.forget(db, step.customer_id)
        if not db.in_transaction(partial(_one_part, erasure_id=erasure_id)):
            break  # or somebody else has done it meanwhile
    return db.in_reading(partial(_step, erasure_id=erasure_id)) is None


async def sweep(db: Database, dialogue: Dialogue) -> int:
    """Finish every approved erasure; how many are done now. While the assistant cannot be reached, it waits."""
    done = 0
    for erasure_id in await asyncio.to_thread(db.in_reading, _approved):
        if not await asyncio.to_thread(carry_on, db, erasure_id):
            continue
        try:
            for conversation in await asyncio.to_thread(db.in_reading, partial(_talks, erasure_id=erasure_id)):
                await dialogue.reset(conversation.id, conversation.locale)
        except OutsideService:
            continue
        done += await asyncio.to_thread(db.in_transaction, partial(_finish, erasure_id=erasure_id))
    return done


def current(session: Session, customer_id: uuid.UUID) -> Erasure | None:
    """The newest erasure of the customer that was not refused."""
    return session.scalars(
        sa.select(Erasure)
        .where(Erasure.customer_id == customer_id, Erasure.status != ErasureStatus.REFUSED)
        .order_by(Erasure.asked_at.desc(), Erasure.id.desc())
        .limit(1)
    ).first()


def barriers(session: Session, customer: Customer, *, talks: bool) -> list[str]:
    """What is open, as parts of a sentence; with `talks` conversations that are still going on, too."""
    found = erasable.barriers(session, customer)
    numbers = alike(customer.phone) if customer.phone else ()
    coming = sa.select(ExternalEvent.id).where(
        ExternalEvent.processed_at.is_(None), ExternalEvent.object_id.in_(numbers)
    )
    if numbers and session.scalar(coming.limit(1)) is not None:
        found.append("a message of theirs that is being taken in")
    with_person = sa.select(Conversation.id).where(
        Conversation.customer_id == customer.id, Conversation.holder != Holder.BOT
    )
    if talks and session.scalar(with_person.limit(1)) is not None:
        found.append("a conversation that is not closed")
    talked = sa.select(Conversation.id).where(Conversation.customer_id == customer.id)
    asked = sa.select(Message.id).where(Message.conversation_id.in_(talked), Message.pending.is_(True))
    if talks and session.scalar(asked.limit(1)) is not None:
        found.append("a message of theirs that is being answered")
    return found


def _allow(session: Session, customer: Customer, scope: ErasureScope, *, talks: bool) -> None:
    if scope == ErasureScope.WORDS:
        return
    if found := barriers(session, customer, talks=talks):
        why = f"This can't be erased yet: there is {_listed(found)}."
        raise Conflict(f"{why} What was said, sent and rated can be erased meanwhile.", about=customer.id)


def _step(session: Session, erasure_id: uuid.UUID) -> Step | None:
    """The part that is next; None when all are done, or none is to be."""
    erasure = session.get(Erasure, erasure_id)
    if erasure is None or erasure.status != ErasureStatus.APPROVED:
        return None
    scope = ErasureScope(erasure.scope)
    left = len(parts(scope)) - erasure.parts
    return Step(erasure.customer_id, left == 1 and scope == ErasureScope.EVERYTHING) if left > 0 else None


def _one_part(session: Session, erasure_id: uuid.UUID) -> bool:
    """Do the next part, with their conversations and the customer locked; whether one was done."""
    customer_id = session.scalar(sa.select(Erasure.customer_id).where(Erasure.id == erasure_id))
    if customer_id is None:
        return False
    of = locked(session, customer_id)
    erasure = lock(session, Erasure, erasure_id)
    if erasure is None or erasure.status != ErasureStatus.APPROVED:
        return False
    scope = ErasureScope(erasure.scope)
    todo = parts(scope)
    if erasure.parts >= len(todo) or (scope == ErasureScope.WORDS and is_on_its_way(session, of)):
        return False
    todo[erasure.parts](session, of)
    erasure.parts += 1
    session.flush()
    return True


def _approved(session: Session) -> list[uuid.UUID]:
    return list(session.scalars(sa.select(Erasure.id).where(Erasure.status == ErasureStatus.APPROVED)))


def _talks(session: Session, erasure_id: uuid.UUID) -> Sequence[Conversation]:
    customer_id = session.scalar(sa.select(Erasure.customer_id).where(Erasure.id == erasure_id))
    return session.scalars(sa.select(Conversation).where(Conversation.customer_id == customer_id)).all()


def _finish(session: Session, erasure_id: uuid.UUID) -> int:
    erasure = lock(session, Erasure, erasure_id)
    if erasure is None or erasure.status != ErasureStatus.APPROVED:
        return 0
    if erasure.parts < len(parts(ErasureScope(erasure.scope))):
        return 0
    erasure.status, erasure.done_at, erasure.reason = ErasureStatus.DONE, clock.now(), ""
    return 1


def _listed(parts_of_it: list[str]) -> str:
    return parts_of_it[0] if len(parts_of_it) == 1 else f"{', '.join(parts_of_it[:-1])} and {parts_of_it[-1]}"
