"""From 0005 to 0006 and back: reviews come and go, and what was there stays."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import IntegrityError

from bot import migrations
from bot.db import Database
from bot.models import Agent, Review, ReviewKind, ReviewStatus, Unfit
from tests import factories
from tests.database import PostgresTemplate


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database at 0005, with an agent."""
    if request.param == "sqlite":
        yield from _at_0005(f"sqlite:///{tmp_path / 'before.db'}")
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres_template")
        with template.fresh(empty=True) as url:
            yield from _at_0005(url)


def _at_0005(url: str) -> Iterator[Database]:
    db = Database(url)
    with db.engine.begin() as connection:
        command.upgrade(migrations.config(connection), "0005")
    with db.transaction() as session:
        factories.agent(session)
    yield db
    db.dispose()


def unfit(agent_id: uuid.UUID, status: ReviewStatus = ReviewStatus.PROPOSED) -> Review:
    """A proposal about one and the same sentence."""
    return Review(key="k" * 64, kind=ReviewKind.UNFIT, unfit=Unfit.NONSENSE, status=status, proposed_by=agent_id)


def test_the_way_there_and_back_keeps_who_works_here(before: Database) -> None:
    for _ in range(2):
        assert migrations.upgrade(before) is True
        assert migrations.differences(before) == []
        with before.transaction() as session:
            session.add(unfit(session.scalars(sa.select(Agent)).one().id))
        migrations.downgrade(before, "0005")
        assert "reviews" not in sa.inspect(before.engine).get_table_names()
    with before.reading() as session:
        assert session.scalars(sa.select(Agent)).one().name == "Ana"


def test_one_proposal_at_a_time_waits_or_holds_for_a_sentence(before: Database) -> None:
    migrations.upgrade(before)
    with before.transaction() as session:
        agent_id = session.scalars(sa.select(Agent)).one().id
        session.add_all([unfit(agent_id), unfit(agent_id, ReviewStatus.DECLINED), unfit(agent_id, "withdrawn")])
    for status in (ReviewStatus.PROPOSED, ReviewStatus.ACCEPTED):
        with pytest.raises(IntegrityError), before.transaction() as session:
            session.add(unfit(agent_id, status))


@pytest.mark.parametrize("kind", ReviewKind)
def test_a_proposal_that_lacks_what_its_kind_needs_is_refused(before: Database, kind: ReviewKind) -> None:
    migrations.upgrade(before)
    with pytest.raises(IntegrityError), before.transaction() as session:
        session.add(Review(key="k", kind=kind, proposed_by=session.scalars(sa.select(Agent)).one().id))
