"""What a customer tells an agent about being written to or called: read, checked, written down (C4, C7)."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from bot import clock
from bot.conversations import consents, preferences, tone_wishes
from bot.conversations.preferences import Wish
from bot.errors import Conflict, InvalidInput
from bot.models import (
    Agent,
    Channel,
    Consent,
    ConsentSource,
    Conversation,
    Customer,
    Medium,
    Preference,
    PreferenceKind,
    ToneWish,
)
from bot.policies import Tone

DAY = 24 * 60


class Said(BaseModel):
    """One wish as the page sends it; which of the fields counts, `kind` says: a preference's, or how they want to be
    spoken to. `start` and `end` are minutes after
    midnight in the customer's zone, days count from Monday, 0."""

    kind: PreferenceKind | Literal["tone"]
    medium: Medium | None = None
    start: int = Field(0, ge=0, le=DAY)
    end: int = Field(DAY, ge=0, le=DAY)
    days: list[int] = Field(default_factory=list, max_length=7)
    until: dt.date | None = None
    language: str = Field("", max_length=2)
    tone: Tone | None = None


def note(
    session: Session, agent: Agent, conversation: Conversation, customer: Customer | None, said: Said
) -> Preference | ToneWish | None:
    """Write the wish down, as the customer's where they are known here; None where the newest of its kind says the
    same. Raises `InvalidInput`, and `Conflict` for a tone of somebody who is not known."""
    if said.kind == "tone":
        return _tone(session, agent, customer, said.tone)
    wish = _wish(said, PreferenceKind(said.kind), customer.time_zone if customer else "UTC")
    before = preferences.of(session, conversation.id, customer.id if customer else None)
    if _binds_already(before, wish):
        return None
    return preferences.record(session, conversation, customer.id if customer else None, [wish])[0]


def consent(
    session: Session,
    agent: Agent,
    customer: Customer,
    conversation: Conversation | None,
    channel: Channel,
    *,
    yes: bool,
) -> Consent | None:
    """A yes or no to messages to the phone or e-mail address on file, on the customer's word; None where it is so
    already. Raises `InvalidInput` for the website, `Conflict` where nothing is on file."""
    if channel == Channel.WEB:
        raise InvalidInput("Nobody is written to on the website unless they are there.")
    address = customer.email if channel == Channel.EMAIL else customer.phone
    if not address:
        named = "e-mail address" if channel == Channel.EMAIL else "phone number"
        raise Conflict(f"There is no {named} on file.")
    return consents.record(
        session,
        channel=channel,
        address=address,
        granted=yes,
        source=ConsentSource.AGENT,
        conversation=conversation,
        customer_id=customer.id,
        agent_id=agent.id,
    )


def _tone(session: Session, agent: Agent, customer: Customer | None, tone: Tone | None) -> ToneWish | None:
    if tone is None:
        raise InvalidInput("Please choose how they want to be spoken to.")
    if customer is None:
        raise Conflict("We do not know yet who this is.")
    return tone_wishes.record(session, customer.id, tone, agent_id=agent.id)


def _wish(said: Said, kind: PreferenceKind, zone: str) -> Wish:
    value: dict[str, Any] = {}
    match kind:
        case PreferenceKind.REFUSED | PreferenceKind.WELCOME:
            return Wish(kind, said.medium)
        case PreferenceKind.HOURS:
            if said.start >= said.end:
                raise InvalidInput("The hours begin before they end.")
            value = {"start": said.start, "end": said.end}
        case PreferenceKind.DAYS:
            days = sorted(set(said.days))
            if not days or not set(days) <= set(range(7)):
                raise InvalidInput("Please choose at least one day.")
            value = {"days": days}
        case PreferenceKind.QUIET_UNTIL:
            today = clock.today(zone)
            if said.until is None or not today < said.until <= today + dt.timedelta(days=366):
                raise InvalidInput("Please choose a day within a year from now.")
            value = {"until": said.until.isoformat()}
        case PreferenceKind.LANGUAGE:
            if not (said.language.isascii() and said.language.isalpha() and len(said.language) == 2):
                raise InvalidInput("Please choose a language.")
            value = {"language": said.language.lower()}
    return Wish(kind, said.medium, value)


def _binds_already(standing: preferences.Standing, wish: Wish) -> bool:
    media = {wish.medium} if wish.medium else set(Medium)
    match wish.kind:
        case PreferenceKind.REFUSED:
            return media <= standing.refused
        case PreferenceKind.WELCOME:
            return media <= standing.welcome
        case PreferenceKind.HOURS:
            return standing.hours == (wish.value["start"], wish.value["end"])
        case PreferenceKind.DAYS:
            return standing.days == frozenset(wish.value["days"])
        case PreferenceKind.QUIET_UNTIL:
            return standing.quiet_until is not None and standing.quiet_until.isoformat() == wish.value["until"]
        case PreferenceKind.LANGUAGE:
            return standing.language == str(wish.value["language"])
