"""Parts of sentences from `policies/phrases.yml`, filled and put into lines. Words are data (design section 1, 6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Any

import yaml
from babel import Locale
from babel.dates import format_date
from babel.lists import format_list

from bot import policies
from bot.billing.invoices import OpenInvoice
from bot.models import Frequency, Instalment, Plan
from bot.money import Money

SHOWN = 8  # lines of a plan; a card has all of them


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
        """The phrase `key`, filled; where it has plural forms, `days` or `count` chooses."""
        phrase = self._words[key]
        if isinstance(phrase, dict):
            number = values["days"] if "days" in values else values["count"]
            phrase = phrase.get(self._babel.plural_form(number)) or phrase["other"]
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
        if _is_plain(plan):
            first, last = plan.instalments[0], plan.instalments[-1]
            return self.say(
                "plan_option" if first.amount == last.amount else "plan_option_odd",
                place=place,
                months=len(plan.instalments),
                each=self.money(Money(first.amount, plan.currency)),
                first=self.day(first.due_on),
                last=self.money(Money(last.amount, plan.currency)),
            )
        return self.say("plan_option_other", place=place, terms=self.terms(plan))

    def title(self, plan: Plan) -> str:
        """What a button says that chooses `plan`."""
        if _is_plain(plan):
            return self.say("plan_button", months=len(plan.instalments))
        parts = _parts(plan)
        return self.say("plan_button_parts", count=len(parts), each=self.money(Money(parts[0].amount, plan.currency)))

    def terms(self, plan: Plan) -> str:
        """Part of a sentence: $50.00 now, then 6 instalments of $25.08, one every two weeks from March 13, 2026."""
        parts = _parts(plan)
        first, last = parts[0], parts[-1]
        terms = self.say(
            f"times_{plan.frequency}" if len(parts) > 1 else "times_once",
            count=len(parts),
            each=self.money(Money(first.amount, plan.currency)),
            first=self.day(first.due_on),
        )
        if last.amount != first.amount:
            terms = self.say("last_differs", terms=terms, last=self.money(Money(last.amount, plan.currency)))
        return self._after_down(plan, terms)

    def rhythm(self, plan: Plan) -> str:
        """Part of a sentence that a list follows: $50.00 now, then 6 instalments, one every two weeks."""
        parts = _parts(plan)
        terms = self.say(f"in_{plan.frequency}" if len(parts) > 1 else "in_once", count=len(parts))
        return self._after_down(plan, terms)

    def each(self, amount: Money, frequency: Frequency) -> str:
        """Part of a sentence: $60.00 every two weeks."""
        return self.say(f"each_{frequency}", each=self.money(amount))

    def instalments(self, parts: Sequence[tuple[Instalment, int]], currency: str) -> str:
        """A line for each of `parts` with its minor units; of a long row the first, how many follow, and the last."""
        lines = [
            self.say(
                "instalment" if part.number else "instalment_now",
                amount=self.money(Money(minor, currency)),
                day=self.day(part.due_on),
            )
            for part, minor in parts
        ]
        if len(lines) > SHOWN:
            between = len(lines) - SHOWN + 1
            lines[SHOWN - 2 : -1] = [self.say("instalments_between", count=between)]
        return "\n".join(lines)

    def _after_down(self, plan: Plan, terms: str) -> str:
        first = plan.instalments[0]
        if first.number > 0:
            return terms
        return self.say("down_first", down=self.money(Money(first.amount, plan.currency)), terms=terms)

    def _invoice(self, item: OpenInvoice) -> dict[str, str]:
        return {
            "number": item.invoice.number,
            "description": item.invoice.description,
            "owed": self.money(item.owed),
        }


def _parts(plan: Plan) -> list[Instalment]:
    """The instalments after what is paid down."""
    return [part for part in plan.instalments if part.number > 0]


def _is_plain(plan: Plan) -> bool:
    """Whether its length says it all: months in equal parts, the odd cents last."""
    first, last = plan.instalments[0], plan.instalments[-1]
    is_equal = len(plan.instalments) > 1 and last.amount >= first.amount
    return plan.frequency == Frequency.MONTHLY and first.number > 0 and is_equal


@cache
def _all() -> dict[str, dict[str, Any]]:
    with (policies.FOLDER / "phrases.yml").open(encoding="utf-8") as file:
        loaded: dict[str, dict[str, Any]] = yaml.safe_load(file)
    return loaded
