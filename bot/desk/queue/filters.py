"""What an agent chooses to see of the lists. It is kept in the page's address, and holds codes only, nobody's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import Depends, Query
from sqlalchemy.orm import Session

from bot import policies
from bot.desk.auth import Seat
from bot.desk.identity import language
from bot.desk.text import clean
from bot.models import Ability, Channel, Conversation, Handoff

Code = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on a list; an empty one is none. `language` is ISO 639-1; `fits` leaves what the agent can take on."""

    skill: str = ""
    language: str = ""
    channel: str = ""
    tier: int = 0
    reason: str = ""
    fits: bool = False

    def conditions(self, session: Session, seat: Seat) -> list[sa.ColumnElement[bool]]:
        """On `Conversation` joined with its `Handoff`."""
        wanted: list[sa.ColumnElement[bool]] = []
        if self.skill:
            wanted.append(Handoff.skill == self.skill)
        if self.language:
            wanted.append(_speaks([self.language]))
        if self.channel:
            wanted.append(Conversation.channel == self.channel)
        if self.reason:
            wanted.append(Handoff.reason == self.reason)
        if self.tier:
            wanted.append(_of_tier(self.tier))
        if self.fits and (ability := session.get(Ability, seat.agent.id)) is not None:
            if ability.skills is not None:
                wanted.append(Handoff.skill.in_(ability.skills))
            if ability.languages is not None:
                wanted.append(_speaks(ability.languages))
        return wanted


NONE = Filters()


def asked(
    skill: Code = "",
    language: Code = "",
    channel: Code = "",
    tier: Literal["", "1", "2", "3"] = "",
    reason: Code = "",
    fits: Literal["", "yes"] = "",
) -> Filters:
    """From an address. A code that nothing has finds nothing; raises `InvalidInput` for half a character."""
    return Filters(clean(skill), clean(language), clean(channel), int(tier or 0), clean(reason), fits == "yes")


Asked = Annotated[Filters, Depends(asked)]


def choices() -> dict[str, list[tuple[str, str, str]]]:
    """What can be chosen for each filter: code, words and, for a tier, its meaning; from the policies."""
    criteria, spoken = policies.escalation(), policies.desk().languages
    return {
        "skill": [(skill, _plain(skill), "") for skill in criteria.skills],
        "language": [(code, language(code), "") for code in dict.fromkeys([*spoken.assistant, *spoken.team])],
        "channel": [(str(channel), name, "") for channel, name in CHANNELS.items()],
        "tier": [(str(number), f"{number} · {tier.name}", tier.meaning) for number, tier in criteria.tiers.items()],
        "reason": [(reason, _plain(reason), "") for reason in [*criteria.tier_by_reason, "technical_failure"]],
    }


CHANNELS = {Channel.WEB: "Website", Channel.SMS: "SMS", Channel.WHATSAPP: "WhatsApp", Channel.EMAIL: "E-mail"}


def _speaks(languages: list[str]) -> sa.ColumnElement[bool]:
    same = (sa.or_(Conversation.locale == code, Conversation.locale.startswith(f"{code}-")) for code in languages)
    return sa.or_(sa.false(), *same)


def _of_tier(tier: int) -> sa.ColumnElement[bool]:
    """The first tier takes every reason that no criterion names."""
    named = policies.escalation().tier_by_reason
    if tier == 1:
        return Handoff.reason.not_in([reason for reason, number in named.items() if number != 1])
    return Handoff.reason.in_([reason for reason, number in named.items() if number == tier])


def _plain(code: str) -> str:
    return code.replace("_", " ").capitalize()
