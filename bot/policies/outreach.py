"""What the operator chooses of messages that we begin, beside what the law asks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from bot.models import Medium, ReminderKind
from bot.policies.file import Policy
from bot.policies.jurisdiction import Cap
from bot.policies.template import STEPS

Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Step = Annotated[int, Field(ge=-30, le=365)]
QuietDays = Annotated[int, Field(ge=0, le=60)]


class PauseCause(StrEnum):
    """Why a cadence pauses by itself."""

    ANSWERED = "answered"
    PAID = "paid"
    PERSON = "person"
    PLAN_TALK = "plan_talk"
    PROMISED = "promised"
    CASE = "case"


TIMED = frozenset({PauseCause.ANSWERED, PauseCause.PAID, PauseCause.PERSON, PauseCause.PLAN_TALK})


class LateDays(Policy):
    """For how many days a step may still go that could not go on its day: one `ahead` of its date or on it, and one
    `after` it."""

    ahead: int = Field(ge=0, le=2)
    after: int = Field(ge=0, le=14)


class OutreachPolicy(Policy):
    """`policies/outreach.yml`. `paused` stops all that we begin; `jurisdictions` names a file for each country; `caps`
    are the operator's own and count beside the law's (C2); within `quiet_minutes` of a customer's last word, and while
    a person has the conversation, nothing is begun. `steps` are the cadence (K10), in days from a date; `quiet_days`,
    `paused_by` and `cases` say what pauses it by itself."""

    paused: bool
    jurisdictions: dict[Country, Annotated[str, Field(pattern="^[a-z][a-z_]*$")]] = Field(min_length=1)
    caps: tuple[Cap, ...]
    quiet_minutes: int = Field(ge=5, le=1440)
    look_again_minutes: int = Field(ge=10, le=1440)
    steps: dict[ReminderKind, tuple[Step, ...]]
    late_days: LateDays
    quiet_days: dict[PauseCause, QuietDays]
    paused_by: dict[ReminderKind, frozenset[PauseCause]]
    cases: frozenset[str]
    media: tuple[Medium, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _c2(self) -> OutreachPolicy:
        if len({cap.days for cap in self.caps}) != len(self.caps):
            raise ValueError("caps names a number of days twice")
        return self

    @model_validator(mode="after")
    def _whole(self) -> OutreachPolicy:
        for name, table in (("steps", self.steps), ("paused_by", self.paused_by)):
            if missing := [kind for kind in ReminderKind if kind not in table]:
                raise ValueError(f"{name} needs {missing[0]}")
        for kind, steps in self.steps.items():
            if list(steps) != sorted(set(steps)):
                raise ValueError(f"steps.{kind} must rise, each day once")
            if unsaid := sorted(set(steps) - set(STEPS[kind])):
                raise ValueError(f"steps.{kind}: {unsaid[0]} has no words; there are {STEPS[kind]}")
        if set(self.quiet_days) != TIMED:
            raise ValueError(f"quiet_days needs {', '.join(sorted(TIMED))} and nothing else")
        if len(set(self.media)) != len(self.media):
            raise ValueError("media names one twice")
        return self

    @model_validator(mode="after")
    def _asked_once(self) -> OutreachPolicy:
        for kind in (ReminderKind.INSTALMENT, ReminderKind.PROMISE):
            if len([step for step in self.steps[kind] if step > 0]) > 1:
                raise ValueError(f"steps.{kind}: after the day one kind question is asked, and then we wait (K1, K7)")
        return self
