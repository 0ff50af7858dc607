"""What is said in other languages than English where something was out of bounds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, RootModel, field_validator

from bot.errors import Reason

Sentences = dict[Reason, Annotated[str, Field(min_length=1, max_length=200)]]


class RefusalsPolicy(RootModel[dict[Annotated[str, Field(pattern="^[a-z]{2}$")], Sentences]]):
    """`policies/refusals.yml`: by language (ISO 639-1) a sentence for each reason; English is the error's own."""

    @field_validator("root")
    @classmethod
    def _whole(cls, languages: dict[str, Sentences]) -> dict[str, Sentences]:
        for language, sentences in languages.items():
            if missing := sorted(set(Reason) - set(sentences)):
                raise ValueError(f"{language} lacks {', '.join(missing)}")
            if any("{" in sentence or "}" in sentence for sentence in sentences.values()):
                raise ValueError(f"{language}: plain sentences are expected, without braces")
        return languages

    def sentence(self, reason: Reason, language: str) -> str | None:
        """The sentence for `reason`; None where the language has none."""
        return self.root.get(language, {}).get(reason)
