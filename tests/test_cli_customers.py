"""`goodterms customers` and `goodterms retention`: copies and erasures at the server, each with a sentence (P5)."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.conversations import transcript
from bot.db import Database
from bot.models import AuditEntry, Author, Conversation, Customer, Erasure
from tests import factories
from tests.conftest import SetClock

WHY = "They asked for it by letter"


def goodterms(*words: str, typed: str = "") -> Result:
    """One run of the command on the test's own database."""
    return CliRunner().invoke(app, [*words], input=typed, env={"COLUMNS": "200"})


@pytest.fixture
def db(sqlite_db: Database) -> Database:
    """Robin, who owes nothing and wrote once."""
    with sqlite_db.transaction() as session:
        robin = factories.customer(session, name="Robin Quill", account_number="GT-2001")
        talk = factories.conversation(session, customer_id=robin.id)
        transcript.append(session, talk, author=Author.CUSTOMER, text="Hello from Robin")
    return sqlite_db


def names(db: Database) -> list[str]:
    """Who is on file."""
    with db.reading() as session:
        return list(session.scalars(sa.select(Customer.name).order_by(Customer.created_at)))


def test_a_copy_is_written_once_and_never_over_another_file(db: Database, tmp_path: Path) -> None:
    to = tmp_path / "robin.zip"
    done = goodterms("customers", "export", "gt 2001", "--to", str(to))
    assert (done.exit_code, "give it to nobody but them" in done.output) == (0, True)
    assert to.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(to) as archive:
        assert b"Hello from Robin" in archive.read("data/messages.json")
    again = goodterms("customers", "export", "GT-2001", "--to", str(to))
    assert (again.exit_code, "is there already" in again.output) == (1, True)
    nobody = goodterms("customers", "export", "GT-1", "--to", str(tmp_path / "x.zip"))
    assert (nobody.exit_code, "no customer" in nobody.output) == (1, True)
    with db.reading() as session:
        [entry] = session.scalars(sa.select(AuditEntry))
        assert (entry.action, entry.agent_id) == ("customer.exported", None)


def test_an_erasure_is_asked_back_and_says_what_is_in_the_way(db: Database) -> None:
    command = ("customers", "erase", "GT-2001", "--reason", WHY)
    other = goodterms(*command, typed="GT-2002\n")
    assert (other.exit_code, "Nothing was erased" in other.output) == (1, True)
    with db.transaction() as session:
        robin = session.scalars(sa.select(Customer)).one()
        factories.invoice(session, robin)
    owing = goodterms(*command, typed="GT-2001\n")
    assert (owing.exit_code, "an open balance" in owing.output, names(db)) == (1, True, ["Robin Quill"])
    words = goodterms(*command, "--words-only", typed="gt2001\n")
    assert (words.exit_code, "Erased." in words.output, names(db)) == (0, True, ["Robin Quill"])
    with db.reading() as session:
        assert session.scalars(sa.select(Erasure)).one().parts == 5


def test_an_erasure_of_words_waits_for_an_answer_and_is_not_taken_for_one_of_everything(db: Database) -> None:
    with db.transaction() as session:
        [talk] = session.scalars(sa.select(Conversation))
        transcript.append(session, talk, author=Author.CUSTOMER, text="One more thing", pending=True)
    command = ("customers", "erase", "GT-2001", "--reason", WHY)
    words = goodterms(*command, "--words-only", typed="GT-2001\n")
    assert (words.exit_code, "Not yet" in words.output, "Erased" in words.output) == (0, True, False)
    whole = goodterms(*command, typed="GT-2001\n")
    assert (whole.exit_code, "what was said is under way" in whole.output, names(db)) == (1, True, ["Robin Quill"])


def test_an_erasure_erases(db: Database) -> None:
    done = goodterms("customers", "erase", "GT-2001", "--reason", WHY, typed="GT-2001\n")
    assert (done.exit_code, names(db)) == (0, ["Erased"])
    assert "the worker has it forget" in done.output  # no assistant runs beside this test
    with db.reading() as session:
        assert [entry.action for entry in session.scalars(sa.select(AuditEntry))] == ["erasure.approved"]


def test_the_sweep_erases_whose_time_is_over_and_nobody_else(db: Database, clock: SetClock) -> None:
    assert "0 to erase" in goodterms("retention", "sweep", "--dry-run").output
    clock.advance(days=2 * 366)
    with db.transaction() as session:
        owing = factories.customer(session, name="Tom Owing")
        factories.invoice(session, owing)
        factories.customer(session, name="Ute Elsewhere", country="DE")
    clock.advance(days=2 * 366)
    with db.transaction() as session:
        factories.customer(session, name="Una New")
    assert "1 to erase" in goodterms("retention", "sweep", "--dry-run").output
    assert names(db) == ["Robin Quill", "Tom Owing", "Ute Elsewhere", "Una New"]
    assert "1 erased" in goodterms("retention", "sweep").output
    assert "0 erased" in goodterms("retention", "sweep").output
    assert names(db) == ["Erased", "Tom Owing", "Ute Elsewhere", "Una New"]


def test_who_wrote_lately_is_kept(db: Database, clock: SetClock) -> None:
    clock.advance(days=4 * 366)
    with db.transaction() as session:
        robin = session.scalars(sa.select(Customer)).one()
        talk = factories.conversation(session, customer_id=robin.id)
        transcript.append(session, talk, author=Author.CUSTOMER, text="Hello again")
        assert talk.last_message_at is not None
        assert talk.last_message_at > dt.datetime.now(dt.UTC)
    assert "0 erased" in goodterms("retention", "sweep").output
