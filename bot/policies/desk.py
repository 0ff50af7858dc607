"""When people are there, which languages are spoken, what may be promised about calls, waits and feedback."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

import holidays
from pydantic import Field, field_validator

from bot.models import Role
from bot.policies.file import Policy

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Language = Annotated[str, Field(pattern="^[a-z]{2}$")]
_SPAN = re.compile(r"(\d\d?):(\d\d)-(\d\d?):(\d\d)")


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
    hours: dict[str, tuple[int, int]] = Field(min_length=1)
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
        return self.hours.get(WEEKDAYS[day.weekday()])

    def _is_holiday(self, day: dt.date) -> bool:
        return self.holidays is not None and day in _calendar(self.holidays, day.year)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("a time zone like America/New_York is expected")
        return name

    @field_validator("hours", mode="before")
    @classmethod
    def _in_minutes(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not set(given) <= set(WEEKDAYS):
            raise ValueError(f"hours by {', '.join(WEEKDAYS)} are expected")
        return {day: _minutes(str(span)) for day, span in given.items()}

    @field_validator("holidays")
    @classmethod
    def _known_country(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                _calendar(name, 2026)
            except NotImplementedError as error:
                raise ValueError("a country like US, or US-CA, whose holidays are known is expected") from error
        return name


def _minutes(span: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(span)
    if found is None:
        raise ValueError("opening hours like 08:00-17:30 are expected")
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if not 0 <= start < end <= 24 * 60:
        raise ValueError("opening hours begin before they end, within one day")
    return start, end


def _calendar(name: str, year: int) -> holidays.HolidayBase:
    country, _, part = name.partition("-")
    return holidays.country_holidays(country, subdiv=part or None, years=year)
