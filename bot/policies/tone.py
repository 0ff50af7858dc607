"""How we speak: tones by language and country, and words that the private register never has (K12, P1)."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from bot.policies.file import Policy
from bot.policies.kindness import whole_words

Language = Annotated[str, Field(pattern="^[a-z]{2,3}$")]
ANY = "any"


class Tone(StrEnum):
    """The tones in which every message is written."""

    FRIENDLY = "friendly"
    FORMAL = "formal"
    FAMILY = "family"


class Profile(Policy):
    """What a tone is in one language. `speaks_of` is how what is owed is called before its day and after it."""

    address: Literal["formal", "informal"]
    manner: Literal["direct", "indirect"]
    framing: Literal["individual", "family"]
    speaks_of: tuple[str, str]


class TonesPolicy(Policy):
    """`policies/tones.yml`. `chosen` names the tone of who has wished for none, by language and country (`any` is every
    other); `never_private` the words, by language, that imply that money is open."""

    tones: dict[Language, dict[Tone, Profile]]
    chosen: dict[Language, dict[Annotated[str, Field(pattern="^(any|[A-Z]{2})$")], Tone]]
    never_private: dict[Language, list[str]]

    @field_validator("never_private")
    @classmethod
    def _readable(cls, lists: dict[str, list[str]]) -> dict[str, list[str]]:
        for pattern in (pattern for patterns in lists.values() for pattern in patterns):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no pattern: {error}") from error
        return lists

    @model_validator(mode="after")
    def _whole(self) -> TonesPolicy:
        if "en" not in self.tones:
            raise ValueError("tones needs English, which serves where a language is missing")
        for language, tones in self.tones.items():
            if missing := set(Tone) - set(tones):
                raise ValueError(f"tones.{language} lacks {', '.join(sorted(missing))}")
            if ANY not in self.chosen.get(language, {}):
                raise ValueError(f"chosen.{language} needs `any`, the tone of every country that is not named")
            if not self.never_private.get(language):
                raise ValueError(f"never_private.{language} is needed: the words that tell of money (P1)")
        return self

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages (ISO 639-1) that have tones, English first."""
        return ("en", *(language for language in self.tones if language != "en"))

    def tone_of(self, language: str, country: str) -> Tone:
        """The tone of a customer in `country` (ISO 3166) who is written to in `language` (ISO 639-1)."""
        by_country = self.chosen.get(language) or self.chosen["en"]
        return by_country.get(country) or by_country[ANY]

    def tells(self, text: str, language: str) -> list[str]:
        """The words of `text` that tell of money, of which the private register has none (P1)."""
        return [found.group() for found in whole_words(self.never_private[language]).finditer(text)]
