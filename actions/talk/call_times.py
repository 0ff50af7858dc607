"""When a call may be: what somebody asks for, fitted into the desk's hours. Pure functions of instants in UTC."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from zoneinfo import ZoneInfo

from actions.reading import dates, times
from actions.talk import reaching
from bot import policies
from bot.conversations import hours
from bot.conversations.hours import Span


class Misfit(StrEnum):
    """Why a call cannot be when it was asked for."""

    PAST = "past"
    FAR = "far"
    CLOSED = "closed"


def soonest(now: dt.datetime) -> Span | None:
    """The first call that may be promised; None while no opening is in sight."""
    policy = policies.desk().callback
    spans = hours.openings(now, days=policy.days_most + 1)
    return _within(spans, Span(now + dt.timedelta(minutes=policy.notice_minutes), now + dt.timedelta(days=365)))


def asked(text: str, zone: ZoneInfo, locale: str, now: dt.datetime) -> Span | Misfit | None:
    """The call that `text` asks for, in the hours of the desk; why it cannot be; None where it names no time."""
    today = now.astimezone(zone).date()
    day, part = dates.read(text, today, locale), times.read(text)
    if day is None and part is None:
        return (soonest(now) or Misfit.CLOSED) if reaching.is_any_time(text) else None
    policy = policies.desk().callback
    if day is None:
        assert part is not None
        is_over = _instant(today, part.end, zone) <= now + dt.timedelta(minutes=policy.notice_minutes)
        day = today + dt.timedelta(days=int(is_over))
    if day < today:
        return Misfit.PAST
    if day > today + dt.timedelta(days=policy.days_most):
        return Misfit.FAR
    start, end = (part.start, part.end) if part else (0, times.DAY)
    earliest = now + dt.timedelta(minutes=policy.notice_minutes)
    wanted = Span(max(_instant(day, start, zone), earliest), _instant(day, end, zone))
    if wanted.ends_at <= earliest:
        return Misfit.PAST
    spans = hours.openings(now, days=policy.days_most + 2)
    return _within(spans, wanted, whole=part is not None) or Misfit.CLOSED


def _within(spans: list[Span], wanted: Span, *, whole: bool = False) -> Span | None:
    """The first part of `wanted` in which people are there: all of that part where a time was named (`whole`), else as
    much as a call is promised within."""
    window = dt.timedelta(minutes=policies.desk().callback.window_minutes)
    for span in spans:
        start, end = max(span.starts_at, wanted.starts_at), min(span.ends_at, wanted.ends_at)
        start = _rounded(start)
        if end - start >= dt.timedelta(minutes=15):
            return Span(start, end if whole else min(end, start + window))
    return None


def _rounded(at: dt.datetime) -> dt.datetime:
    """Up to the quarter of an hour: nobody promises 9:07."""
    over = dt.timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at + dt.timedelta(minutes=15) - over if over else at


def _instant(day: dt.date, minute: int, zone: ZoneInfo) -> dt.datetime:
    ahead, minute = divmod(minute, times.DAY)
    local = dt.datetime.combine(day + dt.timedelta(days=ahead), dt.time(*divmod(minute, 60)), zone)
    return local.astimezone(dt.UTC)
