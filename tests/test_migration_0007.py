"""From 0006 to 0007 and back: presence, offers, targets and follow-ups come and go, and what was there stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import IntegrityError

from bot import clock, migrations
from bot.db import Base, Database
from bot.models import Ability, Agent, Conversation, FollowUp, Handoff, Offer, OfferOutcome
from tests import factories
from tests.database import PostgresTemplate

OURS = {"presences", "abilities", "notices", "offers", "handoff_targets", "follow_ups"}


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database at 0006, with an agent and a conversation."""
    if request.param == "sqlite":
        yield from _at_0006(f"sqlite:///{tmp_path / 'before.db'}")
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres_template")
        with template.fresh(empty=True) as url:
            yield from _at_0006(url)


def _at_0006(url: str) -> Iterator[Database]:
    db = Database(url)
    with db.engine.begin() as connection:
        command.upgrade(migrations.config(connection), "0006")
    with db.transaction() as session:
        factories.agent(session)
        conversation = factories.conversation(session)
        session.add(Handoff(conversation_id=conversation.id, reason="request_human", skill="general", summary={}))
    yield db
    db.dispose()


def test_the_way_there_and_back_keeps_who_works_here_and_who_waits(before: Database) -> None:
    for _ in range(2):
        with before.engine.begin() as connection:
            command.upgrade(migrations.config(connection), "0007")
        made = sa.inspect(before.engine)
        assert set(made.get_table_names()) >= OURS
        for table in OURS:
            model = Base.metadata.tables[table]
            assert {each["name"] for each in made.get_columns(table)} == {each.name for each in model.columns}
            assert {each["name"] for each in made.get_indexes(table)} == {each.name for each in model.indexes}
        migrations.downgrade(before, "0006")
        assert not OURS & set(sa.inspect(before.engine).get_table_names())
    assert migrations.upgrade(before) is True
    assert [each for each in migrations.differences(before) if any(table in str(each) for table in OURS)] == []
    with before.reading() as session:
        assert session.scalars(sa.select(Agent)).one().name == "Ana"
        assert session.scalars(sa.select(Handoff)).one().reason == "request_human"


def test_one_offer_at_a_time_is_open_for_a_conversation_and_for_an_agent(before: Database) -> None:
    migrations.upgrade(before)
    for other in ("agent", "conversation"):
        with pytest.raises(IntegrityError), before.transaction() as session:
            session.add_all([_offer(session), _offer(session, OfferOutcome.EXPIRED), _offer(session, new=other)])


def test_one_follow_up_of_an_agent_is_open_for_a_conversation_and_no_capacity_is_negative(before: Database) -> None:
    migrations.upgrade(before)
    with before.reading() as session:
        agent, conversation = _both(session)
    with pytest.raises(IntegrityError), before.transaction() as session:
        session.add_all(
            FollowUp(agent_id=agent.id, conversation_id=conversation.id, due_at=clock.now()) for _ in range(2)
        )
    with pytest.raises(IntegrityError), before.transaction() as session:
        session.add(Ability(agent_id=agent.id, capacity=-1))


def _offer(session: sa.orm.Session, outcome: OfferOutcome = OfferOutcome.OPEN, new: str = "") -> Offer:
    agent, conversation = _both(session)
    handoff = session.scalars(sa.select(Handoff)).one()
    return Offer(
        conversation_id=factories.conversation(session).id if new == "conversation" else conversation.id,
        handoff_id=handoff.id,
        agent_id=factories.agent(session).id if new == "agent" else agent.id,
        outcome=outcome,
        expires_at=clock.now() + dt.timedelta(minutes=1),
    )


def _both(session: sa.orm.Session) -> tuple[Agent, Conversation]:
    agent = session.scalars(sa.select(Agent).order_by(Agent.created_at).limit(1)).one()
    asked = sa.select(Conversation).join(Handoff, Handoff.conversation_id == Conversation.id)
    return agent, session.scalars(asked).one()
