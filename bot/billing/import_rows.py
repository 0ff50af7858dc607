"""Rows of the import files: read one at a time, checked, and made into values of ours (design section 8, Import)."""

from __future__ import annotations

import datetime as dt
import functools
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Container
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies

from bot import clock
from bot.billing import factors
from bot.billing.import_file import Fault
from bot.errors import InvalidInput
from bot.models import FactorKind
from bot.models.customer import account_key
from bot.money import Money

CUSTOMER_COLUMNS = (
    "account_number", "name", "email", "phone", "postcode", "birth_date", "language", "time_zone", "country",
    "currency", "customer_since",
)  # fmt: skip
INVOICE_COLUMNS = (
    "account_number", "invoice_number", "description", "issued_on", "due_on", "amount", "currency", "paid_amount",
    "disputed",
)  # fmt: skip
PLAN_COLUMNS = ("account_number", "invoice_number", "instalment", "due_on", "amount")

_EMAIL = re.compile(r"[a-z0-9.!#$%&'*/?^_`{|}~+-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")
_RELATIVE = re.compile(r"today(?:([+-])(\d{1,4}))?")
_TRUE, _FALSE = frozenset(("true", "yes", "1")), frozenset(("", "false", "no", "0"))


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A checked row of `customers.csv`; `factors` in their normal form, not hashed yet."""

    line: int
    account_number: str
    name: str
    email: str | None
    phone: str | None
    language: str
    time_zone: str
    country: str
    currency: str
    customer_since: dt.date | None
    factors: dict[FactorKind, str]

    @property
    def key(self) -> str:
        """By what it is found: see `account_key`."""
        return account_key(self.account_number)

    @property
    def group(self) -> int:
        """Each row is taken by itself."""
        return self.line


@dataclass(frozen=True, slots=True)
class Day:
    """A date; one that was written as `today-45` is `relative` and counts from the customer's own today."""

    date: dt.date | None
    relative: int | None = None

    def on(self, today: dt.date) -> dt.date:
        """The date, when it is `today`."""
        return self.date if self.date is not None else today + dt.timedelta(days=self.relative or 0)


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """A checked row of `invoices.csv`."""

    line: int
    account_number: str
    number: str
    description: str
    issued_on: Day
    due_on: Day
    amount: Money
    paid: Money
    disputed: bool

    @property
    def key(self) -> str:
        """By what it is found."""
        return self.number

    @property
    def group(self) -> int:
        """Each row is taken by itself."""
        return self.line


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A checked row of `plans.csv`: one instalment."""

    line: int
    account_number: str
    invoice_number: str
    number: int
    due_on: Day
    amount: Decimal

    @property
    def key(self) -> str:
        """By what it is told apart from the plan's other instalments."""
        return f"{self.group}:{self.number}"

    @property
    def group(self) -> str:
        """The instalments of one account are taken together."""
        return account_key(self.account_number)


def customer_row(line: int, cells: dict[str, str]) -> CustomerRow:
    """A row of `customers.csv`. Raises `Fault`."""
    country = _one_of(cells, "country", str.upper, phonenumbers.SUPPORTED_REGIONS)
    phone = cells["phone"] and _phone(cells["phone"], country)
    born = _past(cells, "birth_date")
    known = {FactorKind.POSTCODE: cells["postcode"], FactorKind.BIRTH_DATE: born.isoformat() if born else ""}
    return CustomerRow(
        line=line,
        account_number=_account(cells),
        name=_text(cells, "name", 200),
        email=_email(cells["email"]) if cells["email"] else None,
        phone=phone or None,
        language=_language(cells["language"]),
        time_zone=_one_of(cells, "time_zone", str, _time_zones()),
        country=country,
        currency=_currency(cells),
        customer_since=_past(cells, "customer_since"),
        factors={kind: value for kind, text in known.items() if (value := factors.normal(kind, text))},
    )


def invoice_row(line: int, cells: dict[str, str], *, demo: bool) -> InvoiceRow:
    """A row of `invoices.csv`; dates such as `today-45` only in the `demo`. Raises `Fault`."""
    currency = _currency(cells)
    amount, paid = _amount(cells, "amount", currency), _amount(cells, "paid_amount", currency)
    if amount.minor <= 0:
        raise Fault("amount", "an invoice is for more than nothing")
    if paid > amount:
        raise Fault("paid_amount", "more than the invoice's amount")
    issued_on, due_on = _day(cells, "issued_on", demo), _day(cells, "due_on", demo)
    if due_on.on(clock.now().date()) < issued_on.on(clock.now().date()):
        raise Fault("due_on", "before the day of issue")
    disputed = cells["disputed"].lower()
    if disputed not in _TRUE | _FALSE:
        raise Fault("disputed", "expected true or false")
    return InvoiceRow(
        line=line,
        account_number=_account(cells),
        number=_text(cells, "invoice_number", 64),
        description=_text(cells, "description", 500),
        issued_on=issued_on,
        due_on=due_on,
        amount=amount,
        paid=paid,
        disputed=disputed in _TRUE,
    )


