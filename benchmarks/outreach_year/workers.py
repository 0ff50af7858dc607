"""Workers of the year: they sweep and send, two at once at times, and die in the middle of it."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from bot import clock
from bot.billing import hold_steps
from bot.channels import outbox
from bot.db import Database
from bot.models import Delivery, DeliveryStatus
from bot.outreach import missed, promised, reminders

SWEEPS = (reminders.sweep, missed.sweep, promised.sweep)
TRIES = 4


class Died(BaseException):
    """A worker is gone at this point, as by SIGKILL: no handler of an error sees it."""


class Frail(Database):
    """The same database for a worker that may die at each commit: just before it, so that all is undone, or just after,
    so that what was to follow does not happen. `odds` are of a thousand commits."""

    def __init__(self, url: str, seed: int, odds: int) -> None:
        super().__init__(url)
        self._chance, self._odds = random.Random(seed + 3), odds
        self.deaths = 0

    @contextlib.contextmanager
    def transaction(self) -> Iterator[orm.Session]:
        """As the parent's."""
        fate = self._chance.randrange(1_000)
        with super().transaction() as session:
            yield session
            if fate < self._odds // 2:
                self.deaths += 1
                raise Died
        if fate < self._odds:
            self.deaths += 1
            raise Died


class Workers:
    """What they do at one moment, until it is done."""

    def __init__(self, sound: Database, frail: Frail) -> None:
        self._sound, self._frail = sound, frail
        self.sweeps = self.pairs = 0
        self._ended_on: dt.date | None = None

    @property
    def deaths(self) -> int:
        """How many of them died."""
        return self._frail.deaths

    def sweep(self, *, pair: bool = False) -> None:
        """Everything that is due is looked into; with `pair` by two at the same moment. Where one dies, another takes
        over."""
        self.sweeps += 1
        if self._ended_on != clock.now().date():  # once a day will do
            hold_steps.end_due(self._sound)
            self._ended_on = clock.now().date()
        if not pair:
            self._sweep()
            return
        self.pairs += 1
        failed: list[BaseException] = []
        threads = [threading.Thread(target=_noting, args=(self._sweep, failed)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]

    def _sweep(self) -> None:
        for sweep in SWEEPS:
            self._until_done(sweep)

    def deliver(self) -> None:
        """Everything that waits is sent."""
        self._until_done(outbox.send_due)

    def _until_done(self, work: Callable[[Database], Any]) -> None:
        for _ in range(TRIES):
            try:
                work(self._frail)
                return
            except Died:
                continue
        work(self._sound)

    def next_delivery(self) -> Any:
        """When the next message is to be tried; None where none waits."""
        waiting = Delivery.status.in_((DeliveryStatus.QUEUED, DeliveryStatus.UNCERTAIN))
        first = sa.select(sa.func.min(Delivery.next_at, type_=Delivery.next_at.type)).where(waiting)
        return self._sound.in_reading(lambda session: session.scalar(first))


def _noting(work: Callable[[], None], failed: list[BaseException]) -> None:
    try:
        work()
    except BaseException as error:
        failed.append(error)
