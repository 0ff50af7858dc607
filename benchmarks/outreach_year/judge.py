"""The independent judge: from what people did and what arrived it finds every message that breaks a rule, every one
that was sent twice, and every one that was lost. It asks nothing of the product's gate, caps or hours."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.outreach_year import law, occasions, words
from benchmarks.outreach_year.story import Arrival, Doing, Person, Span, Year

# What comes so soon after somebody wrote answers them; after a stop one message does, and no other comes (C5).
ANSWERS = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Violation:
    """The rule that was broken, to whom, when, and how."""

    rule: str
    person: int
    at: dt.datetime
    how: str


def violations(year: Year) -> list[Violation]:
    """All that there are."""
    theirs = _by_person(year)
    found = []
    for person in year.people:
        got = theirs.get(person.number, [])
        begun = [one for one in got if not _answers(person, one)]
        found += [*_answered(person, got), *_each(person, begun), *_capped(person, begun)]
        found += [Violation(*each) for each in occasions.judged(person, begun, got, year)]
    return sorted(found, key=lambda one: (one.at, one.person))


def repeats(year: Year) -> int:
    """How many e-mails came once more under the same Message-ID, which mailboxes show once."""
    return len(year.arrivals) - len(_once(year.arrivals))


def _by_person(year: Year) -> dict[int, list[Arrival]]:
    of = {address: one.number for one in year.people for address in (one.phone, one.email) if address}
    found: dict[int, list[Arrival]] = defaultdict(list)
    for arrival in _once(year.arrivals):
        found[of[arrival.to]].append(arrival)
    return {number: sorted(each, key=lambda one: one.at) for number, each in found.items()}


def _once(arrivals: list[Arrival]) -> list[Arrival]:
    """Without what a mailbox shows once: on phones everything counts."""
    seen: set[str] = set()
    kept = []
    for one in arrivals:
        if one.medium != "email" or one.id not in seen:
            kept.append(one)
        seen.add(one.id)
    return kept


def _answers(person: Person, arrival: Arrival) -> bool:
    return any(medium == arrival.medium and at <= arrival.at <= at + ANSWERS for at, medium, _ in person.wrote)


def _answered(person: Person, got: list[Arrival]) -> Iterator[Violation]:
    """C5: one confirmation of a stop, and nothing else with it."""
    for at, medium, doing in person.wrote:
        if doing is not Doing.STOP:
            continue
        after = [one for one in got if one.medium == medium and at <= one.at <= at + ANSWERS]
        if len(after) > 1 or any(words.speaks_of_money(one.text) for one in after):
            yield Violation("C5", person.number, at, f"{len(after)} messages after a stop")


def _each(person: Person, begun: list[Arrival]) -> Iterator[Violation]:
    """What each message has to keep by itself."""
    for one in begun:
        said = (one.at, f"{one.medium}: {one.text[:60]!r}")
        if not law.is_open(person, one.at):
            yield Violation("C1", person.number, *said)
        if not _may_use(person, one):
            yield Violation("C4", person.number, *said)
        if any(_within(span, one.at) for span in person.holds):
            yield Violation("C8", person.number, *said)
        if not words.has_way_out(one.text):
            yield Violation("C3", person.number, *said)
        is_proven = any(_within(span, one.at) for span in person.proven)
        if words.speaks_of_money(one.subject) or (words.speaks_of_money(one.text) and not is_proven):
            yield Violation("P1", person.number, *said)
        if not is_proven and any(part in one.text for part in person.name.split()):
            yield Violation("P1", person.number, *said)
        if not words.has_way_forward(one.text):
            yield Violation("K3", person.number, *said)


def _may_use(person: Person, arrival: Arrival) -> bool:
    """Whether they had said yes to the medium where it takes one, and not no since; told to the provider is told."""
    said = [yes for at, medium, yes in person.yes if medium == arrival.medium and at <= arrival.at]
    if any(medium == arrival.medium and at <= arrival.at for at, medium in person.blocked):
        return False
    return said[-1] if said else not law.needs_yes(person, arrival.medium)


def _capped(person: Person, begun: list[Arrival]) -> Iterator[Violation]:
    """C2: in any stretch of time, on all media together."""
    for messages, stretch in law.CAPS:
        for first, after in zip(begun, itertools.islice(begun, messages, None), strict=False):
            if after.at - first.at < stretch:
                yield Violation("C2", person.number, after.at, f"{messages + 1} within {stretch.days} days")


def _within(span: Span, at: dt.datetime) -> bool:
    return span[0] <= at and (span[1] is None or at < span[1])
