"""The worker's periodic tasks: each runs, and one that fails stops no other."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from structlog.testing import capture_logs

from bot import worker
from bot.conversations import handoff
from bot.conversations.assignment import offering, targets
from bot.db import Database
from bot.errors import OutsideService
from bot.models import Holder
from bot.settings import settings
from tests.conftest import SetClock
from tests.conversations.at_work import TOO_LONG_S, available, holder_of, offered, unheard_of, waiting

SWEEPS = (
    worker.deliver,
    worker.carry_messages,
    worker.fetch_files,
    worker.ask_stripe,
    worker.send_refunds,
    worker.read_events,
    worker.compare_books,
    worker.charge_instalments,
    worker.remind,
    worker.ask_about_missed,
    worker.follow_promises,
    worker.end_holds,
    worker.answer_left_behind,
)


def test_every_sweep_runs_on_an_empty_database_and_without_a_key_for_stripe(db: Database) -> None:
    with capture_logs() as lines:
        for sweep in SWEEPS:
            sweep.call_local()
    waiting = {"ask_stripe", "send_refunds", "read_events", "compare_books", "charge_instalments"}
    assert [line for line in lines if line["event"] != "sweep_waits"] == []
    assert {line["sweep"] for line in lines} == waiting


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (RuntimeError("Robin Park owes 80.50"), "sweep_failed"),
        (OutsideService("down", service="stripe", retryable=True), "sweep_waits"),
    ],
)
def test_p7_a_sweep_that_fails_writes_one_line_without_a_persons_data(error: Exception, event: str) -> None:
    def unlucky() -> None:
        raise error

    task = worker.every(minutes=1)(unlucky)
    with capture_logs() as lines:
        task.call_local()
    worker.huey._registry.unregister(task.task_class)
    assert [(line["event"], line["sweep"]) for line in lines] == [(event, "unlucky")]
    assert "Robin" not in str(lines)


def test_a_sweep_that_still_runs_is_not_begun_beside_itself_and_runs_again_later() -> None:
    begun = []

    def long() -> None:
        begun.append(1)
        if len(begun) == 1:
            task.call_local()  # it is due again meanwhile
            raise RuntimeError

    task = worker.every(minutes=1)(long)
    worker.huey._registry.unregister(task.task_class)
    with capture_logs():
        task.call_local()
        assert len(begun) == 1
        task.call_local()
    assert len(begun) == 2


@pytest.mark.parametrize("sandbox", [False, True])
def test_with_the_sandbox_every_sweep_runs_every_minute(monkeypatch: pytest.MonkeyPatch, sandbox: bool) -> None:
    monkeypatch.setenv("GT_SANDBOX", str(sandbox).lower())
    settings.cache_clear()

    def now_and_then() -> None:
        """Nothing."""

    task = worker.every(minutes=10)(now_and_then)
    worker.huey._registry.unregister(task.task_class)
    settings.cache_clear()
    due = [minute for minute in range(60) if task.task_class().validate_datetime(dt.datetime(2026, 1, 1, 8, minute))]  # noqa: DTZ001 - as Huey gives it
    assert due == list(range(0, 60, 1 if sandbox else 10))


def test_the_worker_offers_takes_back_and_watches_targets_and_one_that_fails_stops_no_other(
    sqlite_db: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_db.transaction() as session:
        ana, ben = available(session), available(session)
        late, left = waiting(session), waiting(session)
        handoff.claim(session, left, ben)
        unheard_of(session, ben, TOO_LONG_S)
    clock.advance(hours=1)
    stopped = threading.Event()
    rounds = iter([stopped.clear, stopped.set])
    monkeypatch.setattr(stopped, "wait", lambda _seconds: next(rounds)())
    with capture_logs() as lines:
        worker.assign(stopped)
    assert lines == []
    assert offered(sqlite_db) == {late: ana.id}
    assert holder_of(sqlite_db, left).holder == Holder.QUEUE
    with sqlite_db.reading() as session:
        assert len(targets.late(session)) == 2

    def unlucky(_db: Database) -> None:
        raise RuntimeError("Robin Park owes 80.50")

    monkeypatch.setattr(offering, "round_of", unlucky)
    with sqlite_db.transaction() as session:
        handoff.claim(session, left, ben)
        unheard_of(session, ben, TOO_LONG_S)
    stopped.clear()
    rounds = iter([stopped.set])
    with capture_logs() as lines:
        worker.assign(stopped)
    assert [line["event"] for line in lines] == ["sweep_failed"]
    assert "Robin" not in str(lines)
    assert holder_of(sqlite_db, left).holder == Holder.QUEUE
