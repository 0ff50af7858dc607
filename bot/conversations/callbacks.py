"""Calls that were promised (C13): who takes one, how it ended, and an apology when none came in time."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.billing.holds import is_stopped, is_stopped_at
from bot.conversations import transcript
from bot.db import Database, lock
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound
from bot.models import (
    Agent,
    Author,
    Callback,
    CallbackEvent,
    CallbackEventKind,
    Case,
    CaseStatus,
    Conversation,
    Customer,
    Holder,
)
from bot.policies import Stop
from bot.words import say

NOTE_LEAST = 5
# Longer ago nobody waits for it any more, and an apology would only puzzle.
TOLD_WITHIN = dt.timedelta(days=2)
ENDED = (CallbackEventKind.DONE, CallbackEventKind.NO_ANSWER)


@dataclass(frozen=True, slots=True)
class Call:
    """A promised call: its case, where it was asked for, whom it is to (None: nobody has proven who they are), how it
    stands. `taken_by` has it; `end` is how it ended."""

    callback: Callback
    case: Case
    conversation: Conversation
    customer: Customer | None
    events: tuple[CallbackEvent, ...]

    @property
    def taken_by(self) -> uuid.UUID | None:
        """Which agent has it now."""
        last = self._last
        return last.agent_id if last is not None and last.kind == CallbackEventKind.TAKEN else None

    @property
    def end(self) -> CallbackEvent | None:
        """The step that ended it."""
        last = self._last
        return last if last is not None and last.kind in ENDED else None

    @property
    def was_told(self) -> bool:
        """Whether we said that we are late."""
        return any(event.kind == CallbackEventKind.MISSED_TOLD for event in self.events)

    @property
    def _last(self) -> CallbackEvent | None:
        steps = [event for event in self.events if event.kind != CallbackEventKind.MISSED_TOLD]
        return steps[-1] if steps else None


def open_calls(session: Session) -> list[Call]:
    """Calls that are still to be made, the first due first."""
    return [call for call in _calls(session, Case.status == CaseStatus.OPEN) if call.end is None]


def ended_calls(session: Session, newest: int) -> list[Call]:
    """The `newest` calls that were made or tried, the last one first."""
    lately = (
        sa.select(CallbackEvent.callback_id)
        .where(CallbackEvent.kind.in_(ENDED))
        .order_by(CallbackEvent.at.desc(), CallbackEvent.id.desc())
        .limit(newest)
    )
    order = list(session.scalars(lately))
    ended = {call.callback.id: call for call in _calls(session, Callback.id.in_(order))}
    return [ended[each] for each in order if each in ended]


def take(session: Session, callback_id: uuid.UUID, agent: Agent) -> Call:
    """Take a call; exactly one agent can. One's own again changes nothing. Raises `NotFound`, `Conflict`."""
    call = _locked(session, callback_id)
    _still_open(call)
    if call.taken_by is not None and call.taken_by != agent.id:
        other = session.get(Agent, call.taken_by)
        raise Conflict(f"{other.name if other else 'A colleague'} has this call.", about=callback_id)
    if call.taken_by is None:
        _record(session, callback_id, CallbackEventKind.TAKEN, agent)
    return _one(session, callback_id)


def give_back(session: Session, callback_id: uuid.UUID, agent: Agent) -> Call:
    """Let others have it again. Raises `NotFound`, `NotAllowed` for somebody else's, `Conflict` when it has ended."""
    call = _locked(session, callback_id)
    _still_open(call)
    _own(call, agent)
    _record(session, callback_id, CallbackEventKind.GIVEN_BACK, agent)
    return _one(session, callback_id)


def finish(session: Session, callback_id: uuid.UUID, agent: Agent, *, answered: bool, note: str) -> Call:
    """Write down how it ended; the case is done. Who did not answer is told that we tried, and can ask again.

    The same again changes nothing. Raises `NotFound`, `NotAllowed`, `InvalidInput` without a note, `Conflict`.
    """
    found = session.get(Callback, callback_id)
    conversation = lock(session, Conversation, found.conversation_id) if found else None
    call = _locked(session, callback_id)
    kind = CallbackEventKind.DONE if answered else CallbackEventKind.NO_ANSWER
    if call.end is not None and call.end.kind == kind and call.end.agent_id == agent.id:
        return call
    _still_open(call)
    _own(call, agent)
    if len(note.strip()) < NOTE_LEAST:
        raise InvalidInput("Please write in a few words what came of it.")
    _record(session, callback_id, kind, agent, note.strip())
    call.case.status = CaseStatus.DONE
    if not answered and conversation is not None:
        _tell(session, conversation, call, "call_no_answer")
    return _one(session, callback_id)


