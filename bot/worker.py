"""The worker: a Huey consumer with the sweeps that finish what crashes, outages and lost webhooks left behind.

Every sweep claims rows under a lock or a lease, so any number of workers may run.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from functools import lru_cache

import sqlalchemy as sa
import structlog
from huey import Huey, RedisHuey, SqliteHuey, crontab
from huey.consumer import Consumer

from bot import clock, logs
from bot.billing.stripe import PaymentGateway, gateway
from bot.channels import outbox
from bot.conversations import receipts, turns
from bot.conversations.dialogue import Rasa
from bot.conversations.signals import Signals
from bot.db import database
from bot.errors import OutsideService
from bot.models import Heartbeat
from bot.settings import Settings, settings

BEAT_EVERY_S = 5
log = structlog.get_logger()


def _queue(own: Settings) -> Huey:
    if own.redis_url:
        return RedisHuey("goodterms", url=own.redis_url)
    own.var.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("goodterms", filename=str(own.var / "jobs.db"), fsync=True)


huey = _queue(settings())


@huey.periodic_task(crontab())
def deliver() -> int:
    """Send what is still queued."""
    return outbox.send_due(database())


@huey.periodic_task(crontab())
def ask_stripe() -> int:
    """Stored events that were not acted on, and payments that are open for long: what does Stripe say?"""
    try:
        return len(receipts.sweep(database(), _gateway()))
    except OutsideService as error:
        log.warning("stripe_sweep_waits", reason=error.code)
        return 0


@huey.periodic_task(crontab())
def answer_left_behind() -> int:
    """Turns that no web process finished."""
    return asyncio.run(_answer())


async def _answer() -> int:
    dialogue = Rasa(settings())
    try:
        return await turns.recover(database(), dialogue, Signals(database()))
    finally:
        await dialogue.aclose()


@lru_cache(maxsize=1)
def _gateway() -> PaymentGateway:
    return gateway(settings())


def beat(stopped: threading.Event) -> None:
    """Write a sign of life every few seconds until told to stop."""
    while not stopped.is_set():
        try:
            with database().transaction() as session:
                session.merge(Heartbeat(process="worker", beat_at=time.time()))
        except sa.exc.SQLAlchemyError as error:
            log.warning("heartbeat_missed", error=type(error).__name__)
        stopped.wait(BEAT_EVERY_S)


def main() -> None:
    """Run until SIGTERM or SIGINT; the task under way is finished first."""
    own = settings()
    logs.configure(own.log_level)
    if own.sandbox:
        clock.follow(own.clock_file)
    stopped = threading.Event()
    threading.Thread(target=beat, args=(stopped,), daemon=True, name="heartbeat").start()
    consumer = Consumer(huey, workers=2, periodic=True, worker_type="thread")
    signal.signal(signal.SIGTERM, lambda *_: consumer.stop(graceful=True))
    consumer.run()
    stopped.set()
    sys.exit(0)


if __name__ == "__main__":
    main()
