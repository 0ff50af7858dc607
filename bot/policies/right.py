"""Rights of a customer, and their clocks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from bot.policies.file import Policy, Words, needs

Days = Annotated[int, Field(ge=1, le=90)]
Country = Annotated[str, Field(pattern="^(?:any|[A-Z]{2})$")]


class RightsPolicy(Policy):
    """`policies/rights.yml`, by country (ISO 3166-1, or `any`): days to answer; and `erased`, by language, what
    stands where words were. How long records stay is the law's (`Jurisdiction.kept_years`, P5)."""

    copy_days: dict[Country, Days]
    erasure_days: dict[Country, Days]
    complaint_days: dict[Country, Days]
    erased: Words

    @model_validator(mode="after")
    def _english(self) -> RightsPolicy:
        needs(self.erased, "erased")
        return self

    @field_validator("copy_days", "erasure_days", "complaint_days")
    @classmethod
    def _any(cls, by_country: dict[str, int]) -> dict[str, int]:
        if "any" not in by_country:
            raise ValueError("an entry `any` is expected, which serves where a country is missing")
        return by_country


def in_country(by_country: dict[str, int], country: str) -> int:
    """The entry for `country`, else the one for `any`."""
    return by_country.get(country, by_country["any"])
