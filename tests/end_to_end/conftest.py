"""The running product: embedded, and as in production."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.database import PostgresTemplate
from tests.end_to_end.running import Running, demo, redis_server
from tests.end_to_end.stage import Stage


@pytest.fixture(scope="session")
def embedded() -> Iterator[Running]:
    """SQLite, nothing else."""
    with demo({}) as running:
        yield running


@pytest.fixture(scope="session")
def production(postgres_template: PostgresTemplate) -> Iterator[Running]:
    """PostgreSQL and Redis, by settings alone."""
    with (
        redis_server() as redis_url,
        postgres_template.fresh() as url,
        demo({"DATABASE_URL": url, "REDIS_URL": redis_url}) as running,
    ):
        yield running


@pytest.fixture(params=["embedded", "production"])
def product(request: pytest.FixtureRequest) -> Running:
    """Both, one after the other."""
    found: Running = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def stage(embedded: Running) -> Stage:
    """The demo on SQLite, which can be put back to its first morning."""
    return Stage(embedded)
