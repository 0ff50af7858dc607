"""`goodterms outreach`: a dry run that writes nothing and tells the truth, and the switch that pauses."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.db import Database
from bot.models import AuditEntry, GateDecision, HoldKind, OutreachPause, Reminder
from bot.outreach import reminders
from bot.settings import settings
from tests import factories
from tests.conftest import SetClock
from tests.outreach.reminded import SETTINGS, reminded, rows

TODAY = dt.date(2026, 3, 2)


def run(*words: str) -> Result:
    """One run of the command, in this process."""
    return CliRunner().invoke(app, ["outreach", *words], env={"COLUMNS": "200"}, catch_exceptions=False)


def planned(day: dt.date, *words: str) -> list[dict[str, Any]]:
    """What the dry run of `day` says."""
    return [json.loads(line) for line in run("plan", "--on", day.isoformat(), "--json", *words).output.splitlines()]


@pytest.fixture
def db(sqlite_db: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Three customers: one who may be texted, one under a hold, one who has said no yes."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    with sqlite_db.transaction() as session:
        free = reminded(session, account_number="GT-1", language="es-MX")
        held = reminded(session, account_number="GT-2")
        unasked = factories.customer(session, account_number="GT-3")
        for one in (free, held, unasked):
            factories.invoice(session, one, late=-5)
        factories.hold_customer(session, held, HoldKind.ATTORNEY)
    return sqlite_db


def test_a_day_ahead_is_told_as_it_then_comes(db: Database, clock: SetClock) -> None:
    day = TODAY + dt.timedelta(days=2)
    told = {entry["account"]: entry for entry in planned(day)}
    assert {account: (entry["fate"], entry["rule"]) for account, entry in told.items()} == {
        "GT-1": ("goes", "may_go"), "GT-2": ("skipped", "held"), "GT-3": ("skipped", "no_opt_in"),
    }  # fmt: skip
    assert (told["GT-1"]["medium"], told["GT-1"]["language"], told["GT-1"]["step"]) == ("sms", "es-MX", -3)
    assert told["GT-1"]["at"] == "2026-03-04T14:00:00+00:00"
    with db.reading() as session:
        for table in (Reminder, GateDecision):
            assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 0
    clock.set(dt.datetime.fromisoformat(told["GT-1"]["at"]))
    reminders.sweep(db)
    assert sorted((row.status, row.rule) for row in rows(db)) == sorted(
        ("sent" if entry["fate"] == "goes" else "skipped", entry["rule"]) for entry in told.values()
    )


def test_one_account_and_a_table_for_people(db: Database) -> None:
    assert [entry["account"] for entry in planned(TODAY + dt.timedelta(days=2), "--account", "gt2")] == ["GT-2"]
    said = run("plan", "--on", "2026-03-04").output
    for part in ("GT-1", "invoice -3", "2026-03-04 08:00", "a hold stops it", "1 would go, 0 would wait, 2 would be"):
        assert part in said
    assert "0 would go" in run("plan", "--on", "2026-07-14").output


def test_pausing_and_resuming_are_one_switch_with_an_entry_each(db: Database) -> None:
    assert (
        "Nothing is begun with GT-1 until 2026-04-01."
        in run("pause", "--account", "GT-1", "--until", "2026-04-01").output
    )
    run("pause", "--account", "GT-1", "--until", "2026-04-01")
    assert {entry["rule"] for entry in planned(TODAY + dt.timedelta(days=2), "--account", "GT-1")} == {"paused"}
    run("pause")
    assert "still paused" in run("resume", "--account", "GT-1").output
    assert "Reminders go on for everybody." in run("resume").output
    assert "Nothing was paused for everybody." in run("resume").output
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(OutreachPause)) == 2
        acts = list(session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)))
    assert acts == ["outreach.paused"] * 3 + ["outreach.resumed"] * 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["plan", "--on", "soon"], "is expected, not soon"),
        (["plan", "--on", "2020-01-01"], "That day is over."),
        (["plan", "--account", "GT-99"], "There is no account GT-99."),
        (["pause", "--until", "2020-01-01"], "A pause ends in the future."),
        (["resume", "--account", "GT-99"], "There is no account GT-99."),
    ],
)
def test_what_cannot_be_done_is_said_plainly(db: Database, words: list[str], says: str) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert says in result.output
