"""How a language shows itself in what a customer writes, and what is said in one that the assistant does not write."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, RootModel, field_validator, model_validator

from bot.policies.file import Policy


class Shown(Policy):
    """One language: telling small `words` and `signs` that it has in a word, or a `script` and signs that tell it from
    others in that script; all but the words are regular expressions. `sorry` is what is said in it where the assistant
    does not write it, and `accepts` what takes the person who is offered with it."""

    words: str = ""
    signs: str | None = None
    script: str | None = None
    sorry: str | None = Field(default=None, min_length=1)
    accepts: str | None = None

    @field_validator("signs", "script", "accepts")
    @classmethod
    def _readable(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"a regular expression is expected: {error}") from error
        return pattern

    @model_validator(mode="after")
    def _is_shown(self) -> Shown:
        if not self.words.strip() and self.script is None:
            raise ValueError("words or a script are expected, or nobody would know this language")
        return self


class LanguagesShown(RootModel[dict[Annotated[str, Field(pattern="^[a-z]{2}$")], Shown]]):
    """`policies/languages.yml`, by language (ISO 639-1)."""
