"""The words that are heard on a phone before anything is understood."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from bot.policies.file import Policy

WordsByLanguage = dict[str, list[Annotated[str, Field(min_length=1)]]]

# What the law and the carriers name; an operator may add to it and never take away (C4).
STOP = frozenset({"stop", "stopall", "unsubscribe", "end", "quit", "cancel", "revoke", "optout"})
START = frozenset({"start", "unstop"})
YES = frozenset({"yes"})
HELP = frozenset({"help", "info"})


class Refusals(Policy):
    """Phrases that refuse messages where a whole message holds nothing else but what may stand `around` them."""

    phrases: WordsByLanguage
    around: WordsByLanguage


class KeywordsPolicy(Policy):
    """`policies/keywords.yml`: each list by language (ISO 639-1), words or phrases in any writing (C4)."""

    stop: WordsByLanguage
    start: WordsByLanguage
    yes: WordsByLanguage
    help: WordsByLanguage
    courtesy: WordsByLanguage
    refusals: Refusals
    asks_what_writes: WordsByLanguage

    @model_validator(mode="after")
    def _required(self) -> KeywordsPolicy:
        for name, needed in (("stop", STOP), ("start", START), ("yes", YES), ("help", HELP)):
            given = {joined(word) for word in self._words(name)}
            if missing := sorted(needed - given):
                raise ValueError(f"{name} needs {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _one_meaning(self) -> KeywordsPolicy:
        meant: dict[str, str] = {}
        for name in ("stop", "start", "yes", "help", "courtesy"):
            for word in self._words(name):
                before = meant.setdefault(joined(word), name)
                if before != name:
                    raise ValueError(f"{word!r} is in {before} and in {name}: a word means one thing")
        return self

    def _words(self, name: str) -> list[str]:
        by_language: WordsByLanguage = getattr(self, name)
        return [word for words in by_language.values() for word in words]


def joined(text: str) -> str:
    """`text` without spaces, in lower case: "Stop All" and "stopall" are one word."""
    return "".join(text.lower().split())
