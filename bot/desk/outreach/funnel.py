"""From what went out to what came of it, and what was held back by which rule: figures, tables, a chart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.desk.insights import charts, numbers
from bot.desk.insights.tables import Cell, Chart, Figure, Section, Table, words
from bot.desk.outreach import addresses, reminded
from bot.desk.outreach.choice import Choice
from bot.desk.outreach.reminded import Came, Group, Part, State
from bot.desk.outreach.words import KINDS, STATES, WORDINGS, rule, sentence
from bot.errors import NotFound
from bot.models import ReminderKind

CAME = {Came.DELIVERED: "Delivered", Came.ANSWERED: "Answered", Came.PAID: "Paid", Came.PROMISED: "Promised"}
BY = ("state", "channel", "language", "kind", "wording", "rule")
HELD = (State.WAITING, State.SKIPPED)
HEADINGS = (STATES[State.SENT], *CAME.values())

Chosen = Callable[[str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted for `choice`, by all columns of `BY` at once."""

    choice: Choice
    groups: list[Group]

    @classmethod
    def of(cls, session: Session, choice: Choice) -> Counts:
        """By one query."""
        return cls(choice, reminded.groups(session, choice, *BY))

    def messages(self, *by: str) -> dict[tuple[Any, ...], tuple[int, ...]]:
        """Of the messages that went out, by these columns: how many, and how many came to each `Came`."""
        found: dict[tuple[Any, ...], list[int]] = {}
        for group in self.groups:
            if group.key[BY.index("state")] == State.SENT:
                sums = found.setdefault(tuple(group.key[BY.index(name)] for name in by), [0] * (len(Came) + 1))
                for place, number in enumerate((group.count, *group.came)):
                    sums[place] += number
        return {key: tuple(sums) for key, sums in found.items()}

    def all_messages(self) -> tuple[int, ...]:
        """The same of all together."""
        return self.messages().get((), (0,) * (len(Came) + 1))

    def held(self) -> dict[str, Counter[State]]:
        """What was held back by each rule: how many wait, how many were skipped."""
        found: dict[str, Counter[State]] = {}
        for group in self.groups:
            state = State(group.key[BY.index("state")])
            if state in HELD:
                found.setdefault(group.key[BY.index("rule")], Counter())[state] += group.count
        return found


def sections(session: Session, choice: Choice) -> list[Section]:
    """What came of it, beside the period before; and what was held back."""
    now, before = Counts.of(session, choice), Counts.of(session, choice.before)
    return [_came_of(now, before), _held_back(now, before)]


def table(session: Session, choice: Choice, name: str) -> Table:
    """One table of the page. Raises `NotFound`."""
    now = Counts.of(session, choice)
    tables = {each.name: each for section in (_came_of(now, now), _held_back(now, now)) for each in section.tables}
    if name not in tables:
        raise NotFound("There is no such table.")
    return tables[name]


def _came_of(now: Counts, before: Counts) -> Section:
    choice, all_, was = now.choice, now.all_messages(), before.all_messages()
    days = "a day" if choice.after == 1 else f"{choice.after} days"
    lead = (
        f"Answered, paid and promised within {days} of the message; of the newest those days are not over yet. A "
        "payment counts for every message that it followed so soon, a plan that was agreed counts as a promise. "
        "E-mail tells only that a server took it."
    )
    figures = [
        Figure("Messages", numbers.count(all_[0]), "that we began", numbers.count(was[0]), _href(choice, None)),
        *(
            Figure(
                CAME[came],
                numbers.share(all_[place], all_[0]),
                f"{numbers.count(all_[place])} of {numbers.count(all_[0])}",
                numbers.share(was[place], was[0]),
                _href(choice, came),
            )
            for place, came in enumerate(Came, start=1)
        ),
    ]
    tables = [
        Table("funnel", "From the message to what came of it", ["Step", "Messages", "Share"], _steps(choice, all_)),
        _by(now, "channel", "By channel", numbers.channel, lambda value: {"channel": value}),
        _by(now, "language", "By language", numbers.tongue, lambda value: {"language": value}),
        _by(now, "kind", "By kind", lambda value: KINDS[value], lambda value: {"kind": ReminderKind(value)}),
        _by_wording(now),
    ]
    drawn = charts.rows("Messages, and what came of them", HEADINGS, {"Messages": all_}, numbers.count)
    shown = [Chart("Messages, and what came of them", drawn)] if all_[0] else []
    return Section("came", "What came of it", lead, figures, tables, shown)


def _held_back(now: Counts, before: Counts) -> Section:
    choice, held = now.choice, now.held()
    all_, was = (sum(sum(each.values()) for each in counts.held().values()) for counts in (now, before))
    figure = Figure(
        "Held back",
        numbers.count(all_),
        "skipped, or waiting still",
        numbers.count(was),
        addresses.rows(Part(choice, HELD)),
    )
    rows = [
        [
            words(sentence(rule(name)) or numbers.NONE),
            *(_rows(Part(choice, (state,), name), held[name][state]) for state in (State.SKIPPED, State.WAITING)),
        ]
        for name in sorted(held, key=lambda each: (-sum(held[each].values()), each))
    ]
    lead = (
        "Steps of a cadence that did not go. What waits is looked at again when its rule says so; what could not go "
        "within its days is skipped, and not made up for."
    )
    named = Table("held", "By the rule that decided", ["Because", STATES["skipped"], STATES["waiting"]], rows)
    return Section("held", "What was held back", lead, [figure], [named])


def _steps(choice: Choice, all_: tuple[int, ...]) -> list[list[Cell]]:
    steps: list[Came | None] = [None, *Came]
    return [
        [
            words(HEADINGS[place]),
            Cell(numbers.count(all_[place]), all_[place], _href(choice, came)),
            words(numbers.share(all_[place], all_[0])),
        ]
        for place, came in enumerate(steps)
    ]


def _by(now: Counts, column: str, title: str, name: Callable[[str], str], chosen: Chosen) -> Table:
    found = now.messages(column)
    rows = [
        [words(name(value)), *_cells(now.choice.of(**chosen(value)), found[value,])]
        for value in _most_first((key[0], sums[0]) for key, sums in found.items())
    ]
    return Table(f"by-{column}", title, [title.removeprefix("By ").capitalize(), *HEADINGS], rows)


def _by_wording(now: Counts) -> Table:
    """By kind, for wordings of different kinds are different words."""
    found = {key: sums for key, sums in now.messages("kind", "wording").items() if key[1]}
    rows = [
        [
            words(KINDS[kind]),
            words(WORDINGS.get(wording, wording)),
            *_cells(now.choice.of(kind=ReminderKind(kind), wording=wording), found[kind, wording]),
        ]
        for kind, wording in sorted(found)
    ]
    return Table("by-wording", "By wording", ["Kind", "Wording", *HEADINGS], rows)


def _cells(choice: Choice, sums: tuple[int, ...]) -> list[Cell]:
    whole = Cell(numbers.count(sums[0]), sums[0], _href(choice, None))
    parts = [
        Cell(f"{numbers.count(number)} ({numbers.share(number, sums[0])})", number, _href(choice, came))
        for came, number in zip(Came, sums[1:], strict=True)
    ]
    return [whole, *parts]


def _rows(part: Part, count: int) -> Cell:
    return Cell(numbers.count(count), count, addresses.rows(part))


def _href(choice: Choice, came: Came | None) -> str:
    return addresses.rows(Part(choice, (State.SENT,), came=came))


def _most_first(counts: Iterable[tuple[str, int]]) -> list[str]:
    return [value for value, _ in sorted(counts, key=lambda each: (-each[1], each[0]))]
