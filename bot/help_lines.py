"""Who helps, by country: `policies/help_lines.yml` (C12; design section 10, 14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import Field, field_validator, model_validator

from bot import policies
from bot.policies import FOLDER, Policy, PolicyInvalid

T = TypeVar("T")
Named = Annotated[str, Field(min_length=1, max_length=64)]


class CrisisLines(Policy):
    """Who is there at any hour in one country, and its emergency number."""

    emergency: Named
    lines: list[str] = Field(min_length=1)


class HelpWords(Policy):
    """The same in the words of another language, for the countries where that helps."""

    crisis: dict[str, CrisisLines] = Field(default_factory=dict)
    debt_advice: dict[str, list[str]] = Field(default_factory=dict)
    identity_theft: dict[str, list[str]] = Field(default_factory=dict)
    complaints: dict[str, list[str]] = Field(default_factory=dict)


class HelpPolicy(Policy):
    """`policies/help_lines.yml`, by country; `any` serves where a country has none. `languages` holds what is said in
    another language than English (ISO 639-1); what it lacks is said as it stands for the country. `sources` say for
    each country where its lines are from."""

    crisis: dict[str, CrisisLines]
    debt_advice: dict[str, list[str]]
    identity_theft: dict[str, list[str]]
    complaints: dict[str, list[str]]
    sources: dict[str, Annotated[str, Field(min_length=3)]]
    languages: dict[str, HelpWords] = Field(default_factory=dict)

    def in_crisis(self, country: str, locale: str = "en") -> CrisisLines:
        """The lines for `country` (ISO 3166-1) in the language of `locale` (BCP 47), else as they stand."""
        return _there(self._words(locale).crisis, self.crisis, country)

    def advice(self, country: str, locale: str = "en") -> list[str]:
        """Free, independent advice in `country`."""
        return _there(self._words(locale).debt_advice, self.debt_advice, country)

    def after_fraud(self, country: str, locale: str = "en") -> list[str]:
        """Free help in `country` for somebody whose name was used by another."""
        return _there(self._words(locale).identity_theft, self.identity_theft, country)

    def about_us(self, country: str, locale: str = "en") -> list[str]:
        """Who in `country` looks at a complaint about us, free of charge, when our own answer does not satisfy."""
        return _there(self._words(locale).complaints, self.complaints, country)

    def _words(self, locale: str) -> HelpWords:
        return self.languages.get(locale.replace("_", "-").split("-")[0].lower()) or HelpWords()

    @field_validator("crisis", "debt_advice", "identity_theft", "complaints")
    @classmethod
    def _any(cls, by_country: dict[str, Any]) -> dict[str, Any]:
        if not by_country.get("any"):
            raise ValueError("an entry `any` is expected, which serves where a country is missing")
        return by_country

    @model_validator(mode="after")
    def _sourced(self) -> HelpPolicy:
        named = {*self.crisis, *self.debt_advice, *self.identity_theft, *self.complaints}
        if unsaid := sorted(named - set(self.sources)):
            raise ValueError(f"sources needs {unsaid[0]}: where its lines are from")
        return self


def _there(said: Mapping[str, T], names: Mapping[str, T], country: str) -> T:
    return said.get(country) or names.get(country) or said.get("any") or names["any"]


@cache
def help_lines() -> HelpPolicy:
    """The lines. Each country that the operator chose a jurisdiction for has its own for a crisis, and free advice
    where the law asks for it (C12). Raises `PolicyInvalid`."""
    lines = policies.read(HelpPolicy, FOLDER / "help_lines.yml")
    if faults := list(_missing(lines)):
        raise PolicyInvalid("policies/help_lines.yml needs attention:\n" + "\n".join(f"  {fault}" for fault in faults))
    return lines


def _missing(lines: HelpPolicy) -> Iterator[str]:
    for country, name in policies.outreach().jurisdictions.items():
        if country not in lines.crisis:
            yield f"crisis needs {country}, which policies/outreach.yml names (C12)"
        if policies.jurisdiction(country).plans.advice and country not in lines.debt_advice:
            yield f"debt_advice needs {country}: policies/jurisdictions/{name}.yml asks for it (plans.advice)"


def country_of(locale: str) -> str:
    """The country of a locale (en-US: US); "any" when it names none."""
    last = locale.replace("_", "-").split("-")[-1].upper()
    return last if len(last) == 2 and "-" in locale.replace("_", "-") else "any"


def as_lines(lines: list[str]) -> str:
    """One under the other."""
    return "\n".join(f"• {line}" for line in lines)
