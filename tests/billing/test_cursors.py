"""A listing of Stripe's is read by one worker at a time, and by another when that one is gone."""

from __future__ import annotations

import threading

from bot import clock as bot_clock
from bot.billing.reconciliation import cursors
from bot.billing.reconciliation.cursors import Reading
from bot.db import Database
from tests.conftest import SetClock


def begun(db: Database) -> Reading | None:
    return db.in_transaction(lambda session: cursors.begin(session, "events"))


def moved(db: Database, reading: Reading, value: str) -> Reading | None:
    return db.in_transaction(lambda session: cursors.move(session, reading, value=value, until=bot_clock.now()))


def test_it_is_read_on_from_where_it_was_moved_to(db: Database) -> None:
    reading = begun(db)
    assert reading is not None
    assert (reading.value, reading.until) == (None, None)
    reading = moved(db, reading, "evt_7")
    assert reading is not None
    db.in_transaction(lambda session: cursors.end(session, reading))
    after = begun(db)
    assert after is not None
    assert (after.value, after.until) == ("evt_7", reading.until)


def test_of_many_who_begin_at_once_one_reads(db: Database) -> None:
    ready = threading.Barrier(6)
    found: list[Reading | None] = []

    def work() -> None:
        ready.wait()
        found.append(begun(db))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert sum(reading is not None for reading in found) == 1


def test_a_reader_who_comes_back_after_its_lease_moves_nothing(db: Database, clock: SetClock) -> None:
    late = begun(db)
    assert late is not None
    clock.advance(minutes=5)
    reading = begun(db)
    assert reading is not None
    assert moved(db, late, "evt_1") is None
    db.in_transaction(lambda session: cursors.end(session, late))
    assert begun(db) is None
    assert moved(db, reading, "evt_2") is not None
