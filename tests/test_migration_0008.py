"""From 0007 to 0008 and back: the thread's tables come and go, and what was there stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import IntegrityError

from bot import clock, migrations
from bot.conversations import handoff
from bot.db import Database
from bot.models import Agent, CannedAnswer, Handoff, Mention, Message, ReadMark, WrapUp
from tests import factories
from tests.database import PostgresTemplate

TABLES = {"canned_answers", "mentions", "wrap_ups", "read_marks"}


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database at 0007, with an agent who wrote a note in a conversation."""
    if request.param == "sqlite":
        yield from _at_0007(f"sqlite:///{tmp_path / 'before.db'}")
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres_template")
        with template.fresh(empty=True) as url:
            yield from _at_0007(url)


def _at_0007(url: str) -> Iterator[Database]:
    db = Database(url)
    with db.engine.begin() as connection:
        command.upgrade(migrations.config(connection), "0007")
    with db.transaction() as session:
        agent, conversation = factories.agent(session), factories.conversation(session)
        handoff.request(session, conversation.id, reason="request_human", skill="general", summary={})
        handoff.note(session, conversation.id, agent, "Please look")
    yield db
    db.dispose()


def answer(agent: Agent) -> CannedAnswer:
    """One and the same canned answer."""
    return CannedAnswer(name="thanks", language="en", title="Thanks", text="Thank you", added_by=agent.id)


def test_the_way_there_and_back_keeps_what_was_said(before: Database) -> None:
    for _ in range(2):
        assert migrations.upgrade(before) is True
        assert migrations.differences(before) == []
        with before.transaction() as session:
            agent, note = session.scalars(sa.select(Agent)).one(), session.scalars(sa.select(Message)).one()
            asked = session.scalars(sa.select(Handoff)).one()
            here = {"conversation_id": note.conversation_id, "handoff_id": asked.id}
            session.add_all(
                [
                    answer(agent),
                    Mention(message_id=note.id, agent_id=agent.id, by_agent_id=agent.id, **here),
                    WrapUp(handoff_id=asked.id, code="paid", agent_id=agent.id),
                    ReadMark(conversation_id=note.conversation_id, seq=note.seq),
                ]
            )
        migrations.downgrade(before, "0007")
        assert TABLES.isdisjoint(sa.inspect(before.engine).get_table_names())
    with before.reading() as session:
        assert session.scalars(sa.select(Message)).one().text == "Please look"


def test_one_answer_of_a_name_and_language_is_in_use(before: Database) -> None:
    migrations.upgrade(before)
    with before.transaction() as session:
        agent = session.scalars(sa.select(Agent)).one()
        old = answer(agent)
        old.retired_by, old.retired_at = agent.id, clock.now()
        session.add_all([old, answer(agent)])
    with pytest.raises(IntegrityError), before.transaction() as session:
        session.add(answer(session.scalars(sa.select(Agent)).one()))
