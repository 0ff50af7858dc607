"""A promise to pay on a day: read, confirmed, recorded; until then there is silence about it (design section 10, 4)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from sqlalchemy.orm import Session

from actions import refused
from actions.balance import Account, account, say_if_clear
from actions.deed import Deed, Form, Question
from actions.paying import instalment_days, remainder
from actions.paying.payments import give_link, is_fitting, under_way
from actions.paying.wanted import from_message
from actions.phrases import Phrases
from actions.proof import ask_for_proof
from actions.reading import choices, dates, weekdays
from actions.reading.figures import plain
from actions.sensitive import may_answer
from actions.talk import remind_me
from actions.turn import Events, Turn, enter, first_name, leave, put
from bot import policies
from bot.billing import promises
from bot.errors import InvalidInput
from bot.models import Promise
from bot.money import Money

FORM = "promise_form"
# Then no day is asked for a second time (K7).
_UNKNOWN = re.compile(r"\b(?:don'?t know|do not know|can'?t say|cannot say|not sure|no idea|dunno|idk|who knows)\b")
_LATER = re.compile(
    r"\b(?:later|soon|some ?time|when|once|after|until|till|before|by|next|then|wait|time|day|week|month|pay ?day|"
    r"wages?|salary|paid|pension|benefits?|promise|can'?t|cannot|not (?:now|yet)|eventually|don'?t)\b"
)
_REFUSES = re.compile(r"^\W*(?:no|nope|nah|not|sorry)\b|\bi (?:meant|mean|said)\b")
_NEXT = re.compile(r"\bnext\b")
ANSWERS = frozenset({"inform", "promise_to_pay", "affirm", "deny", "nlu_fallback", "make_payment"})


class PromiseToPay(Deed):
    """A wish to pay later. Without an amount it is what is overdue, without a day the day is asked for."""

    title = "action_promise_to_pay"
    intent = "promise_to_pay"

    async def act(self, turn: Turn) -> Events:
        """Begin the form with what was said. Raises `NotVerified`."""
        mine = await turn.write(lambda session: account(session, turn))
        if say_if_clear(turn, mine):
            return leave("promise", "promise_day")
        if mine.plan is not None and not mine.overdue and from_message(turn, mine) is None and not turn.entities:
            # With a plan in force "I'll pay on Friday" is about its next instalment.
            return instalment_days.in_time(turn, mine) or await Deed.by_intent["change_plan"].act(turn)
        if not mine.standing.payable:
            turn.say("utter_only_disputed")
            return leave("promise", "promise_day")
        first = remainder.first_later(turn.words, mine)
        if first is not None:
            # "50 on the 5th and the rest at christmas"
            turn.say("utter_promise_first")
            turn = turn.wishing({"intent": self.intent, "text": first})
        now = from_message(turn, mine) if remainder.is_split(turn.words) else None
        if now is not None and is_fitting(turn, mine, now):
            # "50 now and the rest on Friday"
            return [*await give_link(turn, now), *remainder.promised(turn, mine, now.amount)]
        if "day" in turn.entities:
            # Resumed after the proof of identity had run out.
            day: dt.date | None = dt.date.fromisoformat(turn.entities["day"])
            amount = turn.slot("promise") or _amount(turn, mine)
        else:
            made = await turn.write(lambda session: standing(session, mine))
            day = dates.moved(turn.words, made.due_on if made else dt.date.min, mine.today, mine.phrases.locale)
            amount = await _remaining(turn, mine) or _amount(turn, mine, made)
            wanted = from_message(turn, mine)
            if turn.text and day is None and wanted is not None and not _speaks_of_later(turn.words, mine):
                # "I'll pay the 42" names no other time than now.
                return await Deed.by_intent["make_payment"].act(turn)
        kept = day.isoformat() if day and fits(turn, day, mine) else None
        return enter(FORM, promise=amount, promise_day=kept, promise_agreed=None, topic="promise")


class PromiseForm(Form):
    """Takes the day, then a clear yes. Another day or amount may still be named when the yes was asked for."""

    form = FORM
    slots = ("promise_day", "promise_agreed")

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The day or the yes."""
        if not turn.is_answer or not may_answer(turn, ANSWERS):
            return {}
        mine = await turn.write(lambda session: account(session, turn))
        first = remainder.first_later(turn.words, mine)
        if first is not None:
            turn.say("utter_promise_first")
            turn = turn.wishing({"intent": turn.intent, "text": first})
        day = _answered(turn, mine)
        if day is not None:
            kept = day.isoformat() if fits(turn, day, mine) else None
            return {"promise_day": kept, "promise_agreed": None, **_other_amount(turn, mine)}
        if turn.requested == "promise_agreed":
            return self._agreed(turn, mine)
        if turn.requested == "promise_day" and _UNKNOWN.search(plain(turn.words)):
            turn.say("utter_promise_open")
            return {"promise": None, "promise_day": None, "requested_slot": None}
        if turn.text and (turn.intent == "inform" or dates.is_vague(turn.words)):
            turn.say("utter_promise_day_unclear")
            return {"promise_day": None}
        return {}

    def _agreed(self, turn: Turn, mine: Account) -> dict[str, Any]:
        other = _other_amount(turn, mine)
        if other:
            return {**other, "promise_agreed": None}
        if turn.intent == "deny" and (choices.is_plain_no(turn.words) or not choices.is_hedged(turn.words)):
            return {}
        if (turn.intent == "affirm" and not turn.text) or choices.is_clear_yes(turn.words):
            return {"promise_agreed": True}
        if turn.intent in ("affirm", "inform", "deny") or choices.is_hedged(turn.words):
            turn.say("utter_yes_unclear")
            return {"promise_agreed": None}
        return {}


