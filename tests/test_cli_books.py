"""`goodterms reconcile` and `goodterms ledger check`: what an operator sees, and what the exit code says."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot import clock as bot_clock
from bot import logs
from bot.billing import ledger, payments, reconciliation
from bot.billing.gateway import CheckoutRequest, CheckoutSession
from bot.billing.payments import checkouts
from bot.billing.stripe import StripeGateway
from bot.cli import app
from bot.db import Database
from bot.models import MismatchKind, MismatchStatus, Payment, PaymentStatus
from bot.money import Money
from bot.settings import settings
from tests import factories
from tests.conftest import SetClock
from tests.sandbox.running import KEY, Running, running


def goodterms(*words: str) -> Result:
    """One run of the command, in this process."""
    return CliRunner().invoke(app, words, env={"COLUMNS": "300"}, catch_exceptions=False)


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    """A command run in this process leaves its logs at a terminal that is gone afterwards."""
    yield
    logs.configure("INFO")


@pytest.fixture
def stripe(tmp_path: Path, sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A Stripe whose webhooks never arrive."""
    with running(tmp_path / "stripe") as sandbox:
        monkeypatch.setenv("STRIPE_API_KEY", KEY)
        monkeypatch.setenv("STRIPE_API_BASE", sandbox.url)
        settings.cache_clear()
        yield sandbox


def page(stripe: Running, request: CheckoutRequest, key: str = "a-key") -> CheckoutSession:
    return StripeGateway(KEY, stripe.url).create_checkout(request, key)


def test_what_a_lost_webhook_left_behind_is_repaired_and_said(
    stripe: Running, sqlite_db: Database, clock: SetClock
) -> None:
    clock.set(dt.datetime.now(dt.UTC))
    with sqlite_db.transaction() as session:
        maya = factories.maya(session)
        payment = payments.open_link(
            session,
            maya,
            Money.of("80.50", "USD"),
            conversation_id=factories.conversation(session, customer_id=maya.id).id,
        )
        begun = checkouts.begin(session, payment.token)
    opened = page(stripe, begun.request, begun.idempotency_key)
    with sqlite_db.transaction() as session:
        checkouts.record(session, payment.id, opened)
    stripe.act(opened.id, "complete")
    clock.advance(hours=1)
    run = goodterms("reconcile")
    assert run.exit_code == 0, run.output
    assert "1 payments were compared" in run.stdout
    assert "1 customers were told" in run.stdout
    assert "Nothing is open" in run.stdout
    with sqlite_db.reading() as session:
        assert session.get_one(Payment, payment.id).status == PaymentStatus.SUCCEEDED
        assert ledger.balance(session, ledger.STRIPE, "USD") == Money(8_050, "USD")


def test_what_cannot_be_repaired_is_listed_until_a_person_says_why(
    stripe: Running, sqlite_db: Database, clock: SetClock
) -> None:
    clock.set(dt.datetime.now(dt.UTC))
    request = CheckoutRequest(
        payment_id=str(uuid.uuid4()),
        amount=Money(4_200, "USD"),
        description="Payment",
        locale="en-US",
        success_url="https://pay.example/1",
        cancel_url="https://pay.example/2",
        expires_at=bot_clock.now() + dt.timedelta(hours=1),
    )
    opened = page(stripe, request)
    stripe.act(opened.id, "complete")
    clock.advance(hours=1)
    run = goodterms("reconcile")
    assert run.exit_code == 1
    with sqlite_db.reading() as session:
        [row] = reconciliation.listing(session)
    for part in (str(row.id), "unknown_payment", row.subject, "4200 USD", "1 mismatches are open"):
        assert part in run.stdout
    assert goodterms("reconcile", "list").exit_code == 1
    done = goodterms("reconcile", "resolve", str(row.id), "--note", "another installation's", "--by", "sol")
    assert done.exit_code == 0, done.output
    assert goodterms("reconcile").exit_code == 0
    listed = goodterms("reconcile", "list", "--all")
    assert listed.exit_code == 0
    assert "resolved by sol: another installation's" in listed.stdout


def test_an_unknown_mismatch_and_a_missing_key_are_a_sentence_each(sqlite_db: Database) -> None:
    unknown = goodterms("reconcile", "resolve", str(uuid.uuid4()), "--note", "x")
    assert (unknown.exit_code, "no such mismatch" in unknown.stderr) == (1, True)
    without_key = goodterms("reconcile")
    assert (without_key.exit_code, "STRIPE_API_KEY" in without_key.stderr) == (1, True)


def test_a_note_is_shown_as_it_was_written(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        row = reconciliation.note_mismatch(session, MismatchKind.AMOUNT, "pi_1")
        reconciliation.resolve(session, row.id, "ops", "see [/7]")
    shown = goodterms("reconcile", "list", "--all")
    assert (shown.exit_code, shown.exception) == (0, None)
    assert "[/7]" in shown.stdout


def test_the_person_at_the_terminal_resolves_when_nobody_is_named(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        row = reconciliation.note_mismatch(session, MismatchKind.AMOUNT, "pi_1")
    assert goodterms("reconcile", "resolve", str(row.id), "--note", "a test").exit_code == 0
    with sqlite_db.reading() as session:
        [row] = reconciliation.listing(session, open_only=False)
    assert row.status == MismatchStatus.RESOLVED
    assert row.resolved_by


def test_s7_a_ledger_that_is_right_says_what_it_holds_and_a_wrong_one_says_where(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        ledger.post(session, source="sales", destination="invoice:a", amount=Money(500, "USD"), reference="i")
        ledger.post(session, source="invoice:a", destination="stripe", amount=Money(200, "USD"), reference="p")
    right = goodterms("ledger", "check")
    assert (right.exit_code, right.stderr) == (0, "")
    assert "USD balances: invoice 300, sales -500, stripe 200 (minor units)" in right.stdout
    with sqlite_db.transaction() as session:
        ledger.post(session, source="invoice:a", destination="stripe", amount=Money(400, "USD"), reference="q")
    wrong = goodterms("ledger", "check")
    assert wrong.exit_code == 1
    assert "more was taken than was owed on 1 invoice(s), invoice:a among them" in wrong.stderr
