"""`goodterms gate explain`: what may be sent to a customer, which rule decides, and when."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.conversations import consents
from bot.db import Database
from bot.models import Channel, ConsentSource, Customer, Hold, HoldKind
from tests import factories
from tests.conftest import SetClock

PHONE = "+12105550101"


def explain(*words: str) -> Result:
    """One run of the command, in this process."""
    return CliRunner().invoke(app, ["gate", "explain", *words], env={"COLUMNS": "200"}, catch_exceptions=False)


@pytest.fixture
def maya(sqlite_db: Database, clock: SetClock) -> Customer:
    """Maya Torres, who has said yes to texts."""
    with sqlite_db.transaction() as session:
        consents.record(session, channel=Channel.SMS, address=PHONE, granted=True, source=ConsentSource.IMPORT)
        return factories.customer(session, account_number="GT-1001", phone=PHONE, time_zone="America/Chicago")


def test_each_medium_has_its_answer_its_rule_and_its_time(maya: Customer) -> None:
    said = explain("gt 1001", "--at", "2026-03-02T23:30-06:00").output
    assert "United States, own accounts" in said
    assert "not at this hour where the customer may be (C1)" in said
    assert "Tue 3 Mar 2026, 08:00 CST" in said
    assert "nobody has said yes to it there (C14)" in said


def test_a_hold_is_named(maya: Customer, sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        session.add(Hold(kind=HoldKind.ATTORNEY, customer_id=maya.id, reason="named one"))
    assert explain("GT-1001").output.count("a hold stops it: attorney (C8, P4)") == 3


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["GT-9999"], "There is no account GT-9999."),
        (["GT-1001", "--at", "tomorrow"], "is expected, not tomorrow"),
        (["GT-1001", "--at", "2026-03-02T10:00"], "say the offset too"),
    ],
)
def test_what_cannot_be_answered_is_said_plainly(maya: Customer, words: list[str], says: str) -> None:
    result = explain(*words)
    assert result.exit_code == 1
    assert says in result.output
