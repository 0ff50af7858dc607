"""The demo's settings: made once, kept, completed after an upgrade, and overruled by what the caller brings."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import demo
from bot.db import Database
from bot.models import Customer, Medium
from bot.outreach.situations import situation_of
from tests.conftest import SetClock

SANDBOX = "http://127.0.0.1:8010"


def test_every_provider_is_played_by_the_sandbox(tmp_path: Path) -> None:
    found = demo.environment(tmp_path)
    bases = ("STRIPE_API_BASE", "TWILIO_API_BASE", "TWILIO_CONTENT_API_BASE", "META_API_BASE")
    assert {found[name] for name in bases} == {SANDBOX}
    assert found["GT_WHATSAPP"] == "true"
    for name in ("META_ACCESS_TOKEN", "META_APP_SECRET", "META_VERIFY_TOKEN", "TWILIO_AUTH_TOKEN"):
        assert len(found[name]) >= 24
    assert found["META_PHONE_NUMBER_ID"].isdecimal()


def test_e_mail_goes_to_the_sandbox_unless_somebody_brings_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = demo.environment(tmp_path)
    assert (found["GT_SMTP_HOST"], found["GT_SMTP_TLS"]) == ("127.0.0.1", "off")
    assert found["GT_SMTP_FROM"].endswith(".example")
    monkeypatch.setenv("GT_SMTP_HOST", "smtp.example.com")
    assert "GT_SMTP_TLS" not in demo.environment(tmp_path)


def test_another_run_finds_the_same_secrets_and_another_folder_has_its_own(tmp_path: Path) -> None:
    first = demo.environment(tmp_path / "a")
    assert demo.environment(tmp_path / "a") == first
    assert demo.environment(tmp_path / "b")["META_APP_SECRET"] != first["META_APP_SECRET"]
    assert (tmp_path / "a" / "demo.env").stat().st_mode & 0o077 == 0


def test_an_older_runs_file_keeps_what_it_says_and_gets_what_is_new(tmp_path: Path) -> None:
    (tmp_path / "demo.env").write_text("TWILIO_AUTH_TOKEN=an-older-token\nSTRIPE_API_KEY=sk_test_older\n")
    found = demo.environment(tmp_path)
    assert (found["TWILIO_AUTH_TOKEN"], found["STRIPE_API_KEY"]) == ("an-older-token", "sk_test_older")
    assert found["META_APP_SECRET"]
    assert demo.environment(tmp_path) == found


def test_whoever_brings_a_key_means_the_provider_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("META_ACCESS_TOKEN", "a token of one's own")
    monkeypatch.setenv("GT_SANDBOX_PORT", "8090")
    found = demo.environment(tmp_path)
    assert "META_API_BASE" not in found
    assert found["META_ACCESS_TOKEN"] == "a token of one's own"
    assert found["TWILIO_CONTENT_API_BASE"] == "http://127.0.0.1:8090"


def test_some_of_the_demos_customers_are_reminded_on_their_phones_and_the_others_are_not(
    sqlite_db: Database, clock: SetClock
) -> None:
    demo.load(sqlite_db)
    demo.load(sqlite_db)
    with sqlite_db.reading() as session:
        people = session.scalars(sa.select(Customer)).all()
        yes = {
            (one.account_number, medium)
            for one in people
            for medium in (Medium.SMS, Medium.WHATSAPP)
            if situation_of(session, one, medium).opted_in
        }
    assert yes == {("GT-1003", "sms"), ("GT-1006", "sms"), ("GT-1007", "whatsapp")}
