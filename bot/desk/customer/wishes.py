"""What a customer tells an agent about being written to or called: read, checked, written down (C4, C7)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from bot import clock
from bot.conversations import consents, preferences
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
)

DAY = 24 * 60


class Said(BaseModel):
    """One wish as the page sends it; which of the fields counts, `kind` says. `start` and `end` are minutes after
    midnight in the customer's zone, days count from Monday, 0."""

    kind: PreferenceKind
    medium: Medium | None = None
    start: int = Field(0, ge=0, le=DAY)
    end: int = Field(DAY, ge=0, le=DAY)
    days: list[int] = Field(default_factory=list, max_length=7)
    until: dt.date | None = None
    language: str = Field("", max_length=2)


def note(session: Session, conversation: Conversation, customer: Customer | None, said: Said) -> Preference | None:
    """Write the wish down, as the customer's where they are known here; None where the newest of its kind says the
    same. Raises `InvalidInput`."""
    wish = _wish(said, customer.time_zone if customer else "UTC")
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
    """A yes or no to messages to the phone on file, on the customer's word; None where it is so already. Raises
    `InvalidInput` for the website, `Conflict` without a phone."""
    if channel == Channel.WEB:
        raise InvalidInput("Nobody is written to on the website unless they are there.")
    if not customer.phone:
        raise Conflict("There is no phone number on file.")
    return consents.record(
        session,
        channel=channel,
        address=customer.phone,
        granted=yes,
        source=ConsentSource.AGENT,
        conversation=conversation,
        customer_id=customer.id,
        agent_id=agent.id,
    )


def _wish(said: Said, zone: str) -> Wish:
    value: dict[str, Any] = {}
    match said.kind:
        case PreferenceKind.REFUSED | PreferenceKind.WELCOME:
            return Wish(said.kind, said.medium)
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
    return Wish(said.kind, said.medium, value)


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
