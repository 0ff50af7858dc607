"""What the law of a customer's country has us say, in their language: `policies/disclosures.yml` (C10).

Which sentence is said when stands in `policies/jurisdictions/`. A country that the operator chose no file for is told
what any of them asks for; all of it is true everywhere.
"""

from __future__ import annotations

from bot import policies
from bot.help_lines import help_lines
from bot.models import ReminderKind
from bot.policies.disclosure import Names
from bot.policies.file import in_language


def in_reminder(country: str, locale: str, kind: ReminderKind, *, is_first: bool, by_email: bool) -> list[str]:
    """Below a message of `kind` that speaks of the account of somebody in `country` (ISO 3166), in the language of
    `locale` (BCP 47). `is_first`: none did before. What stands at the foot of every e-mail is not said twice."""
    asked = policies.jurisdiction(country).disclosures
    names = asked.at_start(kind, is_first=is_first)
    return _said(tuple(name for name in names if not (by_email and name in asked.email)), country, locale)


def has_first(country: str) -> bool:
    """Whether the first message that speaks of the account says more than those after it."""
    return bool(policies.jurisdiction(country).disclosures.first)


def in_email(country: str, locale: str) -> list[str]:
    """At the foot of every e-mail; nothing in it implies anything (P1)."""
    return _said(policies.jurisdiction(country).disclosures.email, country, locale)


def on_statement(country: str, locale: str) -> list[str]:
    """Below a statement."""
    return _said(policies.jurisdiction(country).disclosures.statement, country, locale)


def _said(names: Names, country: str, locale: str) -> list[str]:
    brand, said = policies.brand(), policies.disclosures().said
    values = {
        "brand": policies.brand_name(),
        "address": ", ".join(brand.address),
        "registration": brand.registration.get(country) or brand.registration.get("any", ""),
        "advice": "; ".join(help_lines().advice(country, locale)),
    }
    return [in_language(said[name].words, locale).format(**values).strip() for name in names]
