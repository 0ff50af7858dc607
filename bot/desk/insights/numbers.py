"""Numbers as a supervisor reads them."""

from __future__ import annotations

import datetime as dt

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from bot.desk.identity import DESK_LOCALE, language
from bot.money import Money

NONE = "–"

_LOCALE = DESK_LOCALE.replace("-", "_")


def count(number: float) -> str:
    """12,345, and 0.5 where a chart's axis needs it."""
    return format_decimal(number, locale=_LOCALE)


def share(part: int, whole: int) -> str:
    """62.5%; a dash of nothing."""
    return format_percent(part / whole, "#,##0.#%", locale=_LOCALE) if whole else NONE


def mean(total: int, number: int) -> str:
    """4.3; a dash of nothing."""
    return format_decimal(total / number, "0.0", locale=_LOCALE) if number else NONE


def money(minor: int, currency: str) -> str:
    """Minor units of a currency, as it is written."""
    return Money(minor, currency).format(DESK_LOCALE)


def decimal(minor: int, currency: str) -> str:
    """The exact amount in major units, for a file: 1234.50."""
    return format(Money(minor, currency).major, "f")


def duration(seconds: int | None) -> str:
    """45 s, 12 min, 3 h 20 min, 2 d 4 h; a dash for none."""
    if seconds is None:
        return NONE
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def day(date: dt.date, *, year: bool = True) -> str:
    """Mar 2, 2026, or Mar 2."""
    return format_date(date, "MMM d, y" if year else "MMM d", locale=_LOCALE)


def channel(name: str) -> str:
    """A channel by its own name; a dash outside of every conversation."""
    return {"web": "Web", "sms": "SMS", "whatsapp": "WhatsApp", "email": "E-mail", "": NONE}.get(name, name)


def tongue(code: str) -> str:
    """A language in English; a dash where none is known."""
    return language(code) if code else NONE


def words(name: str) -> str:
    """A name of the code's as words: "request_human" is "Request human"."""
    return name.replace("_", " ").capitalize() or NONE
