"""What every test of ours starts from: known settings, real databases, a clock that can be set.

`db` runs a test on SQLite and on PostgreSQL; `sqlite_db` on SQLite alone. `bot.db.database()` is the same database.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

_VAR = tempfile.mkdtemp(prefix="gt-var-")
# Before anything reads them. No setting of the developer's shell reaches a test.
for _name in list(os.environ):
    if _name.startswith(("GT_", "STRIPE_", "TWILIO_", "META_")) and not _name.startswith("GT_TEST_"):
        del os.environ[_name]
os.environ.update(
    GT_SECRET_KEY="only-for-tests-only-for-tests-only-for-tests",
    GT_RASA_TOKEN="only-for-tests-only-for-tests",
    GT_IDENTITY_SECRET="the-shop-and-we-know-it-only-for-tests-and-nobody-else-knows-it-at-all",
    GT_PUBLIC_URL="https://pay.example",
    GT_VAR=_VAR,
    DATABASE_URL="",
    REDIS_URL="",
)

from bot import clock as bot_clock  # noqa: E402 - after the environment above
from bot.db import Database, database  # noqa: E402
from bot.settings import settings  # noqa: E402
from tests.database import PostgresTemplate, SqliteTemplate, postgres_server  # noqa: E402

hypothesis_settings.register_profile(
    "tests", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
hypothesis_settings.load_profile("tests")


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(_VAR, ignore_errors=True)


class SetClock:
    """A clock that stands until it is moved. It begins on Monday, 2 March 2026, 15:00 UTC."""

    def __init__(self) -> None:
        self.instant = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        """What `bot.clock.now()` answers."""
        return self.instant

    def set(self, instant: dt.datetime) -> None:
        """Go to `instant` (aware)."""
        self.instant = instant.astimezone(dt.UTC)

    def advance(self, **duration: float) -> None:
        """Go on by `days=`, `hours=`, `minutes=`, `seconds=`."""
        self.instant += dt.timedelta(**duration)


@pytest.fixture
def clock() -> Iterator[SetClock]:
    """The product's clock, in the test's hand."""
    ours = SetClock()
    bot_clock.use(ours.now)
    yield ours
    bot_clock.use(None)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    """One migrated SQLite file."""
    return SqliteTemplate(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[PostgresTemplate]:
    """One PostgreSQL server with one migrated database."""
    with postgres_server() as server:
        template = PostgresTemplate(server)
        yield template
        template.drop()


@pytest.fixture
def sqlite_db(sqlite_template: SqliteTemplate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A fresh, migrated SQLite database; `bot.db.database()` is the same."""
    with sqlite_template.fresh(tmp_path) as url:
        yield from _as_ours(url, monkeypatch)


@pytest.fixture
def postgres_db(postgres_template: PostgresTemplate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A fresh, migrated PostgreSQL database; `bot.db.database()` is the same."""
    with postgres_template.emptied() as url:
        yield from _as_ours(url, monkeypatch)


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest) -> Database:
    """A fresh, migrated database, once of each kind; `bot.db.database()` is the same."""
    found: Database = request.getfixturevalue("sqlite_db" if request.param == "sqlite" else "postgres_db")
    return found


def _as_ours(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("DATABASE_URL", url)
    settings.cache_clear()
    database.cache_clear()
    ours = database()
    yield ours
    ours.dispose()
    database.cache_clear()
    settings.cache_clear()
