"""`goodterms mail take`: what a mail server pipes is kept, and the server is told what it understands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.channels.email import taking
from bot.cli import app
from bot.db import Database
from bot.models import Channel, Provider
from bot.settings import ROOT, settings
from tests.channels.email.mails import answer
from tests.channels.mail_server import ADDRESS, FROM
from tests.channels.phones import Phone


@pytest.fixture
def mailbox(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> Phone:
    monkeypatch.setenv("GT_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("GT_SMTP_TLS", "off")
    monkeypatch.setenv("GT_SMTP_FROM", FROM)
    settings.cache_clear()
    return Phone(sqlite_db, channel=Channel.EMAIL, provider=Provider.SMTP, number=ADDRESS)


def test_an_e_mail_from_the_pipe_lands_in_its_conversation(mailbox: Phone) -> None:
    raw = answer(mailbox.conversation(), "Hello")
    for outcome in ("taken", "known"):
        done = CliRunner().invoke(app, ["mail", "take"], input=raw)
        assert (done.exit_code, done.stdout.strip()) == (0, outcome)
    assert mailbox.conversation().last_seq > 0


def test_the_server_learns_what_can_never_be_taken_and_what_can_later(
    mailbox: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CliRunner().invoke(app, ["mail", "take"], input=b"").exit_code == 65
    assert CliRunner().invoke(app, ["mail", "take"], input=b"x" * (taking.LARGEST + 1)).exit_code == 65
    mailbox.db.dispose()
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/at/all.db")
    settings.cache_clear()
    from bot.db import database

    database.cache_clear()
    failed = CliRunner().invoke(app, ["mail", "take"], input=answer(None, "my secret words"))
    assert failed.exit_code == 75
    assert "secret" not in failed.output
    database.cache_clear()


def test_it_runs_as_a_mail_server_starts_it(mailbox: Phone, tmp_path: Path) -> None:
    environment = {**os.environ, "GT_VAR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "mail", "take", "--to", FROM],
        input=answer(None, "Hello", sender="new@example.com"),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip()) == (0, b"taken"), done.stderr