class AskPromiseDay(Question):
    """Asks which day."""

    title = "action_ask_promise_day"

    async def ask(self, turn: Turn) -> Events:
        """Ask."""
        turn.say("utter_ask_promise_day", days=policies.plans().promise_days)
        return []


class AskPromiseAgreed(Question):
    """Repeats the amount and the day, and asks for a yes."""

    title = "action_ask_promise_agreed"

    async def ask(self, turn: Turn) -> Events:
        """Ask."""
        phrases = await turn.write(lambda session: Phrases(turn.conversation(session).locale))
        turn.say("utter_promise_terms", **_terms(turn, phrases))
        return []


class RecordPromise(Deed):
    """The customer said yes: the promise is written down."""

    title = "action_record_promise"
    wish = "promise_to_pay"

    async def act(self, turn: Turn) -> Events:
        """Record and confirm. When the proof of identity has run out, the promise is remembered."""
        kept, day = turn.slot("promise"), turn.slot("promise_day")
        if await turn.write(turn.customer_if_known) is None:
            wished = turn.wishing(
                {"intent": self.wish, "text": "" if day else turn.text, "entities": {"day": day} if day else {}}
            )
            return ask_for_proof(wished, self.wish)
        if not kept:
            return leave("promise_day", "promise_agreed")  # they cannot say a day yet, and have heard that it is fine
        if not day or turn.slot("promise_agreed") is not True:
            mine = await turn.write(lambda session: account(session, turn))
            return enter(FORM, promise=kept, promise_day=day, promise_agreed=None)

        def record(session: Session) -> tuple[str, Phrases, bool]:
            customer = turn.customer(session)
            amount, due_on = Money(kept["minor"], kept["currency"]), dt.date.fromisoformat(day)
            moved = any(earlier.due_on != due_on for earlier in promises.promises(session, customer))
            promises.promise(session, customer, amount, due_on, turn.conversation_id)
            return first_name(customer), Phrases(turn.conversation(session).locale), moved

        try:
            name, phrases, moved = await turn.write(record)
        except InvalidInput as error:
            refused.tell(turn, error)
            mine = await turn.write(lambda session: account(session, turn))
            return enter(FORM, promise=_amount(turn, mine), promise_day=None, promise_agreed=None)
        said = "utter_promise_moved" if moved else "utter_promise_recorded"
        turn.say(said, name=name, **_terms(turn, phrases))
        return [
            *leave("promise", "promise_day", "promise_agreed"),
            *put(topic="promise"),
            *await remind_me.offered(turn),
        ]


def _answered(turn: Turn, mine: Account) -> dt.date | None:
    """The day in an answer. One that stands is not meant again by who refuses it: then "next friday" is a week on."""
    slot = turn.slot("promise_day")
    standing = dt.date.fromisoformat(slot) if slot else None
    locale = mine.phrases.locale
    day = dates.answered(turn.words, mine.today, locale)
    if standing is None or day is None:
        return day
    words = plain(turn.words)
    if day == standing and _REFUSES.search(words) and _NEXT.search(words) and weekdays.named(words):
        return day + dt.timedelta(weeks=1)
    return dates.moved(turn.words, standing, mine.today, locale) or day


def standing(session: Session, mine: Account) -> Promise | None:
    """The promise that stands."""
    return next(iter(promises.promises(session, mine.customer)), None)


def fits(turn: Turn, day: dt.date, mine: Account) -> bool:
    """Whether a promise may be for `day`; if not, that is said kindly."""
    last = mine.today + dt.timedelta(days=policies.plans().promise_days)
    if day < mine.today:
        turn.say("utter_promise_day_past")
    elif day > last:
        turn.say("utter_promise_day_far", day=mine.phrases.day(last))
    return mine.today <= day <= last


def _amount(turn: Turn, mine: Account, made: Promise | None = None) -> dict[str, Any]:
    """The amount that the message names; else that of the promise `made`, of which only the day moves (C11); else what
    is overdue."""
    wanted = from_message(turn, mine)
    usual = mine.standing.payable_overdue or mine.standing.payable
    if made is not None:
        usual = Money(min(made.amount, mine.standing.payable.minor), usual.currency)
    if wanted and wanted.amount > mine.standing.total:
        turn.say("utter_amount_too_much", total=mine.phrases.money(mine.standing.total))
    amount = wanted.amount if wanted and 0 < wanted.amount.minor <= mine.standing.total.minor else usual
    return {"minor": amount.minor, "currency": amount.currency}


def _other_amount(turn: Turn, mine: Account) -> dict[str, Any]:
    wanted = from_message(turn, mine) if turn.text else None
    if wanted is None:
        return {}
    is_fit = is_fitting(turn, mine, wanted)
    return {"promise": _amount(turn, mine) if is_fit else turn.slot("promise")}


def _terms(turn: Turn, phrases: Phrases) -> dict[str, Any]:
    kept = turn.slot("promise")
    return {
        "amount": phrases.money(Money(kept["minor"], kept["currency"])),
        "day": phrases.day(dt.date.fromisoformat(turn.slot("promise_day"))),
    }


async def _remaining(turn: Turn, mine: Account) -> dict[str, Any] | None:
    """What remains beside the links of this conversation, where the message puts off the rest of it."""
    if not turn.text or not remainder.is_rest_later(turn.words, mine):
        return None
    linked = await turn.write(lambda session: under_way(session, mine.customer, turn.conversation_id))
    rest = mine.standing.payable.minor - linked
    return {"minor": rest if rest > 0 else mine.standing.payable.minor, "currency": mine.standing.currency}


def _speaks_of_later(text: str, mine: Account) -> bool:
    return bool(_LATER.search(plain(text))) or dates.is_vague(text) or remainder.is_rest_later(text, mine)
