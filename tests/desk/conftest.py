"""The desk on both databases (`desk`), and on SQLite alone where the database cannot matter (`sqlite_desk`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.db import Database
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit


@pytest.fixture
def desk(db: Database) -> Desk:
    """A desk with three agents."""
    return Desk(db)


@pytest.fixture
def sqlite_desk(sqlite_db: Database) -> Desk:
    """The same on SQLite."""
    return Desk(sqlite_db)


@pytest.fixture
def ana(desk: Desk) -> Iterator[Visit]:
    """Ana, an agent, signed in."""
    with desk.visit("ana@example.com") as visit:
        yield visit


@pytest.fixture
def ben(desk: Desk) -> Iterator[Visit]:
    """Ben, an agent, signed in."""
    with desk.visit("ben@example.com") as visit:
        yield visit


@pytest.fixture
def sol(desk: Desk) -> Iterator[Visit]:
    """Sol, a supervisor, signed in."""
    with desk.visit("sol@example.com") as visit:
        yield visit


@pytest.fixture
def nobody(desk: Desk) -> Iterator[Visit]:
    """A browser that is not signed in."""
    with desk.visit() as visit:
        yield visit


@pytest.fixture
def ana_at(desk: Desk, clock: SetClock) -> Iterator[Visit]:
    """Ana, signed in by the clock that the test holds."""
    with desk.visit("ana@example.com") as visit:
        yield visit
