"""Rows of the import files: their cells checked and made into values of ours (design section 8, Import)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from decimal import Decimal
from typing import NamedTuple, Protocol

from bot import clock
from bot.billing.identity import factors
from bot.billing.importing import import_cells as cell
from bot.billing.importing.import_cells import Cells, Day
from bot.billing.importing.import_file import Fault
from bot.models import FactorKind

CUSTOMER_COLUMNS = (
    "account_number", "name", "email", "phone", "postcode", "birth_date", "language", "time_zone", "country",
    "currency", "customer_since",
)  # fmt: skip
INVOICE_COLUMNS = (
    "account_number", "invoice_number", "description", "issued_on", "due_on", "amount", "currency", "paid_amount",
    "disputed",
)  # fmt: skip
PLAN_COLUMNS = ("account_number", "invoice_number", "instalment", "due_on", "amount")


class Row(Protocol):
    """A checked row: where it stands, what it is known by, with which others it is taken together, what it says."""

    @property
    def line(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def group(self) -> Hashable: ...
    @property
    def said(self) -> Hashable: ...


class CustomerRow(NamedTuple):
    """A checked row of `customers.csv`; the factors in their normal form, not hashed yet."""

    line: int
    account_number: str
    account_key: str
    name: str
    email: str | None
    phone: str | None
    language: str
    time_zone: str
    country: str
    currency: str
    customer_since: dt.date | None
    postcode: str
    birth_date: str

    @property
    def key(self) -> str:
        """By what it is found."""
        return self.account_key

    @property
    def group(self) -> Hashable:
        """Each row is taken by itself."""
        return self.line

    @property
    def said(self) -> Hashable:
        """All but where it stands."""
        return self[1:]


class InvoiceRow(NamedTuple):
    """A checked row of `invoices.csv`; `amount` and `paid` in minor units of `currency`."""

    line: int
    account_number: str
    account_key: str
    number: str
    description: str
    issued_on: Day
    due_on: Day
    amount: int
    paid: int
    currency: str
    disputed: bool

    @property
    def key(self) -> str:
        """By what it is found."""
        return self.number

    @property
    def group(self) -> Hashable:
        """Each row is taken by itself."""
        return self.line

    @property
    def said(self) -> Hashable:
        """All but where it stands."""
        return self[1:]


class PlanRow(NamedTuple):
    """A checked row of `plans.csv`: one instalment."""

    line: int
    account_number: str
    account_key: str
    invoice_number: str
    number: int
    due_on: Day
    amount: Decimal

    @property
    def key(self) -> str:
        """By what it is told apart from the plan's other instalments."""
        return f"{self.account_key}:{self.number}"

    @property
    def group(self) -> Hashable:
        """The instalments of one account are taken together."""
        return self.account_key

    @property
    def said(self) -> Hashable:
        """All but where it stands."""
        return self[1:]


def customer_row(line: int, cells: Cells) -> CustomerRow:
    """A row of `customers.csv`. Raises `Fault`."""
    country = cell.country(cells)
    phone = cell.phone(cells, country)
    born = cell.past(cells, "birth_date")
    number, key = cell.account(cells)
    return CustomerRow(
        line=line,
        account_number=number,
        account_key=key,
        name=cell.text(cells, "name", 200),
        email=cell.email(cells),
        phone=phone,
        language=cell.language(cells),
        time_zone=cell.time_zone(cells),
        country=country,
        currency=cell.currency(cells),
        customer_since=cell.past(cells, "customer_since"),
        postcode=factors.normal(FactorKind.POSTCODE, cells["postcode"]),
        birth_date=born.isoformat() if born else "",
    )


def invoice_row(line: int, cells: Cells, *, demo: bool) -> InvoiceRow:
    """A row of `invoices.csv`; dates such as `today-45` only in the `demo`. Raises `Fault`."""
    currency = cell.currency(cells)
    amount = cell.amount(cells, "amount", currency)
    paid = cell.amount(cells, "paid_amount", currency) if cells["paid_amount"] else 0
    if amount <= 0:
        raise Fault("amount", "an invoice is for more than nothing")
    if paid > amount:
        raise Fault("paid_amount", "more than the invoice's amount")
    issued_on, due_on = cell.day(cells, "issued_on", demo), cell.day(cells, "due_on", demo)
    if _is_before(due_on, issued_on):
        raise Fault("due_on", "before the day of issue")
    disputed = cell.yes_or_no(cells, "disputed")
    number, key = cell.account(cells)
    return InvoiceRow(
        line=line,
        account_number=number,
        account_key=key,
        number=cell.text(cells, "invoice_number", 64),
        description=cell.text(cells, "description", 500),
        issued_on=issued_on,
        due_on=due_on,
        amount=amount,
        paid=paid,
        currency=currency,
        disputed=disputed,
    )


def plan_row(line: int, cells: Cells, *, demo: bool) -> PlanRow:
    """A row of `plans.csv`. Raises `Fault`."""
    number = cells["instalment"]
    if not (number.isascii() and number.isdecimal() and 1 <= int(number[:4]) <= 120):
        raise Fault("instalment", "expected its number, 1 to 120")
    account, key = cell.account(cells)
    return PlanRow(
        line=line,
        account_number=account,
        account_key=key,
        invoice_number=cell.text(cells, "invoice_number", 64),
        number=int(number),
        due_on=cell.day(cells, "due_on", demo),
        amount=cell.decimal(cells, "amount"),
    )


def _is_before(day: Day, other: Day) -> bool:
    if day.date is not None and other.date is not None:
        return day.date < other.date
    today = clock.now().date()
    return day.on(today) < other.on(today)
