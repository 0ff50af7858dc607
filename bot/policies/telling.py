"""How a language says what the decisions about people know in English: refusals, deaths, hardship, other people
(`policies/telling/*.yml`). It is read with what the readers of amounts and days know (`policies/reading/*.yml`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from bot.policies.file import Policy
from bot.policies.reading import ByEnglish, fault_in, spelt_out

Name = Annotated[str, Field(pattern=r"^\w+$")]


class TellingPolicy(Policy):
    """One language, written as a `ReadingPolicy` is. `kin` names people, in English and in this language, each in one
    word; `<kin>` is any of them. What a `ReadingPolicy` says of the same words counts before it."""

    kin: dict[str, list[Name]] = Field(min_length=1)
    phrases: ByEnglish = Field(min_length=1)

    @field_validator("phrases")
    @classmethod
    def _written_well(cls, given: ByEnglish) -> ByEnglish:
        wrong = [fault for english, told in given.items() for each in told if (fault := fault_in(each, english))]
        if wrong:
            raise ValueError("; ".join(wrong))
        return given

    @model_validator(mode="after")
    def _one_meaning(self) -> TellingPolicy:
        meant: dict[str, str] = {}
        wrong = []
        for english, phrase in self.written():
            if meant.setdefault(phrase, english) != english:
                wrong.append(f"{phrase!r} means {meant[phrase]!r} and {english!r}")
        if wrong:
            raise ValueError("; ".join(wrong) + ": a phrase means one thing")
        return self

    def written(self) -> Iterator[tuple[str, str]]:
        """Each meaning in English with each of its phrases, spelt out, and the names of people."""
        yield from ((english, name) for english, names in self.kin.items() for name in names)
        for english, phrases in self.phrases.items():
            yield from ((english, phrase) for told in phrases for phrase in spelt_out(told))
