"""A call from a person: to which number, and when. Nobody has to prove anything for it, and nothing of an account is
told (C13, P1). A number never sits in a slot, only the id of the call that is spoken of."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions import records
from actions.deed import Deed, Form, Question
from actions.phrases import Phrases
from actions.sensitive import SENSITIVE
from actions.talk import beside, call_times, reaching
from actions.talk.call_times import Misfit
from actions.turn import Events, Turn, enter, leave, leave_all, put
from bot import clock, policies
from bot.conversations import hours
from bot.conversations.hours import Span
from bot.models import Callback, Customer

FORM = "callback_form"
UNHEARD = SENSITIVE | {"cancel", "deny", "start_over"}
STRAYS = frozenset({"inform", "nlu_fallback", "out_of_scope", "request_callback", "affirm"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the customer where they are known, the locale of the talk, and their time zone where it is known."""

    customer: Customer | None
    locale: str

    @property
    def zone(self) -> str | None:
        """The customer's time zone; None: the desk's own is spoken of, by its name."""
        return self.customer.time_zone if self.customer else None

    @property
    def clock_zone(self) -> ZoneInfo:
        """In which times are read."""
        return ZoneInfo(self.zone) if self.zone else policies.desk().zone

    def spoken(self, span: Span) -> str:
        """When the call may come at the earliest."""
        return hours.spoken(span.starts_at, self.locale, self.zone)

    def window(self, span: Span) -> dict[str, Any]:
        """The day of the call, and from when to when it comes."""
        start, end = (hours.time_of_day(at, self.locale, self.zone) for at in (span.starts_at, span.ends_at))
        return {"day": hours.day(span.starts_at, self.locale, self.zone), "start": start, "end": end}


class RequestCallback(Deed):
    """They want to be phoned."""

    title = "action_request_callback"
    intent = "request_callback"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Begin the form with what was said. A known customer is called on the number on file, unless they give one."""
        who = await turn.write(lambda session: _caller(session, turn))
        span = _fitting(turn, who)
        if call_times.soonest(clock.now()) is None:
            turn.say("utter_callback_no_hours")
            return leave_all()
        on_file = bool(who.customer and who.customer.phone)
        number = _number(turn, who)
        kept = str(await turn.write(lambda session: _spoken_of(session, turn, number))) if number or on_file else None
        over = [] if turn.loop == FORM else beside.interrupted(turn)
        return [*over, *enter(FORM, callback_number=kept, callback_time=_in_slot(span), topic="callback")]


class CallbackForm(Form):
    """Takes the number, then the time. Another number may still be given with the time."""

    form = FORM
    slots = ("callback_number", "callback_time")

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The number or the time."""
        if not turn.is_answer or turn.requested is None or turn.intent in UNHEARD:
            return {}
        who = await turn.write(lambda session: _caller(session, turn))
        found: dict[str, Any] = {}
        number = _number(turn, who)
        if number is not None:
            found["callback_number"] = str(await turn.write(lambda session: _spoken_of(session, turn, number)))
        if turn.requested == "callback_number" and not found and reaching.means_own_number(turn.words):
            turn.say("utter_callback_number_needed")
            return {"callback_number": None}
        if (span := _fitting(turn, who)) is not None:
            found["callback_time"] = _in_slot(span)
        if found or turn.course.said:
            return found or {turn.requested: None}
        if turn.intent in STRAYS and turn.text:
            turn.say(
                "utter_callback_number_unclear"
                if turn.requested == "callback_number"
                else "utter_callback_time_unclear"
            )
            return {turn.requested: None}
        return {}


class AskCallbackTime(Question):
    """Asks when, with the soonest time as a button."""

    title = "action_ask_callback_time"

    async def ask(self, turn: Turn) -> Events:
        """Ask."""
        who = await turn.write(lambda session: _caller(session, turn))
        span = call_times.soonest(clock.now())
        if span is None:
            turn.say("utter_callback_no_hours")
            return leave_all()
        button = {"title": Phrases(who.locale).say("soonest_call"), "payload": '/inform{"time": "soonest"}'}
        turn.say("utter_ask_callback_time", buttons=[button], soonest=who.spoken(span))
        return []


class RecordCallback(Deed):
    """Number and time are known: the case is opened."""

    title = "action_record_callback"

    async def act(self, turn: Turn) -> Events:
        """Write it down and say when they can expect the call."""
        kept, when = turn.slot("callback_number"), turn.slot("callback_time")
        if not kept or not when:
            return leave("callback_number", "callback_time")
        span = Span(*(hours.instant(part) for part in when))

        def record(session: Session) -> tuple[Caller, bool]:
            who = _caller(session, turn)
            return who, _record(session, turn, who, uuid.UUID(kept), span)

        who, is_given = await turn.write(record)
        turn.say("utter_callback_noted_given" if is_given else "utter_callback_noted", **who.window(span))
        return [*leave("callback_number", "callback_time"), *put(topic=None)]


def _caller(session: Session, turn: Turn) -> Caller:
    return Caller(turn.customer_if_known(session), turn.conversation(session).locale)


def _number(turn: Turn, who: Caller) -> str | None:
    return reaching.phone(turn.text, reaching.regions(who.locale))


def _fitting(turn: Turn, who: Caller) -> Span | None:
    """The time that the message asks for; one that cannot be is said so kindly."""
    now = clock.now()
    is_asked = turn.loop == FORM and turn.requested == "callback_time"
    if turn.entities.get("time") == "soonest" or (is_asked and turn.intent == "affirm" and not turn.text):
        return call_times.soonest(now)
    words = reaching.without_phone(turn.words)
    asked = call_times.asked(words, who.clock_zone, who.locale, now)
    if asked is None and is_asked and turn.intent == "affirm":
        return call_times.soonest(now)
    match asked:
        case Misfit.PAST:
            turn.say("utter_callback_past")
        case Misfit.FAR:
            turn.say("utter_callback_far", days=policies.desk().callback.days_most)
        case Misfit.CLOSED:
            turn.say("utter_callback_closed")
        case Span():
            return asked
    return None


def _in_slot(span: Span | None) -> list[str] | None:
    return [span.starts_at.isoformat(), span.ends_at.isoformat()] if span else None


def _spoken_of(session: Session, turn: Turn, number: str | None) -> uuid.UUID:
    """The call that is spoken of, which is not asked for until its time is known."""
    call = Callback(conversation_id=turn.conversation(session).id, phone=number)
    session.add(call)
    session.flush()
    return call.id


def _record(session: Session, turn: Turn, who: Caller, callback_id: uuid.UUID, span: Span) -> bool:
    """Open the case, or change the call that an open one has; whether it is to a number that they gave."""
    call = session.get_one(Callback, callback_id)
    case = records.open_case(session, turn, "request_callback", who.customer)
    before = session.scalars(sa.select(Callback).where(Callback.case_id == case.id)).first()
    if before is not None and before.id != call.id:
        before.case_id = None
        session.flush()
    call.case_id, call.starts_at, call.ends_at = case.id, span.starts_at, span.ends_at
    call.customer_id = who.customer.id if who.customer else None
    zone = policies.desk().zone
    start, end = span.starts_at.astimezone(zone), span.ends_at.astimezone(zone)
    case.summary = (
        f"Please call {call.phone or 'the number on file'} on {start:%A, %d %B %Y} between {start:%H:%M} and "
        f"{end:%H:%M} ({zone.key}).\n{case.summary}"
    ).strip()
    session.flush()
    return call.phone is not None
