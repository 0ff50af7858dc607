"""From 0013 to 0014 and back: an e-mail address fits, wishes for a tone come and go, conversations stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from bot import migrations
from bot.conversations import tone_wishes
from bot.db import Database
from bot.models import Channel, Conversation, Customer, Provider
from bot.policies import Tone
from tests import factories
from tests.database import PostgresTemplate

LONG = "a" * 64 + "@" + ".".join(["b" * 59] * 3) + ".example"  # nearly as long as RFC 5321 lets one be
PHONE = "+12105550101"


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database before it, with a customer and their phone."""
    if request.param == "sqlite":
        yield from _before(f"sqlite:///{tmp_path / 'before.db'}")
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres_template")
        with template.fresh(empty=True) as url:
            yield from _before(url)


def _before(url: str) -> Iterator[Database]:
    db = Database(url)
    with db.engine.begin() as connection:
        command.upgrade(migrations.config(connection), "0013")
    with db.transaction() as session:
        factories.customer(session)
        factories.conversation(session, channel=Channel.SMS, address=PHONE)
    yield db
    db.dispose()


def test_the_way_there_and_back_keeps_conversations_and_takes_long_addresses(before: Database) -> None:
    for _ in range(2):
        assert migrations.upgrade(before) is True
        assert migrations.differences(before) == []
        with before.transaction() as session:
            session.add(Conversation(channel=Channel.EMAIL, provider=Provider.SMTP, address=LONG))
            tone_wishes.record(session, session.scalars(sa.select(Customer.id)).one(), Tone.FORMAL)
        with before.transaction() as session:
            mine = session.scalars(sa.select(Conversation).where(Conversation.channel == Channel.EMAIL)).one()
            assert mine.address == LONG
            session.delete(mine)
        migrations.downgrade(before, "0013")
        assert "tone_wishes" not in sa.inspect(before.engine).get_table_names()
    with before.reading() as session:
        assert session.scalars(sa.select(Conversation.address)).all() == [PHONE]
