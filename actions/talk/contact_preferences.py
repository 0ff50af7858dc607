"""When, how and in which language they want to hear from us: binding from the moment it is said (C7)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from babel import Locale
from babel.dates import format_time, get_day_names
from sqlalchemy.orm import Session

from actions import records
from actions.deed import Deed, Form
from actions.phrases import Phrases
from actions.reading import times
from actions.sensitive import SENSITIVE
from actions.talk import beside, reaching, texting
from actions.turn import Events, Turn, enter, leave, put
from bot import clock, policies
from bot.billing import holds, promises
from bot.conversations import preferences
from bot.conversations.preferences import Wish
from bot.conversations.spoken import follow
from bot.models import Customer, Hold, HoldKind, HoldStatus, Medium, PreferenceKind

FORM = "preference_form"
_WHOLLY = re.compile(r"\b(?:at all|ever again|ever|any ?more|whatsoever|forever|for good|anything)\b")
STRAYS = frozenset({"inform", "nlu_fallback", "out_of_scope", "set_contact_preference", "change_language"})
_CONTACT = (
    r"(?:contact|call|phon(?:e|ing)|ring|text|messag(?:e|ing)|e-?mail|whatsapp|writ(?:e|ing)|reach|get in touch|send)"
)
_ALLOWS = re.compile(
    r"\b(?:you(?: guys| all)? (?:can|may|could)|"
    r"(?:ok|okay|fine|all ?right|happy|good)(?: with me)?(?: if you| for you to| to)|"
    r"feel free to|please (?:start|resume)|want you to|i'?d like you to) "
    rf"(?:(?:now|again|please|still|always|start|go ahead and|resume|to|once more) ){{0,3}}{_CONTACT}(?:ing)?\b"
)
_REFUSAL = re.compile(r"\b(?:stop|never|don'?t|do not|no more|not|nothing|can'?t|cannot|only|leave me)\b")


class SetContactPreference(Deed):
    """They say how they want to be reached. Nobody has to prove anything for it: it binds for this conversation."""

    title = "action_set_contact_preference"
    intent = "set_contact_preference"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Write it down and confirm it in one sentence, or ask what they would like. A stop that is in force is lifted
        by a person."""
        if allows(turn.words) and await turn.write(lambda session: _is_stopped(session, turn)):
            turn.say("utter_contact_again")
            return []
        if reaching.asks(turn.words):
            return await say_what_stands(turn)
        wishes = await _read(turn)
        if wishes:
            return await keep(turn, wishes)
        return [*beside.interrupted(turn), *enter(FORM, preference=None)]


class PreferenceForm(Form):
    """Takes how they would like it."""

    form = FORM
    slots = ("preference",)

    async def take(self, turn: Turn) -> dict[str, Any]:
        """True when the message says it."""
        if not turn.is_answer or turn.requested is None or turn.intent in SENSITIVE | {"cancel", "deny"}:
            return {}
        if await _read(turn):
            return {"preference": True}
        if reaching.asks(turn.words):
            return {}
        if turn.intent in STRAYS and turn.text:
            turn.say("utter_preference_unclear")
            return {"preference": None}
        return {}


class KeepPreference(Deed):
    """It was said: write it down."""

    title = "action_keep_preference"

    async def act(self, turn: Turn) -> Events:
        """Keep and confirm."""
        return await keep(turn, await _read(turn))


def allows(text: str) -> bool:
    """Whether `text` says that we may reach them again, and refuses nothing afterwards."""
    said = text.lower().replace("’", "'")
    found = _ALLOWS.search(said)
    return found is not None and not _REFUSAL.search(said[found.end() :])


async def leaves_a_way(turn: Turn) -> bool:
    """Whether a message that refuses contact leaves some: another medium, a later day, other hours or days."""
    kinds = {wish.kind for wish in await _read(turn)}
    if kinds & {PreferenceKind.WELCOME, PreferenceKind.QUIET_UNTIL}:
        return True
    is_whole = _WHOLLY.search(turn.words.lower())
    return not is_whole and bool(kinds & {PreferenceKind.HOURS, PreferenceKind.DAYS})


def _is_stopped(session: Session, turn: Turn) -> bool:
    """Whether a refusal of contact is in force; that they take it back is written down for the desk then."""
    customer = turn.customer_if_known(session)
    theirs = [Hold.conversation_id == turn.conversation_id]
    if customer is not None:
        theirs.append(Hold.customer_id == customer.id)
    held = sa.select(Hold.id).where(sa.or_(*theirs), Hold.kind == HoldKind.CEASE, Hold.status != HoldStatus.LIFTED)
    if session.scalar(held.limit(1)) is None:
        return False
    records.open_case(session, turn, "cease_contact", customer, note="Allows contact again; a stop is in force.")
    return True


async def _read(turn: Turn) -> list[Wish]:
    def look(session: Session) -> tuple[str, str]:
        customer = turn.customer_if_known(session)
        return turn.conversation(session).locale, customer.time_zone if customer else policies.desk().time_zone

    locale, zone = await turn.write(look)
    return reaching.preferences(turn.words, clock.today(zone), locale)


