"""The rows behind a number, a page at a time."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.desk.insights import addresses, numbers, topics
from bot.desk.insights.facts import Fact, Facts
from bot.desk.insights.filters import Filters
from bot.desk.insights.tables import Value
from bot.desk.insights.topics import Topic
from bot.errors import InvalidInput

PER_PAGE = 50
PAGES_MOST = 100_000

_NAME = re.compile(r"[\w./ -]{0,64}")


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a topic: of these `parts` (all when there are none) and of one `kind` (any when None)."""

    name: str
    topic: Topic
    filters: Filters
    parts: tuple[str, ...]
    kind: str | None

    @classmethod
    def read(cls, name: str, given: Mapping[str, str]) -> Cut:
        """From an address. Raises `NotFound`, `InvalidInput`."""
        parts = tuple(part for part in given.get("part", "").split(",") if part)
        kind = given.get("kind")
        if not all(_NAME.fullmatch(each) for each in (*parts, kind or "")):
            raise InvalidInput("There is no such part of this list.")
        return cls(name, topics.find(name), Filters.read(given), parts, kind)

    @property
    def title(self) -> str:
        """What is listed, in words."""
        chosen = [self.topic.part(part) for part in self.parts]
        if self.kind is not None:
            chosen.append(self.topic.kind(self.kind) or numbers.NONE)
        return f"{self.topic.title}: {', '.join(chosen)}" if chosen else self.topic.title

    def address(self, page: int = 1, *, csv: bool = False) -> str:
        """Where it is."""
        return addresses.rows(self.name, self.filters, *self.parts, kind=self.kind, page=page, csv=csv)

    def facts(self, session: Session) -> Facts:
        """The rows."""
        return self.topic.facts(session, self.filters).only(self.parts, self.kind)


@dataclass(frozen=True, slots=True)
class Page:
    """The rows `first` to `last`, counted from 1, of `count` in all."""

    facts: list[Fact]
    number: int
    count: int

    @property
    def first(self) -> int:
        """The number of its first row."""
        return (self.number - 1) * PER_PAGE + 1

    @property
    def last(self) -> int:
        """The number of its last row."""
        return self.first + len(self.facts) - 1

    @property
    def is_last(self) -> bool:
        """Whether nothing comes after it."""
        return self.last >= self.count


def page(session: Session, cut: Cut, number: int) -> Page:
    """Page `number`, from 1; one behind the last is empty."""
    facts, count = cut.facts(session).page(session, (number - 1) * PER_PAGE, PER_PAGE)
    return Page(facts, number, count)


def page_number(given: str | None) -> int:
    """From an address. Raises `InvalidInput`."""
    if not given:
        return 1
    if not (given.isascii() and given.isdecimal() and len(given) < 7 and 1 <= int(given) <= PAGES_MOST):
        raise InvalidInput("A page is a number from 1.")
    return int(given)


def when(fact: Fact, zone: str) -> str:
    """A day, or an instant by the clocks of `zone`."""
    if isinstance(fact.at, dt.datetime):
        local = fact.at.astimezone(ZoneInfo(zone))
        return f"{numbers.day(local.date())}, {local:%H:%M}"
    return numbers.day(fact.at)


def values(topic: Topic, fact: Fact) -> list[Value]:
    """A row for a file, without what was said."""
    at = fact.at.astimezone(dt.UTC) if isinstance(fact.at, dt.datetime) else fact.at
    shown = (topic.part(fact.part), topic.kind(fact.kind), topic.exact(fact))
    columns = [value for value, heading in zip(shown, topic.headings, strict=True) if heading]
    conversation = str(fact.conversation_id) if fact.conversation_id else None
    return [at.isoformat(), conversation, fact.channel, fact.language, *columns]
