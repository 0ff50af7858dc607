"""When people are there, which languages are spoken, what may be promised about calls, waits and feedback."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator

from bot.models import Role
from bot.policies import week
from bot.policies.file import Policy

Language = Annotated[str, Field(pattern="^[a-z]{2}$")]


class WaitPolicy(Policy):
    """When an estimate of the wait may be told: from at least `claims_least` claims of `recent_days`."""

    recent_days: int = Field(ge=1, le=90)
    claims_least: int = Field(ge=1)
    minutes_most: int = Field(ge=5)


class CallbackPolicy(Policy):
    """How far ahead and how soon a call may be, and how exactly it is promised."""

    days_most: int = Field(ge=1, le=90)
    notice_minutes: int = Field(ge=0, le=1440)
    window_minutes: int = Field(ge=15, le=480)


class LanguagesPolicy(Policy):
    """Who speaks what. `by_own_name` are known by what they call themselves, too; `also_called` are further names."""

    assistant: list[Language] = Field(min_length=1)
    team: list[Language] = Field(min_length=1)
    by_own_name: list[Language] = Field(default_factory=list)
    also_called: dict[str, Language] = Field(default_factory=dict)


class FeedbackPolicy(Policy):
    """How often feedback is asked for, which rating is met humbly, and beside which open cases it is never asked for
    (K14)."""

    quiet_days: int = Field(ge=1)
    resolved_hours: int = Field(ge=1, le=168)
    humble_at_most: int = Field(ge=1, le=4)
    never_beside: frozenset[str]


class SecondFactorPolicy(Policy):
    """Who must have a second factor; everybody may."""

    required_for: frozenset[Role]


class DeskPolicy(Policy):
    """`policies/desk.yml`. `hours` by weekday are minutes after midnight in `time_zone`; a missing day is closed."""

    time_zone: str
    hours: week.WeekHours = Field(min_length=1)
    holidays: str | None = None
    closed_on: list[dt.date] = Field(default_factory=list)
    wait: WaitPolicy
    callback: CallbackPolicy
    languages: LanguagesPolicy
    feedback: FeedbackPolicy
    return_hours: int = Field(ge=1)
    second_factor: SecondFactorPolicy

    @property
    def zone(self) -> ZoneInfo:
        """The desk's own time zone."""
        return ZoneInfo(self.time_zone)

    def hours_on(self, day: dt.date) -> tuple[int, int] | None:
        """When the desk is open on `day`, in minutes after midnight of its zone; None when it is closed."""
        if day in self.closed_on or self._is_holiday(day):
            return None
        return week.on(self.hours, day)

    def _is_holiday(self, day: dt.date) -> bool:
        return self.holidays is not None and day in week.calendar(self.holidays, day.year)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("a time zone like America/New_York is expected")
        return name

    @field_validator("holidays")
    @classmethod
    def _known_country(cls, name: str | None) -> str | None:
        if name is not None and not week.has_calendar(name):
            raise ValueError("a country like US, or US-CA, whose holidays are known is expected")
        return name
