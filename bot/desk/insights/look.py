"""One look at the numbers: each query is asked once, however many tables are made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from bot.desk.insights import addresses, numbers
from bot.desk.insights.facts import Cell as Sum
from bot.desk.insights.facts import Facts, Spread
from bot.desk.insights.filters import Filters
from bot.desk.insights.tables import Cell
from bot.desk.insights.topics import TOPICS

T = TypeVar("T")
Key = tuple[Any, ...]


@dataclass
class Look:
    """`filters`, asked for in one session."""

    session: Session
    filters: Filters
    _known: dict[Any, Any] = field(default_factory=dict)

    def counts(self, topic: str, *by: str) -> Counter[Key]:
        """How many rows, by the columns named (`week` among them, see `Facts.cells`)."""
        return Counter({cell.key: cell.count for cell in self._cells(topic, by, self.filters)})

    def sums(self, topic: str, *by: str) -> Counter[Key]:
        """What their values come to."""
        return Counter({cell.key: cell.total for cell in self._cells(topic, by, self.filters)})

    def counts_before(self, topic: str, *by: str) -> Counter[Key]:
        """How many rows in the period before."""
        return Counter({cell.key: cell.count for cell in self._cells(topic, by, self.filters.before)})

    def sums_before(self, topic: str, *by: str) -> Counter[Key]:
        """What their values came to."""
        return Counter({cell.key: cell.total for cell in self._cells(topic, by, self.filters.before)})

    def spreads(self, topic: str, *by: str) -> dict[Key, Spread]:
        """Median and 90th percentile of the values."""
        return self._once((topic, by, "spread"), lambda: self._facts(topic, self.filters).spreads(self.session, *by))

    def spreads_before(self, topic: str) -> dict[Key, Spread]:
        """The same of all in the period before."""
        return self._facts(topic, self.filters.before).spreads(self.session)

    def rows(self, topic: str, count: int, *parts: str, kind: str | None = None, **chosen: Any) -> Cell:
        """A count that leads to its rows: these parts of the topic, for the filters or a narrower choice."""
        filters = chosen.pop("filters", self.filters).of(**chosen)
        return Cell(numbers.count(count), count, addresses.rows(topic, filters, *parts, kind=kind))

    def _cells(self, topic: str, by: tuple[str, ...], filters: Filters) -> list[Sum]:
        known = (topic, by, filters)
        return self._once(known, lambda: self._facts(topic, filters).cells(self.session, *by))

    def _facts(self, topic: str, filters: Filters) -> Facts:
        return TOPICS[topic].facts(self.session, filters)

    def _once(self, key: Any, ask: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = ask()
        found: T = self._known[key]
        return found


def over(counts: Counter[Key], *places: int) -> Counter[Key]:
    """The same counts by some of their columns, the others added up."""
    found: Counter[Key] = Counter()
    for key, number in counts.items():
        found[tuple(key[place] for place in places)] += number
    return found


def of(counts: Counter[Key], parts: Iterable[str]) -> int:
    """How many are of these parts, in counts by part."""
    return sum(counts[(part,)] for part in parts)