def sweep(db: Database) -> int:
    """Apologise once for each call that nobody has taken in its time; how many."""
    with db.reading() as session:
        late = [call.callback.id for call in open_calls(session) if _is_missed(call)]
    return sum(db.in_transaction(partial(_apologise, callback_id=callback_id)) for callback_id in late)


def _apologise(session: Session, callback_id: uuid.UUID) -> int:
    found = session.get_one(Callback, callback_id)
    conversation = lock(session, Conversation, found.conversation_id)
    call = _locked(session, callback_id)
    if conversation is None or call.end is not None or not _is_missed(call):
        return 0
    _record(session, callback_id, CallbackEventKind.MISSED_TOLD, None)
    return int(_tell(session, conversation, call, "call_missed"))


def _is_missed(call: Call) -> bool:
    ends_at, now = call.callback.ends_at, clock.now()
    is_late = ends_at is not None and ends_at < now < ends_at + TOLD_WITHIN
    return is_late and call.taken_by is None and not call.was_told


def _tell(session: Session, conversation: Conversation, call: Call, key: str) -> bool:
    """In words that name no account (P1), unless contact is stopped (C8, P4)."""
    is_stopped_here = is_stopped_at(session, conversation, Stop.NEWS)
    if is_stopped_here or (call.customer is not None and is_stopped(session, call.customer.id, Stop.NEWS)):
        return False
    ours = conversation.holder == Holder.BOT
    buttons = [
        {"title": say("button_call", conversation.locale), "payload": "/request_callback"},
        {"title": say("button_person", conversation.locale), "payload": "/request_human"},
    ]
    transcript.append(
        session,
        conversation,
        author=Author.BOT if ours else Author.SYSTEM,
        text=say(key, conversation.locale),
        buttons=buttons if ours else None,
        unasked=True,
    )
    session.flush()
    return True


def _calls(session: Session, which: sa.ColumnElement[bool]) -> list[Call]:
    rows = session.execute(
        sa.select(Callback, Case, Conversation, Customer)
        .join(Case, Callback.case_id == Case.id)
        .join(Conversation, Callback.conversation_id == Conversation.id)
        .outerjoin(Customer, Callback.customer_id == Customer.id)
        .where(Callback.starts_at.is_not(None), which)
        .order_by(Callback.starts_at, Callback.id)
        .execution_options(populate_existing=True)
    ).all()
    events: dict[uuid.UUID, list[CallbackEvent]] = {}
    ids = [callback.id for callback, *_ in rows]
    steps = sa.select(CallbackEvent).where(CallbackEvent.callback_id.in_(ids)).order_by(CallbackEvent.id)
    for event in session.scalars(steps):
        events.setdefault(event.callback_id, []).append(event)
    return [
        Call(callback, case, conversation, customer, tuple(events.get(callback.id, ())))
        for callback, case, conversation, customer in rows
    ]


def _one(session: Session, callback_id: uuid.UUID) -> Call:
    found = _calls(session, Callback.id == callback_id)
    if not found:
        raise NotFound("There is no such call.", about=callback_id)
    return found[0]


def _locked(session: Session, callback_id: uuid.UUID) -> Call:
    lock(session, Callback, callback_id)
    return _one(session, callback_id)


def _still_open(call: Call) -> None:
    if call.end is not None or call.case.status != CaseStatus.OPEN:
        raise Conflict("This call has been dealt with.", about=call.callback.id)


def _own(call: Call, agent: Agent) -> None:
    if call.taken_by != agent.id and not (call.taken_by is not None and agent.supervises):
        raise NotAllowed("Take the call first.", about=call.callback.id)


def _record(
    session: Session, callback_id: uuid.UUID, kind: CallbackEventKind, agent: Agent | None, note: str | None = None
) -> None:
    session.add(CallbackEvent(callback_id=callback_id, kind=kind, agent_id=agent.id if agent else None, note=note))
    session.flush()