async def keep(turn: Turn, wishes: Sequence[Wish]) -> Events:
    """Write `wishes` down and confirm them in one sentence."""

    language = next((wish.value["language"] for wish in wishes if wish.kind == PreferenceKind.LANGUAGE), None)

    def write(session: Session) -> str:
        customer: Customer | None = turn.customer_if_known(session)
        conversation = turn.conversation(session)
        preferences.record(session, conversation, customer.id if customer else None, wishes)
        welcome = [wish.medium for wish in wishes if wish.kind == PreferenceKind.WELCOME]
        refused = [wish.medium for wish in wishes if wish.kind == PreferenceKind.REFUSED]
        texting.allow(session, conversation, customer, welcome)
        texting.refuse(session, conversation, customer, refused)
        if any(wish.kind == PreferenceKind.REFUSED for wish in wishes):
            records.open_case(session, turn, "set_contact_preference", customer)
        if language is not None:
            follow(conversation, customer, language)
        return conversation.locale

    locale = await turn.write(write)
    events = turn.speak(locale) if language is not None else []
    turn.say("utter_preference_noted", wishes=spoken(wishes, Phrases(locale)))
    return [*events, *leave("preference"), *put(topic=None)] if turn.loop in (None, FORM) else events


async def say_what_stands(turn: Turn) -> Events:
    """How we reach them now, as far as they have said; nothing is written down for a question (C4, C7). Who is unknown
    hears of this conversation alone (P1)."""

    def look(session: Session) -> tuple[Phrases, bool, list[Wish], dt.date | None]:
        customer, conversation = turn.customer_if_known(session), turn.conversation(session)
        is_over = customer is not None and HoldKind.CEASE in holds.holds_on(session, customer.id)
        made = promises.promises(session, customer) if customer else []
        standing = preferences.of(session, conversation.id, customer.id if customer else None)
        refused = texting.refused(session, conversation, customer) | standing.refused
        wishes = [Wish(PreferenceKind.REFUSED, medium) for medium in sorted(refused)]
        wishes += [Wish(PreferenceKind.WELCOME, medium) for medium in sorted(standing.welcome - refused)]
        if standing.hours:
            wishes.append(Wish(PreferenceKind.HOURS, None, dict(zip(("start", "end"), standing.hours, strict=True))))
        if standing.days is not None:
            wishes.append(Wish(PreferenceKind.DAYS, None, {"days": sorted(standing.days)}))
        today = clock.today(customer.time_zone if customer else policies.desk().time_zone)
        if standing.quiet_until and standing.quiet_until > today:
            wishes.append(Wish(PreferenceKind.QUIET_UNTIL, None, {"until": standing.quiet_until.isoformat()}))
        return Phrases(conversation.locale), is_over, wishes, made[0].due_on if made else None

    phrases, is_over, wishes, promised = await turn.write(look)
    if is_over:
        turn.say("utter_contact_stopped")
    elif wishes:
        turn.say("utter_contact_stands", wishes=spoken(wishes, phrases))
    else:
        turn.say("utter_contact_unsaid")
    if promised is not None and not is_over:
        turn.say("utter_contact_promised", day=phrases.day(promised))
    return []


def spoken(wishes: Sequence[Wish], phrases: Phrases) -> str:
    """Part of a sentence that says `wishes` back: no calls; texts are fine; nothing before 10:00 AM."""
    parts = []
    refused = {wish.medium for wish in wishes if wish.kind == PreferenceKind.REFUSED}
    welcome = [wish.medium for wish in wishes if wish.kind == PreferenceKind.WELCOME and wish.medium]
    is_only = bool(welcome) and refused | {*welcome, Medium.WEB} == set(Medium)
    if is_only:
        media = phrases.listed([phrases.say(f"medium_{medium}") for medium in welcome])
        parts.append(phrases.say("preference_only", media=media))
    for kind in (PreferenceKind.REFUSED, PreferenceKind.WELCOME):
        named = [phrases.say(f"medium_{wish.medium}") for wish in wishes if wish.kind == kind and wish.medium]
        if named and not is_only:
            parts.append(phrases.say(f"preference_{kind}", media=phrases.listed(named)))
    parts += [
        _said(wish, phrases) for wish in wishes if wish.kind not in (PreferenceKind.REFUSED, PreferenceKind.WELCOME)
    ]
    return "; ".join(parts)


def _said(wish: Wish, phrases: Phrases) -> str:
    babel = Locale.parse(phrases.locale, sep="-")
    match wish.kind:
        case PreferenceKind.HOURS:
            start, end = (
                format_time(_time(wish.value[name]), format="short", locale=babel) for name in ("start", "end")
            )
            if wish.value["end"] >= times.DAY:
                return phrases.say("preference_after", start=start)
            if wish.value["start"] == 0:
                return phrases.say("preference_before", end=end)
            return phrases.say("preference_hours", start=start, end=end)
        case PreferenceKind.DAYS:
            names = get_day_names("wide", locale=babel)
            days, key = list(wish.value["days"]), "preference_days"
            if len(days) > len(names) // 2 + 1:
                days, key = [day for day in range(len(names)) if day not in days], "preference_other_days"
            return phrases.say(key, days=phrases.listed([names[day] for day in days]))
        case PreferenceKind.QUIET_UNTIL:
            return phrases.say("preference_quiet", day=phrases.day(dt.date.fromisoformat(wish.value["until"])))
        case _:
            name = reaching.language_name(wish.value["language"], phrases.locale)
            return phrases.say("preference_language", language=name)


def _time(minute: int) -> dt.time:
    return dt.time(*divmod(minute % times.DAY, 60))
