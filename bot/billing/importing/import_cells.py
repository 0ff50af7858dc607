"""Single cells of the import files: each read into a value of ours, or a `Fault` that names its column."""

from __future__ import annotations

import datetime as dt
import functools
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Container
from decimal import Decimal
from typing import NamedTuple

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies

from bot import clock
from bot.billing.importing import import_phones
from bot.billing.importing.import_file import Fault
from bot.errors import InvalidInput
from bot.models.customer import account_key
from bot.money import Money

# By its name; what stands there, stripped of blanks.
Cells = dict[str, str]

_EMAIL = re.compile(r"[a-z0-9.!#$%&'*/?^_`{|}~+-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")
_RELATIVE = re.compile(r"today(?:([+-])(\d{1,4}))?")
_AMOUNT = re.compile(r"\d{1,13}(\.\d{1,4})?", re.ASCII)
_TRUE, _FALSE = frozenset(("true", "yes", "1")), frozenset(("", "false", "no", "0"))
# A long file says the same days and sums again and again. The memory of them stays under 20 MB.
_REMEMBERED = 32_768


class Day(NamedTuple):
    """A date; one that was written as `today-45` is `relative` ("-45") and counts from the customer's own today."""

    date: dt.date | None
    relative: str = ""  # not a number: those of -1 and -2 have the same hash, by which a file's rows are compared

    def on(self, today: dt.date) -> dt.date:
        """The date, when it is `today`."""
        return self.date if self.date is not None else today + dt.timedelta(days=int(self.relative))


def text(cells: Cells, column: str, longest: int) -> str:
    """A text of one to `longest` characters, composed (NFC)."""
    value = unicodedata.normalize("NFC", cells[column])
    if not value:
        raise Fault(column, "missing")
    if len(value) > longest:
        raise Fault(column, f"longer than {longest} characters")
    return value


def account(cells: Cells) -> tuple[str, str]:
    """An account number, and by what it is found: see `account_key`."""
    value = text(cells, "account_number", 64)
    key = account_key(value)
    if not key:
        raise Fault("account_number", "has no letter or digit")
    return value, key


def email(cells: Cells) -> str | None:
    """An e-mail address in small letters, or None."""
    lower = cells["email"].lower()
    if not lower:
        return None
    if len(lower) > 254 or not _EMAIL.fullmatch(lower):
        raise Fault("email", "not an e-mail address")
    return lower


def phone(cells: Cells, country: str) -> str | None:
    """A phone number in E.164, read as in `country`, or None."""
    value = cells["phone"]
    if not value or import_phones.is_settled(value):
        return value or None
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        raise Fault("phone", "not a phone number") from None
    # Possible rather than valid: number plans change faster than libraries, and fictional ranges are never "valid".
    if not phonenumbers.is_possible_number(number):
        raise Fault("phone", "not a possible number; expected with its country code, such as +12105550101")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def language(cells: Cells) -> str:
    """A language tag such as en-US."""
    known = _language(cells["language"])
    if known is None:
        raise Fault("language", f"unknown: {cells['language'] or 'nothing'}; expected a tag such as en-US")
    return known


def time_zone(cells: Cells) -> str:
    """An IANA time zone."""
    return _one_of(cells, "time_zone", str, _time_zones())


def country(cells: Cells) -> str:
    """A country by its two letters."""
    return _one_of(cells, "country", str.upper, phonenumbers.SUPPORTED_REGIONS)


def currency(cells: Cells) -> str:
    """An ISO 4217 code."""
    return _one_of(cells, "currency", str.upper, _currencies())


def past(cells: Cells, column: str) -> dt.date | None:
    """A date that has been, or None."""
    if not cells[column]:
        return None
    found = date(cells, column)
    # A day of grace for zones ahead of UTC.
    if not dt.date(1850, 1, 1) <= found <= clock.now().date() + dt.timedelta(days=1):
        raise Fault(column, "not a day of the past")
    return found


def day(cells: Cells, column: str, demo: bool) -> Day:
    """A date, or in the `demo` one that counts from today."""
    if not (relative := _RELATIVE.fullmatch(cells[column])):
        return Day(date(cells, column))
    if not demo:
        raise Fault(column, "a date that counts from today is for the demo only; expected a date such as 2026-03-31")
    return Day(None, f"{int((relative[1] or '+') + (relative[2] or '0')):+d}")


def date(cells: Cells, column: str) -> dt.date:
    """An ISO 8601 date."""
    found = _date(cells[column])
    if found is None:
        raise Fault(column, "not a date; expected such as 2026-03-31")
    if not 1850 <= found.year <= 2200:
        raise Fault(column, "not a date of our times")
    return found


def amount(cells: Cells, column: str, currency: str) -> int:
    """An amount of `currency` in minor units; what is empty is a `Fault`."""
    decimal(cells, column)
    minor = _minor(cells[column], currency)
    if minor is None:
        raise Fault(column, f"more digits after the point than {currency} has")
    return minor


def decimal(cells: Cells, column: str) -> Decimal:
    """An amount in major units, of whichever currency."""
    if not _AMOUNT.fullmatch(cells[column]):
        raise Fault(column, "not an amount; expected digits with a point, such as 120.50")
    return Decimal(cells[column])


def yes_or_no(cells: Cells, column: str) -> bool:
    """True or false; what is empty is false."""
    value = cells[column].lower()
    if value not in _TRUE | _FALSE:
        raise Fault(column, "expected true or false")
    return value in _TRUE


def _one_of(cells: Cells, column: str, form: Callable[[str], str], known: Container[str]) -> str:
    value = form(cells[column])
    if value not in known:
        raise Fault(column, f"unknown: {value or 'nothing'}")
    return value


@functools.lru_cache(maxsize=500)
def _language(value: str) -> str | None:
    try:
        return str(Locale.parse(value.replace("_", "-"), sep="-")).replace("_", "-")
    except (ValueError, UnknownLocaleError):
        return None


@functools.cache
def _time_zones() -> Container[str]:
    # Walks the zone folders on disk: once is enough.
    return zoneinfo.available_timezones()


@functools.cache
def _currencies() -> Container[str]:
    return frozenset(list_currencies())


@functools.lru_cache(maxsize=_REMEMBERED)
def _date(value: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        return None


@functools.lru_cache(maxsize=_REMEMBERED)
def _minor(value: str, currency: str) -> int | None:
    try:
        return Money.of(value, currency).minor
    except InvalidInput:
        return None
