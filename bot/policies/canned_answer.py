"""Answers that agents choose and change before they send them."""

from __future__ import annotations

import string
from typing import Annotated, Any

from pydantic import Field, RootModel, field_validator, model_validator

from bot.policies.file import Policy

NAME = r"^[a-z0-9]+(?:[_-][a-z0-9]+)*$"
TITLE_LIMIT, TEXT_LIMIT = 80, 1_000
# What may stand in braces. The first two are told to nobody but who has proven who they are (P1).
VARIABLES = frozenset({"first_name", "balance", "agent", "brand", "pay_by"})


class CannedText(Policy):
    """A title to look for and the words, with variables in braces. `proven`: for nobody but who has proven who they are
    (P1). Raises `ValueError` for any other braces."""

    title: str = Field(min_length=1, max_length=TITLE_LIMIT)
    text: str = Field(min_length=1, max_length=TEXT_LIMIT)
    proven: bool = Field(default=False, strict=True)

    @field_validator("text")
    @classmethod
    def _variables(cls, text: str) -> str:
        if unknown := variables(text) - VARIABLES:
            names = ", ".join(sorted(VARIABLES))
            raise ValueError(f"{', '.join(sorted(unknown))}: only these may stand in braces: {names}")
        return text


Languages = dict[Annotated[str, Field(pattern="^[a-z]{2}$")], CannedText]


class CannedAnswersPolicy(RootModel[dict[Annotated[str, Field(pattern=NAME, max_length=40)], Languages]]):
    """`policies/canned_answers.yml`: by name and language. `proven` beside the languages holds for each of them."""

    @model_validator(mode="before")
    @classmethod
    def _proven(cls, answers: Any) -> Any:
        if not isinstance(answers, dict):
            return answers
        return {name: _marked(languages) for name, languages in answers.items()}

    @model_validator(mode="after")
    def _english(self) -> CannedAnswersPolicy:
        if lacking := [name for name, languages in self.root.items() if "en" not in languages]:
            raise ValueError(
                f"{', '.join(lacking)}: an English entry is needed, which serves where a language is missing"
            )
        return self


def _marked(languages: Any) -> Any:
    if not isinstance(languages, dict) or "proven" not in languages:
        return languages
    mark = {"proven": languages["proven"]}
    return {
        language: words | mark if isinstance(words, dict) else words
        for language, words in languages.items()
        if language != "proven"
    }


def variables(text: str) -> set[str]:
    """The variables in `text`. Raises `ValueError` for braces that do not close, or hold more than a name."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise ValueError("a brace is not closed; write {{ for a plain one") from error
    if any(spec or conversion for _, _, spec, conversion in parts):
        raise ValueError("a variable is its plain name in braces")
    return {name for _, name, _, _ in parts if name is not None}
