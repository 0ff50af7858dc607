"""The scene in which actions are run."""

from __future__ import annotations

import pytest

from bot.db import Database
from tests.actions.scene import Scene


@pytest.fixture
def scene(db: Database) -> Scene:
    """Maya, whose identity is proven."""
    return Scene(db)


@pytest.fixture
def stranger(db: Database) -> Scene:
    """The same conversation before any proof."""
    return Scene(db, verified=False)
