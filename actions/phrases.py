"""Parts of sentences from `policies/phrases.yml`, filled and put into lines. Words are data (design section 1, 6)."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import yaml
from babel import Locale
from babel.dates import format_date
from babel.lists import format_list

from bot import policies
from bot.billing.invoices import OpenInvoice
from bot.models import Plan
from bot.money import Money


class Phrases:
    """The phrases of one locale (BCP 47), with its ways of writing money, days and lists."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._babel = Locale.parse(locale, sep="-") if "-" in locale else Locale.parse(locale)
        words = _all()
        self._words = {**words["en"], **words.get(self._babel.language, {})}

    def money(self, amount: Money) -> str:
        """$80.50, £75.25, R$ 480,00."""
        return amount.format(self.locale)

    def day(self, day: dt.date) -> str:
        """November 30, 2026."""
        return format_date(day, format="long", locale=self._babel)

    def listed(self, names: list[str]) -> str:
        """A, B and C."""
        return str(format_list(names, locale=self._babel))

    def say(self, key: str, **values: Any) -> str:
        """The phrase `key`, filled; where it has plural forms, `days` chooses."""
        phrase = self._words[key]
        if isinstance(phrase, dict):
            phrase = phrase.get(self._babel.plural_form(values["days"])) or phrase["other"]
        return str(phrase).format(**values)

    def when(self, item: OpenInvoice, today: dt.date) -> str:
        """When `item` was or will be due, said gently."""
        day = self.day(item.invoice.due_on)
        if item.days_late:
            return self.say("was_due", day=day, days=item.days_late)
        return self.say("due_today") if item.invoice.due_on == today else self.say("due_later", day=day)

    def invoice(self, item: OpenInvoice, today: dt.date, planned: bool) -> str:
        """One line of what is owed; `planned`: a plan covers it, so that it is not called late."""
        key = "invoice_disputed" if item.disputed else "invoice_planned" if planned else "invoice"
        return self.say(key, **self._invoice(item), when=self.when(item, today))

    def billed(self, item: OpenInvoice, today: dt.date, planned: bool) -> str:
        """One line of what was billed and what is left of it."""
        invoice = item.invoice
        return self.say(
            "billed_disputed" if item.disputed else "billed_planned" if planned else "invoice_billed",
            **self._invoice(item),
            issued_on=self.day(invoice.issued_on),
            amount=self.money(Money(invoice.amount, invoice.currency)),
            when=self.when(item, today),
        )

    def option(self, place: int, plan: Plan) -> str:
        """One line for a plan that may be chosen."""
        first, last = plan.instalments[0], plan.instalments[-1]
        return self.say(
            "plan_option" if first.amount == last.amount else "plan_option_odd",
            place=place,
            months=len(plan.instalments),
            each=self.money(Money(first.amount, plan.currency)),
            first=self.day(first.due_on),
            last=self.money(Money(last.amount, plan.currency)),
        )

    def instalments(self, plan: Plan, after: int = 0) -> str:
        """A line for each instalment of `plan` beyond the first `after`."""
        return "\n".join(
            self.say("instalment", amount=self.money(Money(part.amount, plan.currency)), day=self.day(part.due_on))
            for part in plan.instalments
            if part.number > after
        )

    def _invoice(self, item: OpenInvoice) -> dict[str, str]:
        return {
            "number": item.invoice.number,
            "description": item.invoice.description,
            "owed": self.money(item.owed),
        }


@cache
def _all() -> dict[str, dict[str, Any]]:
    with (policies.FOLDER / "phrases.yml").open(encoding="utf-8") as file:
        loaded: dict[str, dict[str, Any]] = yaml.safe_load(file)
    return loaded
