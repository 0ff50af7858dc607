"""Who helps, by country: `policies/help_lines.yml` (C12; design section 10, 14)."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from pydantic import Field, field_validator

from bot import policies
from bot.policies import FOLDER, Policy

Named = Annotated[str, Field(min_length=1, max_length=64)]


class CrisisLines(Policy):
    """Who is there at any hour in one country, and its emergency number."""

    emergency: Named
    lines: list[str] = Field(min_length=1)


class HelpPolicy(Policy):
    """`policies/help_lines.yml`, by country; `any` serves where a country has none."""

    crisis: dict[str, CrisisLines]
    debt_advice: dict[str, list[str]]
    identity_theft: dict[str, list[str]]
    complaints: dict[str, list[str]]

    def in_crisis(self, country: str) -> CrisisLines:
        """The lines for `country` (ISO 3166-1)."""
        return self.crisis.get(country) or self.crisis["any"]

    def advice(self, country: str) -> list[str]:
        """Free, independent advice in `country`."""
        return self.debt_advice.get(country) or self.debt_advice["any"]

    def after_fraud(self, country: str) -> list[str]:
        """Free help in `country` for somebody whose name was used by another."""
        return self.identity_theft.get(country) or self.identity_theft["any"]

    def about_us(self, country: str) -> list[str]:
        """Who in `country` looks at a complaint about us, free of charge, when our own answer does not satisfy."""
        return self.complaints.get(country) or self.complaints["any"]

    @field_validator("crisis", "debt_advice", "identity_theft", "complaints")
    @classmethod
    def _any(cls, by_country: dict[str, Any]) -> dict[str, Any]:
        if not by_country.get("any"):
            raise ValueError("an entry `any` is expected, which serves where a country is missing")
        return by_country


@cache
def help_lines() -> HelpPolicy:
    """The lines. Raises `PolicyInvalid`."""
    return policies.read(HelpPolicy, FOLDER / "help_lines.yml")


def country_of(locale: str) -> str:
    """The country of a locale (en-US: US); "any" when it names none."""
    last = locale.replace("_", "-").split("-")[-1].upper()
    return last if len(last) == 2 and "-" in locale.replace("_", "-") else "any"


def as_lines(lines: list[str]) -> str:
    """One under the other."""
    return "\n".join(f"• {line}" for line in lines)
