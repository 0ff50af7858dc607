"""`goodterms outreach preview` and `variants`: read before anything is sent, and told honestly afterwards."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from typer.testing import CliRunner, Result

from bot import clock as bot_clock
from bot.cli import app
from bot.conversations import tone_wishes
from bot.db import Database
from bot.models import Channel, Conversation, Medium, Provider, Reminder, ReminderKind, ReminderStatus
from bot.policies import Tone
from tests import factories
from tests.conftest import SetClock


def run(*words: str) -> Result:
    """One run of the command, in this process."""
    return CliRunner().invoke(app, ["outreach", *words], env={"COLUMNS": "200"})


def test_a_message_is_shown_as_its_reader_has_it_with_segments_and_grade() -> None:
    said = run("preview", "--kind", "invoice", "--step", "3", "--language", "es", "--tone", "formal").output
    assert "invoice +3 · sms · es · formal · open" in said
    assert "le escribimos de Juniper & Finch Home" in said
    assert "PARAR" in said
    assert "2 segments" in said
    assert "Fernández Huerta" in said
    assert "Mend this" not in said


def test_every_step_is_shown_where_none_is_named() -> None:
    said = run("preview", "--kind", "instalment", "--medium", "email").output
    assert said.count("Subject: A message from Juniper & Finch Home") == 4


def test_an_account_is_written_to_in_its_own_language_and_tone(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        lia = factories.customer(
            session, account_number="GT-1", name="Lia Prado", language="pt-BR", country="BR", currency="BRL"
        )
    assert "Oi, Lia, aqui é da Juniper" in run("preview", "--step", "3", "--account", "gt 1").output
    with sqlite_db.transaction() as session:
        tone_wishes.record(session, lia.id, Tone.FORMAL)
    said = run("preview", "--step", "3", "--account", "GT-1", "--medium", "whatsapp").output
    assert "Olá, Lia, aqui é da Juniper" in said
    assert "R$" in said


def test_the_private_register_names_nobody_p1() -> None:
    said = run("preview", "--register", "private", "--step", "7").output
    assert "Rosalind" not in said
    assert "computer program" in said


def test_all_of_them_are_good() -> None:
    done = run("preview", "--all")
    assert done.exit_code == 0
    assert "messages, 0 to mend." in done.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--kind", "bill"], "--kind: one of invoice"),
        (["--step", "4"], "--step: one of -3"),
        (["--tone", "stern"], "--tone: one of friendly"),
        (["--medium", "pigeon"], "--medium: one of sms"),
        (["--account", "GT-9"], "There is no account GT-9."),
    ],
)
def test_what_there_is_not_is_said(sqlite_db: Database, words: list[str], told: str) -> None:
    done = run("preview", *words)
    assert done.exit_code == 1
    assert told in done.output


def test_with_little_to_say_the_command_says_so(sqlite_db: Database, clock: SetClock) -> None:
    assert "nothing to compare" in run("variants").output
    with sqlite_db.transaction() as session:
        for number, variant in enumerate(("a", "b", "holdout")):
            talk = Conversation(channel=Channel.SMS, provider=Provider.TWILIO, address=f"+1210555010{number}")
            session.add(talk)
            session.flush()
            at = bot_clock.now() - dt.timedelta(days=30)
            session.add(
                Reminder(
                    customer_id=factories.customer(session).id, kind=ReminderKind.INVOICE, subject_id=uuid.uuid4(),
                    step=3, due_on=at.date(), status=ReminderStatus.SENT, medium=Medium.SMS, variant=variant,
                    conversation_id=talk.id, settled_at=at,
                )
            )  # fmt: skip
    said = run("variants").output
    assert said.count("0 of 1, 0.0% (0.0% to 79.3%)") == 6
    assert "invoice, answered: too little to say" in said
    assert "holdout gets the words that stand" in said
    assert "nothing to compare" in run("variants", "--since", "2026-02-20").output
    assert run("variants", "--since", "yesterday").exit_code == 1
