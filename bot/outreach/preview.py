"""What a message would be, for an operator to read: with examples for what it fills in, or for one account (K12)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from bot import policies
from bot.channels import segments
from bot.models import Customer, Medium
from bot.money import Money
from bot.outreach import template_values, templates
from bot.outreach.template_grade import Grade, grade
from bot.outreach.templates import LONGEST_SMS, Register, Rendered
from bot.policies import Tone
from bot.policies.template import NOTHING_OPEN, STEPS

# Nobody's: long enough to show what a long name does.
EXAMPLES = {"en": "Rosalind Hathaway", "es": "Guadalupe Hernández", "pt": "Francisca Oliveira"}
LOCALES = {"en": "en-US", "es": "es-MX", "pt": "pt-BR"}
CURRENCIES = {"en": "USD", "es": "MXN", "pt": "BRL"}
AMOUNT = 126_050
DAY = dt.date(2026, 9, 28)
YEARS = 3
MEDIA = (Medium.SMS, Medium.WHATSAPP, Medium.EMAIL)


@dataclass(frozen=True, slots=True)
class Preview:
    """One message as its reader has it: `shown` is all of it, on SMS with the way out. `segments` is an SMS's."""

    kind: str
    step: int
    medium: Medium
    language: str
    tone: Tone
    register: Register
    rendered: Rendered
    shown: str
    segments: int | None
    grade: Grade | None

    @property
    def faults(self) -> list[str]:
        """What an operator ought to mend, in words."""
        found = []
        if self.segments is not None and self.segments > LONGEST_SMS:
            found.append(f"{self.segments} segments; {LONGEST_SMS} are the most (T2)")
        if self.grade is not None and not self.grade.is_easy:
            found.append(f"hard to read: {self.grade.measure.name} {self.grade.value:.1f} (K12)")
        if self.register is Register.PRIVATE:
            told = policies.tones().tells(f"{self.rendered.subject or ''} {self.rendered.text}", self.language)
            found += [f"it tells that money is open: {word!r} (P1)" for word in told]
        return found


def preview(
    kind: str,
    step: int,
    medium: Medium,
    language: str,
    tone: Tone,
    register: Register,
    *,
    customer: Customer | None = None,
    variant: str = templates.STANDING,
) -> Preview:
    """One message; for `customer` with their name and currency, else with examples. Amount and days are examples.
    Raises `KeyError` for a kind or step that is not there."""
    spoken = templates.language_of(language)
    values = _values(customer, language, spoken)
    rendered = templates.render(kind, step, medium, language, tone, register, values, variant)
    is_sms = medium is Medium.SMS
    shown = templates.sms_text(rendered, spoken) if is_sms else rendered.text
    return Preview(
        kind, step, medium, spoken, tone, register, rendered, shown,
        segments.count(shown) if is_sms else None, grade(rendered.text, spoken),
    )  # fmt: skip


def every(languages: tuple[str, ...] = ()) -> Iterator[Preview]:
    """Every message there is, in the order of the files: language, kind, step, tone, medium, register, wording. What is
    private is the same for all kinds, and comes once."""
    for language in languages or policies.tones().languages:
        for tone in Tone:
            for medium in MEDIA:
                for variant in _wordings("invoice", medium, Register.PRIVATE):
                    yield preview("invoice", 0, medium, language, tone, Register.PRIVATE, variant=variant)
        for kind, steps in STEPS.items():
            for step in steps:
                for tone in Tone:
                    for medium in MEDIA:
                        for variant in _wordings(kind, medium, Register.OPEN):
                            yield preview(kind, step, medium, language, tone, Register.OPEN, variant=variant)


def _wordings(kind: str, medium: Medium, register: Register) -> tuple[str, ...]:
    if register is Register.PRIVATE:
        return (templates.STANDING,) if medium is Medium.EMAIL else (templates.STANDING, templates.TRIED)
    is_varied = medium is Medium.SMS and kind not in NOTHING_OPEN
    return (templates.STANDING, templates.TRIED) if is_varied else (templates.STANDING,)


def _values(customer: Customer | None, locale: str, spoken: str) -> dict[str, str]:
    locale = locale if "-" in locale else LOCALES.get(spoken, "en-US")
    someone = customer or Customer(name=EXAMPLES.get(spoken, EXAMPLES["en"]))
    currency = customer.currency if customer else CURRENCIES.get(spoken, "USD")
    return template_values.of(someone, locale, amount=Money(AMOUNT, currency), day=DAY, years=YEARS)
