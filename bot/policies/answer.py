"""The operator's answers to questions about fees, consequences and ways to pay (design section 10, 14)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, model_validator

from bot.policies.file import Policy, Words

Sentence = Annotated[str, Field(min_length=1, max_length=300)]
Facts = dict[Annotated[str, Field(pattern="^[a-z]{2,3}$")], list[Sentence]]
Heard = Annotated[str, Field(pattern="^[a-z][a-z '-]*$", max_length=40)]

# What an answer may never press with, whoever wrote it (K2, C11). To say that it does not happen is another matter.
_PRESSING = re.compile(
    r"\b(?:immediately|urgent\w*|at once|final|deadline|last chance|must pay|delinquen\w+|shame\w*)\b", re.I
)
_THREATENING = re.compile(r"\b(?:arrest\w*|jail\w*|prison|police)\b", re.I)
_DENIED = re.compile(r"\b(?:no|not|nobody|never|nothing)\b|n't\b", re.I)


class CreditAgencies(Policy):
    """Whether we report to them, and how many days after the due date."""

    reports: bool
    after_days: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _when(self) -> CreditAgencies:
        if self.reports and self.after_days is None:
            raise ValueError("after_days is needed where we report: customers are told when")
        return self


class Worry(Policy):
    """The answer to a particular worry, and the words by which it is heard."""

    heard: list[Heard] = Field(min_length=1)
    answer: Words


class Method(Policy):
    """A way to pay, as it stands in a sentence, and the words by which it is heard."""

    name: Words
    heard: list[Heard] = Field(min_length=1)


class Methods(Policy):
    """What the payment page offers, what is possible beside it, and what is asked for and not possible."""

    checkout: list[Method] = Field(min_length=1)
    beyond: Facts
    not_taken: list[Method]


class Shows(Policy):
    """How soon a payment shows: in minutes by card, in days at the most from a bank account."""

    card_minutes: int = Field(ge=1, le=120)
    bank_days: int = Field(ge=1, le=14)


class AnswersPolicy(Policy):
    """`policies/answers.yml`. `added` is empty where nothing is ever added to what was billed (K6)."""

    added: Facts
    credit_agencies: CreditAgencies
    unpaid: Facts
    worries: list[Worry]
    methods: Methods
    shows: Shows

    @model_validator(mode="after")
    def _plain(self) -> AnswersPolicy:
        for key, facts in (("added", self.added), ("unpaid", self.unpaid), ("methods.beyond", self.methods.beyond)):
            if any(facts.values()) and "en" not in facts:
                raise ValueError(f"{key} needs English sentences, which serve where a language is missing")
        if not self.unpaid.get("en"):
            raise ValueError("unpaid needs English sentences: customers are told what happens, not left guessing")
        named = [worry.answer for worry in self.worries]
        named += [method.name for method in (*self.methods.checkout, *self.methods.not_taken)]
        if any("en" not in words for words in named):
            raise ValueError("each worry and each method needs an English entry")
        for sentence in self._sentences():
            if "{" in sentence or "}" in sentence:
                raise ValueError("answers are plain sentences, without braces")
            if _PRESSING.search(sentence) or (_THREATENING.search(sentence) and not _DENIED.search(sentence)):
                raise ValueError(f"an answer may inform, never press or threaten: {sentence!r}")
        return self

    def _sentences(self) -> list[str]:
        facts = [
            text
            for facts in (self.added, self.unpaid, self.methods.beyond)
            for texts in facts.values()
            for text in texts
        ]
        return [*facts, *(text for worry in self.worries for text in worry.answer.values())]


def facts_in(facts: Facts, locale: str) -> list[str]:
    """The sentences of `facts` in the language of `locale` (BCP 47), else the English ones."""
    return facts.get(locale.replace("_", "-").split("-")[0].lower()) or facts.get("en", [])
