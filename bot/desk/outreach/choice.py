"""What a supervisor wants to see of what we began: a period, a channel, a language, a kind, a wording; and how many
days count as "after" a message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.desk.insights.filters import Filters
from bot.desk.insights.period import Period
from bot.errors import InvalidInput
from bot.models import ReminderKind

AFTER = (1, 3, 7, 14, 30)
USUAL_AFTER = 7

_WORDING = re.compile(r"[\w-]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Choice:
    """`kind` and `wording` are None for all. What came within `after` days is said to have come of a message."""

    filters: Filters
    kind: ReminderKind | None = None
    wording: str | None = None
    after: int = USUAL_AFTER

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Choice:
        """From an address: what `Filters.read` takes, `kind`, `wording` and `after`. Raises `InvalidInput`."""
        return cls(Filters.read(given), _kind(given.get("kind")), _wording(given.get("wording")), _after(given))

    @classmethod
    def usual(cls) -> Choice:
        """What is shown when nothing is asked for."""
        return cls(Filters.usual())

    @property
    def period(self) -> Period:
        """The days that are looked at."""
        return self.filters.period

    @property
    def before(self) -> Choice:
        """The same for the period before."""
        return replace(self, filters=self.filters.before)

    def within(self, period: Period) -> Choice:
        """The same for other days."""
        return replace(self, filters=self.filters.within(period))

    def of(self, **chosen: Any) -> Choice:
        """The same for one `channel`, `language`, `kind` or `wording`."""
        narrower = {name: chosen.pop(name) for name in ("channel", "language") if name in chosen}
        return replace(self, filters=self.filters.of(**narrower), **chosen)

    def query(self) -> dict[str, str]:
        """As `read` takes it."""
        asked = self.filters.query() | {"after": str(self.after)}
        return asked | {name: str(value) for name in ("kind", "wording") if (value := getattr(self, name)) is not None}


def _kind(given: str | None) -> ReminderKind | None:
    if not given:
        return None
    if given not in list(ReminderKind):
        raise InvalidInput("There is no such kind of message.")
    return ReminderKind(given)


def _wording(given: str | None) -> str | None:
    if given and not _WORDING.fullmatch(given):
        raise InvalidInput("There is no such wording.")
    return given or None


def _after(given: Mapping[str, str]) -> int:
    asked = given.get("after") or str(USUAL_AFTER)
    if asked not in map(str, AFTER):
        raise InvalidInput(f"The days after a message are one of {', '.join(map(str, AFTER))}.")
    return int(asked)
