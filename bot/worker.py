"""The worker: a Huey consumer with the sweeps that finish what crashes, outages and lost webhooks left behind.

Every sweep claims rows under a lock or a lease, so any number of workers may run. None rings a bell: those who wait for
news of a conversation wait in web processes, which see by the database what was written here (`signals`).
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
import structlog
from huey import Huey, RedisHuey, SqliteHuey, crontab
from huey.consumer import Consumer

from bot import clock, logs, policies, words
from bot.billing import hold_steps
from bot.billing.gateway import PaymentGateway
from bot.billing.stripe import gateway
from bot.channels import media, outbox, phone_events
from bot.conversations import autopay, books, callbacks, missed_events, refunding, stripe_sweep, turns
from bot.conversations.assignment import offering, returning, targets
from bot.conversations.dialogue import Rasa
from bot.conversations.rights import erasure
from bot.conversations.signals import Signals
from bot.db import database
from bot.errors import OutsideService
from bot.help_lines import help_lines
from bot.models import Heartbeat
from bot.outreach import missed, promised, reminders
from bot.settings import Settings, settings

BEAT_EVERY_S = 5
ASSIGN_EVERY_S = 3
# A long comparison with Stripe must not keep deliveries waiting.
THREADS = 4
log = structlog.get_logger()


def _queue(own: Settings) -> Huey:
    if own.redis_url:
        return RedisHuey("goodterms", url=own.redis_url)
    own.var.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("goodterms", filename=str(own.var / "jobs.db"), fsync=True)


huey = _queue(settings())


def every(minutes: int) -> Callable[[Callable[[], object]], Any]:
    """Make a sweep a periodic task. It fails with one line in the log, and stops no other.

    One that still runs in this process when it is due again is not begun beside itself. This is no lock that a killed
    worker could leave behind, and in other processes rows and listings are claimed anyway.
    With the sandbox every sweep runs every minute: the schedule follows the real clock, while the demo's may jump.
    """
    schedule = crontab() if minutes == 1 or settings().sandbox else crontab(minute=f"*/{minutes}")

    def periodic(sweep: Callable[[], object]) -> Any:
        running = threading.Lock()

        def run() -> None:
            if not running.acquire(blocking=False):
                return
            try:
                sweep()
            except OutsideService as error:
                log.warning("sweep_waits", sweep=sweep.__name__, service=error.service, code=error.code)
            except Exception as error:
                log.error("sweep_failed", sweep=sweep.__name__, error=type(error).__name__, at=_place(error))
            finally:
                running.release()

        # What waits longer than it takes until the next one is due is dropped.
        return huey.periodic_task(schedule, name=sweep.__name__, expires=50)(run)

    return periodic


@every(minutes=1)
def deliver() -> None:
    """Send what is still queued."""
    outbox.send_due(database())


@every(minutes=1)
def carry_messages() -> None:
    """What phones sent and no web process has carried into its conversation; what became of what we sent."""
    phone_events.sweep(database())


@every(minutes=1)
def fetch_files() -> None:
    """Files that customers sent and that are still at the provider."""
    media.fetch_due(database())


@every(minutes=1)
def ask_stripe() -> None:
    """Stored events that were not acted on, and payments that are open for long: what does Stripe say?"""
    stripe_sweep.sweep(database(), _gateway())


@every(minutes=1)
def send_refunds() -> None:
    """Refunds that were decided and have not reached Stripe."""
    refunding.sweep(database(), _gateway())


@every(minutes=10)
def read_events() -> None:
    """Events that our webhook did not bring."""
    missed_events.catch_up(database(), _gateway())


@every(minutes=60)
def compare_books() -> None:
    """What Stripe took and gave back, beside our ledger."""
    books.compare(database(), _gateway())


@every(minutes=10)
def charge_instalments() -> None:
    """Instalments whose day has come are taken from the saved card."""
    autopay.sweep(database(), _gateway())


@every(minutes=10)
def remind() -> None:
    """What is due of the cadence goes out, or waits, each under the gate."""
    reminders.sweep(database())


@every(minutes=10)
def ask_about_missed() -> None:
    """Instalments whose day has passed are asked about, kindly."""
    missed.sweep(database())


@every(minutes=10)
def follow_promises() -> None:
    """Promises that were kept are thanked for; those whose day has passed are asked about, kindly."""
    promised.sweep(database())


@every(minutes=60)
def end_holds() -> None:
    """Holds whose last day has passed, such as a breathing space, bind no more."""
    hold_steps.end_due(database())


@every(minutes=10)
def own_up_to_missed_calls() -> None:
    """Calls that were promised and did not come."""
    callbacks.sweep(database())


@every(minutes=1)
def finish_erasures() -> None:
    """Erasures that were approved and not finished."""
    asyncio.run(_erase())


async def _erase() -> None:
    dialogue = Rasa(settings())
    try:
        await erasure.sweep(database(), dialogue)
    finally:
        await dialogue.aclose()


@every(minutes=1)
def answer_left_behind() -> None:
    """Turns that no web process finished."""
    asyncio.run(_answer())


async def _answer() -> None:
    dialogue = Rasa(settings())
    try:
        await turns.recover(database(), dialogue, Signals(database()))
    finally:
        await dialogue.aclose()


@lru_cache(maxsize=1)
def _gateway() -> PaymentGateway:
    return gateway(settings())


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"


def beat(stopped: threading.Event) -> None:
    """Write a sign of life every few seconds until told to stop."""
    while not stopped.is_set():
        try:
            with database().transaction() as session:
                session.merge(Heartbeat(process="worker", beat_at=time.time()))
        except sa.exc.SQLAlchemyError as error:
            log.warning("heartbeat_missed", error=type(error).__name__)
        stopped.wait(BEAT_EVERY_S)


def assign(stopped: threading.Event) -> None:
    """Offer conversations, take back those of agents who are gone, watch targets: every few seconds until told to stop,
    as a minute is long for who waits."""
    while not stopped.is_set():
        for sweep in (offering.round_of, returning.sweep, targets.sweep):
            try:
                sweep(database())
            except Exception as error:
                log.error("sweep_failed", sweep=sweep.__module__, error=type(error).__name__, at=_place(error))
        stopped.wait(ASSIGN_EVERY_S)


def main() -> None:
    """Run until SIGTERM or SIGINT; the task under way is finished first."""
    own = settings()
    logs.configure(own.log_level)
    policies.check_all()
    words.check()
    help_lines()
    if own.sandbox:
        clock.follow(own.clock_file)
    stopped = threading.Event()
    threading.Thread(target=beat, args=(stopped,), daemon=True, name="heartbeat").start()
    threading.Thread(target=assign, args=(stopped,), daemon=True, name="assignment").start()
    consumer = Consumer(huey, workers=THREADS, periodic=True, worker_type="thread")
    signal.signal(signal.SIGTERM, lambda *_: consumer.stop(graceful=True))
    consumer.run()
    stopped.set()
    sys.exit(0)


if __name__ == "__main__":
    main()
