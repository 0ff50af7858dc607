"""Mismatches: one row a difference, open until the books agree or a person says why they do not."""

from __future__ import annotations

import threading
import uuid

import pytest

from bot import clock as bot_clock
from bot.billing import reconciliation
from bot.db import Database
from bot.errors import InvalidInput, NotFound
from bot.models import Mismatch, MismatchKind, MismatchStatus
from tests.conftest import SetClock

HUNDRED = {"amount": 100, "currency": "USD"}
NINETY = {"amount": 90, "currency": "USD"}


def noted(db: Database, ours: dict[str, object] = HUNDRED, theirs: dict[str, object] = NINETY) -> Mismatch:
    with db.transaction() as session:
        return reconciliation.note_mismatch(session, MismatchKind.AMOUNT, "pi_1", ours=ours, theirs=theirs)


def repaired(db: Database) -> bool:
    with db.transaction() as session:
        return reconciliation.repaired(session, MismatchKind.AMOUNT, "pi_1")


def resolved(db: Database, id_: uuid.UUID, note: str = "a test charge of ours") -> Mismatch:
    with db.transaction() as session:
        return reconciliation.resolve(session, id_, "sol", note)


def test_the_same_difference_again_is_the_row_that_is_there(db: Database, clock: SetClock) -> None:
    first = noted(db)
    clock.advance(hours=1)
    again = noted(db)
    assert (again.id, again.status) == (first.id, MismatchStatus.OPEN)
    assert (again.first_seen_at, again.last_seen_at) == (first.first_seen_at, bot_clock.now())


def test_a_difference_noted_by_two_workers_at_once_is_one_row(db: Database) -> None:
    ready = threading.Barrier(4)

    def work() -> None:
        ready.wait()
        noted(db)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as session:
        assert len(reconciliation.listing(session, open_only=False)) == 1


def test_what_agrees_again_is_repaired_once_and_open_again_when_it_differs_again(db: Database) -> None:
    assert not repaired(db)
    id_ = noted(db).id
    assert repaired(db)
    assert not repaired(db)
    with db.reading() as session:
        assert reconciliation.listing(session) == []
        assert [row.status for row in reconciliation.listing(session, open_only=False)] == [MismatchStatus.REPAIRED]
    again = noted(db)
    assert (again.id, again.status, again.resolved_at) == (id_, MismatchStatus.OPEN, None)


def test_a_persons_word_closes_it_for_as_long_as_it_stays_the_same_difference(db: Database) -> None:
    id_ = noted(db).id
    row = resolved(db, id_)
    assert (row.status, row.resolved_by, row.note) == (MismatchStatus.RESOLVED, "sol", "a test charge of ours")
    assert noted(db).status == MismatchStatus.RESOLVED
    assert not repaired(db)
    assert noted(db, theirs={"amount": 80, "currency": "USD"}).status == MismatchStatus.OPEN


def test_only_what_is_open_can_be_resolved_and_only_with_a_reason(db: Database) -> None:
    id_ = noted(db).id
    with pytest.raises(InvalidInput, match="note"):
        resolved(db, id_, "  ")
    with pytest.raises(NotFound):
        resolved(db, uuid.uuid4())
    resolved(db, id_)
    with pytest.raises(InvalidInput, match="resolved already"):
        resolved(db, id_)
