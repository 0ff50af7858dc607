"""`goodterms agents`: each command does what it says, at once and once, and every error is one sentence."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from click.testing import Result
from typer.testing import CliRunner

from bot.cli import app
from bot.db import Database
from bot.desk import auth
from bot.desk.door import passwords, second_factor
from bot.models import Ability, Agent, AuditEntry, Role

KIM, WORDS = "kim@example.com", "a long enough word"


def goodterms(*words: str, typed: str = "") -> Result:
    """One run of the command on the test's own database."""
    return CliRunner().invoke(app, ["agents", *words], input=typed, env={"COLUMNS": "200"})


@pytest.fixture
def db(sqlite_db: Database) -> Database:
    """The commands ask nothing of the database that the services do not."""
    assert goodterms("add", KIM, "--name", "Kim", typed=f"{WORDS}\n").exit_code == 0
    return sqlite_db


def kim(db: Database) -> Agent:
    """As she is now."""
    with db.reading() as session:
        return session.scalars(sa.select(Agent).where(Agent.email == KIM)).one()


def sign_in(db: Database, password: str = WORDS) -> auth.Seat:
    """By the password."""
    return auth.sign_in(db, email=KIM, password=password, address="::1")[1]


def ended(db: Database, seat: auth.Seat) -> bool:
    """Whether that session is worth nothing any more."""
    with db.reading() as session:
        try:
            auth.seat_of(session, seat.digest)
        except auth.NotSignedIn:
            return True
    return False


def test_reset_prints_a_password_for_one_sign_in_and_ends_every_session(db: Database) -> None:
    seat = sign_in(db)
    run = goodterms("reset", KIM)
    assert run.exit_code == 0, run.output
    printed = re.search(r"within 3 days: ((?:[a-z]+-){5}[a-z]+)", run.output)
    assert printed
    assert ended(db, seat)
    with pytest.raises(auth.NotSignedIn):
        sign_in(db)
    assert sign_in(db, printed[1]).due == "password"


def test_add_may_print_such_a_password_too(db: Database) -> None:
    run = goodterms("add", "lee@example.com", "--name", "Lee", "--role", "supervisor", "--temporary")
    assert run.exit_code == 0
    assert "within 3 days: " in run.output


def test_reset_of_the_second_factor_leaves_the_password(db: Database) -> None:
    assert goodterms("reset", KIM, "--second-factor").exit_code == 1, "there is none"
    with db.transaction() as session:
        agent = session.get_one(Agent, kim(db).id)
        agent.totp_confirmed_at = agent.created_at
        codes = second_factor.recovery_codes(session, agent)
    with pytest.raises(auth.SecondFactorNeeded):
        sign_in(db)
    assert goodterms("reset", KIM, "--second-factor").exit_code == 0
    assert sign_in(db).due is None
    with db.transaction() as session:
        assert not second_factor.take(session, session.get_one(Agent, kim(db).id), codes[0])


def test_disable_is_at_once_and_enable_gives_the_password_back(db: Database) -> None:
    seat = sign_in(db)
    assert goodterms("disable", f" {KIM.upper()}").exit_code == 0
    assert ended(db, seat)
    with pytest.raises(auth.NotSignedIn):
        sign_in(db)
    assert goodterms("enable", KIM).exit_code == 0
    sign_in(db)
    assert ended(db, seat), "what was ended stays so"


def test_role_changes_what_they_may_do_from_a_new_session_on(db: Database) -> None:
    seat = sign_in(db)
    assert goodterms("role", KIM, "specialist").exit_code == 0
    assert kim(db).role == Role.SPECIALIST
    assert ended(db, seat)


def test_list_shows_everybody_and_takes_no_name_for_markup(db: Database) -> None:
    assert goodterms("add", "odd@example.com", "--name", "[red]Odd[/red]", typed=f"{WORDS}\n").exit_code == 0
    goodterms("disable", "odd@example.com")
    sign_in(db)
    listed = goodterms("list").output
    assert re.search(r"kim@example\.com +Kim +agent +- +1 +active", listed)
    assert re.search(r"odd@example\.com +\[red\]Odd\[/red\] +agent +- +- +disabled", listed)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", KIM, "--name", "Kim"), "There is already an agent with that e-mail address."),
        (("add", "kim", "--name", "Kim"), "That does not look like an e-mail address."),
        (("reset", "who@example.com"), "There is no agent with that e-mail address."),
        (("disable", "who@example.com"), "There is no agent with that e-mail address."),
        (("enable", KIM), "kim@example.com is not disabled."),
        (("role", KIM, "agent"), "kim@example.com has that role already."),
    ],
)
def test_what_is_wrong_is_one_sentence(db: Database, words: tuple[str, ...], says: str) -> None:
    run = goodterms(*words, typed=f"{WORDS}\n")
    assert (run.exit_code, run.stderr.strip()) == (1, says)


def test_a_poor_password_adds_nobody(db: Database) -> None:
    run = goodterms("add", "lee@example.com", "--name", "Lee", typed="short\n")
    assert run.exit_code == 1
    assert "12 to 1,024 characters" in run.stderr
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Agent)) == 1


@pytest.mark.parametrize("command", ["add", "reset"])
def test_no_command_takes_a_password_as_a_word(db: Database, command: str) -> None:
    assert "password=" not in goodterms(command, "--help").output
    assert goodterms(command, KIM, "--password", WORDS).exit_code == 2


def test_each_change_is_on_record_without_name_or_password(db: Database) -> None:
    for words in (("reset", KIM), ("role", KIM, "specialist"), ("disable", KIM), ("enable", KIM)):
        goodterms(*words)
    with db.reading() as session:
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [entry.action for entry in entries] == [
        "agent.added", "agent.password_set", "agent.role_changed", "agent.disabled", "agent.enabled",
    ]  # fmt: skip
    assert not any("kim" in f"{entry.subject}{entry.detail}".lower() for entry in entries)
    assert not passwords.matches(kim(db).password_hash, WORDS)


def test_skills_says_what_an_agent_takes_on_and_leaves_the_rest_as_it_was(db: Database) -> None:
    run = goodterms("skills", KIM, "--skills", "care,plans", "--capacity", "3")
    assert run.output.strip() == f"{KIM} takes on plans, care in every language, up to 3 conversations at once."
    run = goodterms("skills", KIM, "--languages", "en, ES", "--skills", "every")
    assert run.output.strip() == f"{KIM} takes on every skill in en, es, up to 3 conversations at once."
    run = goodterms("skills", KIM, "--capacity", "-1", "--languages", "every")
    assert run.output.strip() == f"{KIM} takes on every skill in every language, up to 5 conversations at once."
    with db.reading() as session:
        row = session.get_one(Ability, kim(db).id)
        assert (row.skills, row.languages, row.capacity) == (None, None, None)
    for wrong in (("--skills", "magic"), ("--skills", ""), ("--languages", "English"), ("--capacity", "101")):
        run = goodterms("skills", KIM, *wrong)
        assert run.exit_code == 1, wrong
        assert "Traceback" not in run.output
