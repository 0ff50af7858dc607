"""What the law of a place has us say, and when (C10)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from bot.models import ReminderKind
from bot.policies.file import Policy, Words, fields_of

# What the code fills into a sentence: of the business from `brand.yml`, free advice from `help_lines.yml`.
FIELDS = frozenset({"brand", "address", "registration", "advice"})
Name = Annotated[str, Field(pattern="^[a-z][a-z_]{0,39}$")]
Names = tuple[Name, ...]


class Disclosures(Policy):
    """Which sentences of `policies/disclosures.yml` a place asks for: in the `first` message of ours that speaks of the
    account, in `reminders` of a kind, at the foot of each `email`, and on the `statement`."""

    first: Names
    reminders: dict[ReminderKind, Names]
    email: Names
    statement: Names

    def at_start(self, kind: ReminderKind, *, is_first: bool) -> Names:
        """What a message of `kind` that we begin says, each once."""
        return _each_once(self.reminders.get(kind, ()), self.first if is_first else ())

    def every(self) -> Names:
        """All of them, each once."""
        return _each_once(self.first, *self.reminders.values(), self.email, self.statement)


class Disclosure(Policy):
    """One sentence. Where it `implies_nothing` it may be read by anybody (P1); any other is said only where the
    customer has shown who they are."""

    implies_nothing: bool
    words: Words

    @model_validator(mode="after")
    def _fields(self) -> Disclosure:
        used = {language: fields_of(text) for language, text in self.words.items()}
        for language, fields in used.items():
            if fields is None or not fields <= FIELDS:
                raise ValueError(f"words.{language} may use {', '.join(sorted(FIELDS))} in braces, each plainly")
            if fields != used.get("en", fields):
                raise ValueError(f"words.{language} has to use the same braces as words.en")
        return self

    @property
    def fields(self) -> set[str]:
        """What its words are filled with."""
        return fields_of(self.words["en"]) or set()


class DisclosuresPolicy(Policy):
    """`policies/disclosures.yml`: each sentence by its name, in every language that we write."""

    said: dict[Name, Disclosure] = Field(min_length=1)


def together(each: list[Disclosures]) -> Disclosures:
    """All that any of `each` asks for, when it asks for it."""
    kinds = [kind for kind in ReminderKind if any(one.reminders.get(kind) for one in each)]
    return Disclosures(
        first=_each_once(*(one.first for one in each)),
        reminders={kind: _each_once(*(one.reminders.get(kind, ()) for one in each)) for kind in kinds},
        email=_each_once(*(one.email for one in each)),
        statement=_each_once(*(one.statement for one in each)),
    )


def _each_once(*lists: Names) -> Names:
    return tuple(dict.fromkeys(name for names in lists for name in names))
