"""Workers at the same moment and workers that die: no step is sent twice and none is lost (K10)."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import uuid
from collections import Counter

import pytest
import sqlalchemy as sa

from bot.conversations import transcript
from bot.db import Database, lock
from bot.models import Author, Channel, Conversation, Delivery, Message, Reminder, ReminderStatus
from bot.outreach import missed, promised, reminders
from bot.settings import ROOT, settings
from tests import factories
from tests.conftest import SetClock
from tests.outreach.reminded import SETTINGS, reminded, rows

WORKERS, CUSTOMERS = 20, 60
SWEEP = """
import datetime as dt, os, sys
from bot import clock
from bot.db import Database
from bot.outreach import letters, reminders
clock.use(lambda: dt.datetime.fromisoformat(sys.argv[2]))
left, write = int(sys.argv[3]), letters.write
def dying(*given):
    global left
    left -= 1
    written = write(*given)
    if not left:
        os.kill(os.getpid(), 9)
    return written
letters.write = dying
reminders.sweep(Database(sys.argv[1]))
"""


def crowd(db: Database, number: int) -> None:
    """So many customers of whom one invoice is three days late; every third has written to us before."""
    with db.transaction() as session:
        for index in range(number):
            customer = reminded(session, phone=f"+1312556{index:04d}")
            factories.invoice(session, customer, late=3)
            if index % 3 == 0:
                factories.conversation(session, channel=Channel.SMS, address=customer.phone, customer_id=customer.id)


def said(db: Database) -> Counter[uuid.UUID]:
    """How many messages there are in each conversation."""
    with db.reading() as session:
        return Counter(session.scalars(sa.select(Message.conversation_id)))


def test_twenty_workers_remind_sixty_customers_once_each(on: Database, clock: SetClock) -> None:
    crowd(on, CUSTOMERS)
    ready, told, failed = threading.Barrier(WORKERS), list[uuid.UUID](), list[BaseException]()

    def work() -> None:
        ready.wait()
        try:
            told.extend(reminders.sweep(on))
            missed.sweep(on)
            promised.sweep(on)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failed == []
    told += reminders.sweep(on)  # who was passed over by everybody
    assert len(told) == len(set(told)) == CUSTOMERS
    assert set(said(on).values()) == {1}
    assert len(rows(on, ReminderStatus.SENT)) == len(rows(on)) == CUSTOMERS


@pytest.mark.parametrize("written", [1, 30, 55])
def test_a_worker_that_is_killed_between_messages_loses_and_doubles_nothing(
    on: Database, clock: SetClock, written: int
) -> None:
    crowd(on, CUSTOMERS)
    command = [sys.executable, "-c", SWEEP, on.url, clock.now().isoformat(), str(written)]
    environment = {"PATH": "/usr/bin:/bin", "GT_SECRET_KEY": "k" * 40, "GT_RASA_TOKEN": "t" * 40, **SETTINGS}
    died = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    with on.reading() as session:
        halves = session.scalar(
            sa.select(sa.func.count())
            .select_from(Reminder)
            .where(Reminder.status == ReminderStatus.SENT, Reminder.message_id.is_(None))
        )
    assert halves == 0
    reminders.sweep(on)
    assert reminders.sweep(on) == []
    assert set(said(on).values()) == {1}
    assert len(said(on)) == CUSTOMERS
    with on.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == CUSTOMERS


def test_who_is_being_talked_with_at_this_moment_waits_for_the_next_sweep(
    postgres_db: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = postgres_db
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    crowd(db, 3)
    with db.transaction() as session:
        held = session.scalars(sa.select(Conversation)).one()
        lock(session, Conversation, held.id)
        assert len(reminders.sweep(db)) == 2
        transcript.append(session, held, author=Author.CUSTOMER, text="hello")
    assert reminders.sweep(db) == []
    assert [(row.status, row.rule) for row in rows(db, ReminderStatus.WAITING)] == [("waiting", "answered")]
