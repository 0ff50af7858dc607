"""What a message fills in, in the customer's own locale (K12). Pure."""

from __future__ import annotations

import datetime as dt

from babel.dates import format_skeleton
from babel.units import format_unit

from bot.models import Customer
from bot.money import Money

DAY_AND_MONTH = "MMMMd"


def of(
    customer: Customer,
    locale: str,
    *,
    amount: Money | None = None,
    day: dt.date | None = None,
    years: int | None = None,
) -> dict[str, str]:
    """The values of `templates.render` for `customer`, written as `locale` (BCP 47) does: an amount, the day that it is
    about (in the customer's zone), the years that somebody has been with us."""
    spoken = locale.replace("-", "_")
    values = {"name": first_name(customer.name), "full_name": customer.name}
    if amount is not None:
        values["amount"] = amount.format(locale)
    if day is not None:
        values["day"] = format_skeleton(DAY_AND_MONTH, day, locale=spoken)
    if years is not None:
        values["years"] = format_unit(years, "duration-year", locale=spoken)
    return values


def first_name(name: str) -> str:
    """The name by which a person is greeted: the first word of it."""
    return name.split()[0] if name.split() else name
