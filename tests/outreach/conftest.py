"""What tests of reminders start from: a service that can text and write on WhatsApp, and a customer who said yes."""

from __future__ import annotations

import pytest

from bot.db import Database
from bot.settings import settings
from tests.outreach.reminded import SETTINGS


@pytest.fixture
def on(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database of each kind, and SMS and WhatsApp switched on."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    return db


@pytest.fixture
def sqlite_on(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The same on SQLite alone."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    return sqlite_db