def plan_row(line: int, cells: dict[str, str], *, demo: bool) -> PlanRow:
    """A row of `plans.csv`. Raises `Fault`."""
    number = cells["instalment"]
    if not (number.isascii() and number.isdecimal() and 1 <= int(number[:4]) <= 120):
        raise Fault("instalment", "expected its number, 1 to 120")
    return PlanRow(
        line=line,
        account_number=_account(cells),
        invoice_number=_text(cells, "invoice_number", 64),
        number=int(number),
        due_on=_day(cells, "due_on", demo),
        amount=_decimal(cells, "amount"),
    )


def _text(cells: dict[str, str], column: str, longest: int) -> str:
    value = unicodedata.normalize("NFC", cells[column])
    if not value:
        raise Fault(column, "missing")
    if len(value) > longest:
        raise Fault(column, f"longer than {longest} characters")
    return value


def _account(cells: dict[str, str]) -> str:
    value = _text(cells, "account_number", 64)
    if not account_key(value):
        raise Fault("account_number", "has no letter or digit")
    return value


def _email(value: str) -> str:
    lower = value.lower()
    if len(lower) > 254 or not _EMAIL.fullmatch(lower):
        raise Fault("email", "not an e-mail address")
    return lower


def _phone(value: str, country: str) -> str:
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        raise Fault("phone", "not a phone number") from None
    # Possible rather than valid: number plans change faster than libraries, and fictional ranges are never "valid".
    if not phonenumbers.is_possible_number(number):
        raise Fault("phone", "not a possible number; expected with its country code, such as +12105550101")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@functools.lru_cache(maxsize=500)
def _language(value: str) -> str:
    try:
        return str(Locale.parse(value.replace("_", "-"), sep="-")).replace("_", "-")
    except (ValueError, UnknownLocaleError):
        raise Fault("language", f"unknown: {value or 'nothing'}; expected a tag such as en-US") from None


def _currency(cells: dict[str, str]) -> str:
    return _one_of(cells, "currency", str.upper, _currencies())


@functools.cache
def _time_zones() -> Container[str]:
    # Walks the zone folders on disk: once is enough.
    return zoneinfo.available_timezones()


@functools.cache
def _currencies() -> Container[str]:
    return list_currencies()


def _one_of(cells: dict[str, str], column: str, form: Callable[[str], str], known: Container[str]) -> str:
    value = form(cells[column])
    if value not in known:
        raise Fault(column, f"unknown: {value or 'nothing'}")
    return value


def _past(cells: dict[str, str], column: str) -> dt.date | None:
    if not cells[column]:
        return None
    day = _date(cells, column)
    # A day of grace for zones ahead of UTC.
    if not dt.date(1850, 1, 1) <= day <= clock.now().date() + dt.timedelta(days=1):
        raise Fault(column, "not a day of the past")
    return day


def _day(cells: dict[str, str], column: str, demo: bool) -> Day:
    relative = _RELATIVE.fullmatch(cells[column])
    if relative is None:
        return Day(_date(cells, column))
    if not demo:
        raise Fault(column, "a date that counts from today is for the demo only; expected a date such as 2026-03-31")
    return Day(None, int(f"{relative[1] or '+'}{relative[2] or 0}"))


def _date(cells: dict[str, str], column: str) -> dt.date:
    try:
        day = dt.datetime.strptime(cells[column], "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        raise Fault(column, "not a date; expected such as 2026-03-31") from None
    if not 1850 <= day.year <= 2200:
        raise Fault(column, "not a date of our times")
    return day


def _amount(cells: dict[str, str], column: str, currency: str) -> Money:
    if column == "paid_amount" and not cells[column]:
        return Money.zero(currency)
    amount = _decimal(cells, column)
    try:
        return Money.of(amount, currency)
    except InvalidInput:
        raise Fault(column, f"more digits after the point than {currency} has") from None


def _decimal(cells: dict[str, str], column: str) -> Decimal:
    text = cells[column]
    try:
        amount = Decimal(text) if re.fullmatch(r"\d{1,13}(\.\d{1,4})?", text, re.ASCII) else None
    except InvalidOperation:
        amount = None
    if amount is None:
        raise Fault(column, "not an amount; expected digits with a point, such as 120.50")
    return amount
