"""The scene in which actions are run."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.db import Database
from tests.actions.dialogue import Talk
from tests.actions.scene import Scene
from tests.conftest import SetClock


@pytest.fixture
def scene(db: Database) -> Scene:
    """Maya, whose identity is proven."""
    return Scene(db)


@pytest.fixture
def stranger(db: Database) -> Scene:
    """The same conversation before any proof."""
    return Scene(db, verified=False)


@pytest.fixture
def talk(db: Database, clock: SetClock) -> Talk:
    """Maya on Monday, 2 March 2026: 120.00 of INV-1001 and 80.50 of INV-1002 are overdue."""
    return Talk(Scene(db, verified_until=clock.now() + dt.timedelta(days=90)))
