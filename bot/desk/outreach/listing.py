"""The rows behind a number, a page at a time, and as a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.desk.insights import numbers
from bot.desk.insights.listing import PER_PAGE
from bot.desk.insights.tables import Cell, Table
from bot.desk.outreach.choice import Choice
from bot.desk.outreach.funnel import CAME
from bot.desk.outreach.reminded import Came, Part, Row, State
from bot.desk.outreach.words import KINDS, RULES, STATES, WORDINGS, rule, what, when
from bot.errors import InvalidInput

COLUMNS = ("At", "Account", "Conversation", "Kind", "Step", "Day of it", "State", "Rule", "Channel", "Language")
FILE_COLUMNS = (*COLUMNS, "Wording", *CAME.values())


@dataclass(frozen=True, slots=True)
class Page:
    """The rows `first` to `last`, counted from 1, of `count` in all."""

    rows: list[Row]
    number: int
    count: int

    @property
    def first(self) -> int:
        """The number of its first row."""
        return (self.number - 1) * PER_PAGE + 1

    @property
    def last(self) -> int:
        """The number of its last row."""
        return self.first + len(self.rows) - 1

    @property
    def is_last(self) -> bool:
        """Whether nothing comes after it."""
        return self.last >= self.count


def read(given: Mapping[str, str]) -> Part:
    """From an address. Raises `InvalidInput`."""
    states = [each for each in given.get("state", "").split(",") if each]
    came, rule_ = given.get("came") or None, given.get("rule") or None
    is_known = set(states) <= set(State) and (came is None or came in list(Came)) and (rule_ is None or rule_ in RULES)
    if not is_known:
        raise InvalidInput("There is no such part of this list.")
    return Part(Choice.read(given), tuple(map(State, states)), rule_, Came(came) if came else None)


def page(session: Session, part: Part, number: int) -> Page:
    """Page `number`, from 1; one behind the last is empty."""
    rows, count = part.page(session, (number - 1) * PER_PAGE, PER_PAGE)
    return Page(rows, number, count)


def title(part: Part) -> str:
    """What is listed, in words: "Messages: SMS, Spanish, Paid"."""
    filters, choice = part.choice.filters, part.choice
    chosen = [
        *([STATES[state] for state in part.states] if part.states != (State.SENT,) else []),
        CAME[part.came] if part.came else "",
        f"because {rule(part.rule)}" if part.rule else "",
        numbers.channel(filters.channel) if filters.channel else "",
        numbers.tongue(filters.language) if filters.language else "",
        KINDS[choice.kind] if choice.kind else "",
        WORDINGS.get(choice.wording, choice.wording) if choice.wording else "",
    ]
    named = ", ".join(filter(None, chosen))
    return f"Messages: {named}" if named else "Messages"


def local(row: Row, zone: str) -> str:
    """When it was, or will be looked at, by the clocks of `zone`."""
    at = row.at.astimezone(ZoneInfo(zone))
    return f"{numbers.day(at.date())}, {at:%H:%M}"


def about(row: Row) -> str:
    """What it is."""
    return f"{what(row.kind, row.step)}, {when(row.step)}"


def came_of(row: Row) -> str:
    """All that came of it."""
    return ", ".join(word for came, word in CAME.items() if getattr(row, came)) or numbers.NONE


def as_table(rows: Iterable[Row]) -> Table:
    """For a file: ids, instants in UTC, no name, and nothing that was said."""
    return Table(
        "rows", "Messages", FILE_COLUMNS, [[Cell(str(value), value) for value in _values(row)] for row in rows]
    )


def _values(row: Row) -> list[str | int | None]:
    return [
        row.at.isoformat(),
        row.account,
        str(row.conversation_id) if row.conversation_id else None,
        row.kind,
        row.step,
        row.due_on.isoformat(),
        row.state,
        row.rule,
        row.channel,
        row.language,
        row.wording,
        row.delivered,
        row.answered,
        row.paid,
        row.promised,
    ]
