"""What can be looked at, by name: where its rows come from and how they are called on a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from bot.desk.insights import (
    first_answers,
    instalments,
    numbers,
    opt_outs,
    people,
    promises,
    recovered,
    satisfaction,
    talks,
    understanding,
)
from bot.desk.insights.facts import Fact, Facts
from bot.desk.insights.filters import Filters
from bot.errors import NotFound

REACHED: dict[str, str] = {people.Reached.YES: "Yes", people.Reached.NOT_YET: "Not yet", people.Reached.NEVER: "No"}


def _nothing(_fact: Fact) -> str:
    return ""


def _money(fact: Fact) -> str:
    return numbers.money(fact.value, fact.kind)


def _duration(fact: Fact) -> str:
    return numbers.duration(fact.value)


@dataclass(frozen=True, slots=True)
class Topic:
    """`parts` are the words for the values of `part`, `headings` those above the columns part, kind and value; a column
    without a heading is not shown."""

    title: str
    facts: Callable[[Session, Filters], Facts]
    parts: Mapping[str, str]
    headings: tuple[str, str, str]
    value: Callable[[Fact], str] = _nothing
    kinds: Mapping[str, str] = field(default_factory=dict)

    def shown(self, fact: Fact) -> list[str]:
        """Part, kind and value as a page shows them, those that have a heading."""
        words = (self.part(fact.part), self.kind(fact.kind) or numbers.NONE, self.value(fact))
        return [text for text, heading in zip(words, self.headings, strict=True) if heading]

    def exact(self, fact: Fact) -> str | int | None:
        """Its value for a file: an exact decimal for money, whole seconds for times."""
        return numbers.decimal(fact.value, fact.kind) if self.value is _money else fact.value

    def part(self, name: str) -> str:
        """A part in words."""
        return self.parts.get(name, numbers.words(name))

    def kind(self, name: str) -> str:
        """A kind in words."""
        return self.kinds.get(name, name)


TOPICS: dict[str, Topic] = {
    "talks": Topic(
        "Talks",
        talks.facts,
        {
            talks.Outcome.PAYMENT: "Payment",
            talks.Outcome.PLAN: "Plan agreed",
            talks.Outcome.ANSWER: "Confirmed answer",
            talks.Outcome.PERSON: "With a person",
            talks.Outcome.NOTHING: "Nothing settled",
            talks.Outcome.OPEN: "Still going on",
        },
        ("Outcome", "", ""),
    ),
    "promises": Topic(
        "Promises",
        promises.facts,
        {"kept": "Kept", "broken": "Broken", "open": "Undecided"},
        ("What became of it", "Currency", "Amount"),
        _money,
    ),
    "instalments": Topic(
        "Instalments",
        instalments.facts,
        {
            instalments.Kept.KEPT: "Paid in time",
            instalments.Kept.LATE: "Paid late",
            instalments.Kept.MISSING: "Missing",
        },
        ("What became of it", "Currency", "Amount"),
        _money,
    ),
    "recovered": Topic(
        "Money recovered",
        recovered.facts,
        {recovered.Moved.CAME: "Came in", recovered.Moved.BACK: "Went back", recovered.Moved.AGAIN: "Came again"},
        ("What moved", "Currency", "Amount"),
        _money,
    ),
    "claims": Topic(
        "Hand-overs, until a person had them", people.claims, REACHED, ("Claimed", "Skill", "After"), _duration
    ),
    "answers": Topic(
        "Hand-overs, until the first answer", people.answers, REACHED, ("Answered", "Skill", "After"), _duration
    ),
    "targets": Topic(
        "Hand-overs, by their target for the first answer",
        first_answers.facts,
        {
            first_answers.Target.MET: "In time",
            first_answers.Target.MISSED: "Late",
            first_answers.Target.OPEN: "Still time",
            first_answers.Target.LEFT: "Left before",
        },
        ("First answer", "Skill", ""),
    ),
    "handling": Topic(
        "Hand-overs, until they were done", people.handling, REACHED, ("Done", "Skill", "Took"), _duration
    ),
    "satisfaction": Topic(
        "Ratings",
        satisfaction.facts,
        {str(rating): f"{rating} of 5" for rating in range(1, 6)},
        ("Rating", "About", ""),
    ),
    "understanding": Topic(
        "What customers wrote",
        understanding.facts,
        {
            understanding.Understood.NOT: "Not understood",
            understanding.Understood.UNSURE: "Doubtful",
            understanding.Understood.WELL: "Understood",
        },
        ("How sure", "Taken for", ""),
        kinds={talks.NOT_UNDERSTOOD: "(not understood)"},
    ),
    "opt-outs": Topic("Opt-outs", opt_outs.facts, {}, ("How we know", "Refused", "")),
}


def find(name: str) -> Topic:
    """The topic called so. Raises `NotFound`."""
    if name not in TOPICS:
        raise NotFound("There is no such list.")
    return TOPICS[name]
