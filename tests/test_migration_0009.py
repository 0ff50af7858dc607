"""From 0008 to 0009 and back: what agents decided comes and goes, and the holds and cases themselves stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from bot import migrations
from bot.db import Database
from bot.models import Case, CaseEvent, Hold, HoldEnd, HoldEvent, HoldKind
from tests.database import PostgresTemplate

NEW = {"hold_events", "hold_ends", "case_events"}


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database at 0008, with a hold and a case."""
    if request.param == "sqlite":
        yield from _at_0008(f"sqlite:///{tmp_path / 'before.db'}")
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres_template")
        with template.fresh(empty=True) as url:
            yield from _at_0008(url)


def _at_0008(url: str) -> Iterator[Database]:
    db = Database(url)
    with db.engine.begin() as connection:
        command.upgrade(migrations.config(connection), "0008")
    with db.transaction() as session:
        session.add(Hold(kind=HoldKind.CEASE, address="+12105550101"))
        session.add(Case(kind="complaint", summary="The tone was wrong."))
    yield db
    db.dispose()


def test_the_way_there_and_back_keeps_holds_and_cases(before: Database) -> None:
    for _ in range(2):
        assert migrations.upgrade(before) is True
        assert migrations.differences(before) == []
        with before.transaction() as session:
            hold, case = session.scalars(sa.select(Hold)).one(), session.scalars(sa.select(Case)).one()
            session.add(HoldEvent(hold_id=hold.id, kind="lifted", actor="system", reason="They asked for it."))
            session.add(HoldEnd(hold_id=hold.id, ends_on=dt.date(2026, 3, 1)))
            session.add(CaseEvent(case_id=case.id, kind="done", actor="system", outcome="settled", note="We wrote."))
        migrations.downgrade(before, "0008")
        assert not NEW & set(sa.inspect(before.engine).get_table_names())
    with before.reading() as session:
        assert session.scalars(sa.select(Hold.kind)).all() == ["cease"]
        assert session.scalars(sa.select(Case.kind)).all() == ["complaint"]
