"""On which days a plan's instalments fall: every week, every second one or every month, on the customer's pay day (K4).

Dates are calendar days of the customer's own; no clock change touches them.
"""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot import policies
from bot.errors import InvalidInput, Reason
from bot.models import Frequency

WEEKS = {Frequency.WEEKLY: 1, Frequency.FORTNIGHTLY: 2}
# A first day that is not a pay day is followed by the first pay day at least so many days later: half a period.
_HALF = {Frequency.WEEKLY: 4, Frequency.FORTNIGHTLY: 7, Frequency.MONTHLY: 15}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often and on which day. `pay_day` is a weekday (0 is Monday) or, monthly, a day of the month: 31 is its last.

    `first` is the first day, when the customer chose it. What is left open follows from the policy, and the pay day
    from the first day. Raises `InvalidInput` for a pay day that there is not.
    """

    frequency: Frequency = Frequency.MONTHLY
    pay_day: int | None = None
    first: dt.date | None = None

    def __post_init__(self) -> None:
        days = range(1, 32) if self.frequency == Frequency.MONTHLY else range(7)
        if self.pay_day is not None and self.pay_day not in days:
            raise InvalidInput("There is no such day to pay on.", about=self.pay_day, reason=Reason.DAY)

    def beginning(self, today: dt.date, *, after_down: bool = False) -> Rhythm:
        """The same with its first day and its pay day: by default the first pay day that leaves the policy's time.

        `after_down`: a part is paid today, so that an instalment is due tomorrow or later. Raises `InvalidInput` for a
        first day that is past or too far ahead (`about` is the last that would do).
        """
        soonest, last = today + dt.timedelta(days=int(after_down)), last_first_day(today)
        if self.first is not None:
            if not soonest <= self.first <= last:
                words = f"The first instalment can be due from {soonest.isoformat()} to {last.isoformat()}."
                raise InvalidInput(words, about=last, reason=Reason.DAY)
            return replace(self, pay_day=self.pay_day if self.pay_day is not None else self._day_of(self.first))
        first = today + dt.timedelta(days=policies.plans().first_due_days)
        if self.pay_day is not None:
            first = next_on(self.frequency, self.pay_day, first)
            if first > last:  # further than a first day may be: an earlier pay day, or the last day there is
                first = self._last_on(self.pay_day, soonest, last)
        return replace(self, first=first, pay_day=self.pay_day if self.pay_day is not None else self._day_of(first))

    def nearest(self, today: dt.date) -> Rhythm:
        """The same, with a first day out of bounds brought within them, on the same day of the week or month."""
        last = last_first_day(today)
        if self.first is None or today <= self.first <= last:
            return self
        if self.first < today:
            return replace(
                self, first=None, pay_day=self.pay_day if self.pay_day is not None else self._day_of(self.first)
            )
        day = self.pay_day if self.pay_day is not None else self._day_of(self.first)
        return replace(self, first=self._last_on(day, today, last), pay_day=day)

    def dates(self) -> Iterator[dt.date]:
        """The first day and, without end, those after it. `first` and `pay_day` are given."""
        assert self.first is not None
        assert self.pay_day is not None
        yield self.first
        second = self.first + dt.timedelta(days=_HALF[self.frequency])
        second = next_on(self.frequency, self.pay_day, second)
        if self._is_on(self.first):
            second = later(self.first, self.frequency, 1, self.pay_day)
        for periods in itertools.count():
            yield later(second, self.frequency, periods, self.pay_day)

    def within(self, months: int) -> list[dt.date]:
        """As many dates as a plan of `months` has: see `periods`; the last lies before `months` have gone by."""
        assert self.first is not None
        end = months_later(self.first, months)
        return list(itertools.takewhile(end.__gt__, itertools.islice(self.dates(), periods(self.frequency, months))))

    def _day_of(self, day: dt.date) -> int:
        return day.day if self.frequency == Frequency.MONTHLY else day.weekday()

    def _is_on(self, day: dt.date) -> bool:
        assert self.pay_day is not None
        return next_on(self.frequency, self.pay_day, day) == day

    def _last_on(self, pay_day: int, today: dt.date, last: dt.date) -> dt.date:
        days = (last - dt.timedelta(days=ago) for ago in range((last - today).days + 1))
        return next((day for day in days if next_on(self.frequency, pay_day, day) == day), last)


def last_first_day(today: dt.date) -> dt.date:
    """The furthest day on which a first instalment may be due."""
    return today + dt.timedelta(days=policies.plans().first_due_days_most)


def periods(frequency: Frequency, months: int) -> int:
    """How many instalments a plan of `months` has at most: one a month, or as many as there are whole weeks or
    fortnights in twelfths of 52 weeks: 13 and 6 in three months, 52 and 26 in twelve."""
    return months if frequency == Frequency.MONTHLY else months * 52 // (12 * WEEKS[frequency])


def later(day: dt.date, frequency: Frequency, periods: int, pay_day: int | None = None) -> dt.date:
    """`day` so many periods on. Monthly on the day `pay_day` of the month, by default `day`'s own, or the month's last:
    so 31 January is followed by 28 February, and that by 31 March."""
    if frequency == Frequency.MONTHLY:
        return months_later(day, periods, pay_day)
    return day + dt.timedelta(weeks=WEEKS[frequency] * periods)


def months_later(day: dt.date, months: int, day_of_month: int | None = None) -> dt.date:
    """`day` so many months on, on the given day of that month or, where it is too short, on its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day_of_month or day.day, last))


def next_on(frequency: Frequency, pay_day: int, day: dt.date) -> dt.date:
    """The first pay day on `day` or after it."""
    if frequency != Frequency.MONTHLY:
        return day + dt.timedelta(days=(pay_day - day.weekday()) % 7)
    this = months_later(day, 0, pay_day)
    return this if this >= day else months_later(day, 1, pay_day)
