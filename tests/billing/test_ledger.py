"""The ledger: the same fact once, never changed, always in balance."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.billing import ledger
from bot.db import Database
from bot.errors import Conflict, Unbalanced
from bot.models import Posting
from bot.money import Money

TEN = Money(1000, "USD")
ACCOUNTS = ["sales", "stripe", "imported", "invoice:a", "invoice:b", "credit:c"]
MOVES = st.lists(
    st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS), st.integers(0, 10**10)).filter(
        lambda move: move[0] != move[1]
    ),
    max_size=12,
)


def test_a_posting_moves_its_amount(db: Database) -> None:
    with db.transaction() as session:
        ledger.post(session, source="sales", destination="invoice:a", amount=TEN, reference="1")
        assert ledger.balance(session, "invoice:a", "USD") == TEN
        assert ledger.balance(session, "sales", "USD") == -TEN
        assert ledger.balance(session, "sales", "EUR") == Money(0, "EUR")


def test_the_same_fact_again_is_the_posting_that_is_there_s5(db: Database) -> None:
    with db.transaction() as session:
        first = ledger.post(session, source="sales", destination="invoice:a", amount=TEN, reference="1").id
    with db.transaction() as session:
        assert ledger.post(session, source="sales", destination="invoice:a", amount=TEN, reference="1").id == first
        assert ledger.balance(session, "invoice:a", "USD") == TEN


@pytest.mark.parametrize(
    "other",
    [
        {"amount": Money(1001, "USD")},
        {"amount": Money(1000, "EUR")},
        {"destination": "invoice:b"},
        {"source": "stripe"},
    ],
)
def test_a_reference_stands_for_one_content(db: Database, other: dict[str, object]) -> None:
    with db.transaction() as session:
        ledger.post(session, source="sales", destination="invoice:a", amount=TEN, reference="1")
        with pytest.raises(Conflict):
            ledger.post(
                session,
                **({"source": "sales", "destination": "invoice:a", "amount": TEN, "reference": "1"} | other),  # type: ignore[arg-type]
            )


def test_a_reversal_undoes_a_posting_once_s6(db: Database) -> None:
    with db.transaction() as session:
        posted = ledger.post(session, source="invoice:a", destination="stripe", amount=TEN, reference="1")
        reversal = ledger.reverse(session, posted, "1:refund")
        assert (reversal.reverses, reversal.source, reversal.destination) == (posted.id, "stripe", "invoice:a")
        assert ledger.balance(session, "stripe", "USD") == Money(0, "USD")
        assert ledger.reverse(session, posted, "1:refund") is reversal
        with pytest.raises(Conflict, match="reversed already"):
            ledger.reverse(session, posted, "1:again")


def test_a_posting_is_reversed_in_parts_that_stay_within_it_s6(db: Database) -> None:
    with db.transaction() as session:
        posted = ledger.post(session, source="invoice:a", destination="stripe", amount=TEN, reference="1")
        ledger.reverse(session, posted, "1:a", Money(400, "USD"))
        assert ledger.reversible(session, posted) == Money(600, "USD")
        with pytest.raises(Conflict, match="reversed already"):
            ledger.reverse(session, posted, "1:b", Money(601, "USD"))
        ledger.reverse(session, posted, "1:b", Money(600, "USD"))
        assert ledger.reversible(session, posted) == Money(0, "USD")
        assert ledger.balance(session, "invoice:a", "USD") == Money(0, "USD")


def test_what_was_reversed_can_hold_again_and_be_reversed_anew_s6(db: Database) -> None:
    with db.transaction() as session:
        posted = ledger.post(session, source="invoice:a", destination="stripe", amount=TEN, reference="1")
        part = ledger.reverse(session, posted, "1:a", Money(700, "USD"))
        again = ledger.reverse(session, part, "1:a:undone", Money(500, "USD"))
        assert (ledger.reversible(session, posted).minor, ledger.reversible(session, part).minor) == (800, 200)
        with pytest.raises(Unbalanced, match="at its first posting"):
            ledger.reverse(session, again, "1:a:undone:undone")
        ledger.reverse(session, posted, "1:b", Money(800, "USD"))
        assert ledger.balance(session, "invoice:a", "USD") == Money(0, "USD")
        assert ledger.reversibles(session, [posted, part]) == {posted.id: 0, part.id: 200}


def test_a_failed_reversal_leaves_the_transaction_whole(db: Database) -> None:
    with db.transaction() as session:
        posted = ledger.post(session, source="invoice:a", destination="stripe", amount=TEN, reference="1")
        ledger.reverse(session, posted, "1:a")
        with pytest.raises(Conflict):
            ledger.reverse(session, posted, "1:b")
        ledger.post(session, source="sales", destination="invoice:b", amount=TEN, reference="2")
    with db.reading() as session:
        assert ledger.balance(session, "invoice:b", "USD") == TEN


@pytest.mark.parametrize(
    "given",
    [
        {"source": "stripe", "destination": "invoice:b"},
        {"amount": 601},
        {"currency": "EUR"},
        {"reverses": "again"},
    ],
)
def test_the_database_itself_refuses_a_reversal_beyond_its_posting_s6(db: Database, given: dict[str, Any]) -> None:
    with db.transaction() as session:
        posted = ledger.post(session, source="invoice:a", destination="stripe", amount=TEN, reference="1")
        part = ledger.reverse(session, posted, "1:a", Money(600, "USD"))
        again = ledger.reverse(session, part, "1:a:undone", Money(200, "USD"))
    fields = {"source": "stripe", "destination": "invoice:a", "amount": 600, "currency": "USD", "reverses": posted.id}
    if given.get("reverses") == "again":
        given = {"source": "stripe", "destination": "invoice:a", "amount": 1, "reverses": again.id}
    with pytest.raises(sa.exc.IntegrityError), db.transaction() as session:
        session.add(Posting(**(fields | given), reference="beyond"))
    with db.transaction() as session:
        session.add(Posting(**fields, reference="within"))


def test_however_many_reverse_at_once_a_posting_is_undone_once_s5(db: Database) -> None:
    with db.transaction() as session:
        id_ = ledger.post(session, source="invoice:a", destination="stripe", amount=TEN, reference="1").id
    results: list[bool] = []
    ready = threading.Barrier(8)

    def reverse(number: int) -> None:
        ready.wait()
        with db.transaction() as session:
            try:
                ledger.reverse(session, session.get_one(Posting, id_), f"1:{number}", Money(300, "USD"))
                results.append(True)
            except Conflict:
                results.append(False)

    threads = [threading.Thread(target=reverse, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False] * 5 + [True] * 3
    with db.reading() as session:
        assert ledger.balance(session, "stripe", "USD") == Money(100, "USD")


@pytest.mark.parametrize(("destination", "minor"), [("invoice:a", -1), ("sales", 1)])
def test_what_would_break_a_sum_is_refused_s7(sqlite_db: Database, destination: str, minor: int) -> None:
    with sqlite_db.transaction() as session, pytest.raises(Unbalanced):
        ledger.post(session, source="sales", destination=destination, amount=Money(minor, "USD"), reference="1")


def test_the_database_itself_refuses_a_negative_amount_s7(db: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), db.transaction() as session:
        session.add(Posting(source="a", destination="b", amount=-1, currency="USD", reference="1"))


@given(moves=MOVES)
def test_every_balance_is_the_sum_of_what_moved_and_all_sum_to_nothing_s7(
    sqlite_db: Database, moves: list[tuple[str, str, int]]
) -> None:
    expected = dict.fromkeys(ACCOUNTS, 0)
    with sqlite_db.transaction() as session:
        before = ledger.balances(session, ACCOUNTS)
        for source, destination, minor in moves:
            reference = str(uuid.uuid4())
            ledger.post(
                session, source=source, destination=destination, amount=Money(minor, "USD"), reference=reference
            )
            expected[source] -= minor
            expected[destination] += minor
        after = ledger.balances(session, ACCOUNTS)
        trial = ledger.trial_balance(session)
    assert {account: after[account] - before[account] for account in ACCOUNTS} == expected
    assert sum(trial.get("USD", {}).values()) == 0
    assert trial.get("USD", {}).get("invoice", 0) == after["invoice:a"] + after["invoice:b"]


def test_the_trial_balance_keeps_currencies_apart(db: Database) -> None:
    with db.transaction() as session:
        ledger.post(session, source="sales", destination="invoice:a", amount=TEN, reference="1")
        ledger.post(session, source="sales", destination="invoice:b", amount=Money(7, "GBP"), reference="2")
        ledger.post(session, source="credit:c", destination="stripe", amount=Money(3, "GBP"), reference="3")
        assert ledger.trial_balance(session) == {
            "USD": {"sales": -1000, "invoice": 1000},
            "GBP": {"sales": -7, "invoice": 7, "credit": -3, "stripe": 3},
        }


def test_many_balances_are_one_query(db: Database) -> None:
    with db.transaction() as session:
        ledger.post(session, source="sales", destination="invoice:a", amount=TEN, reference="1")
    statements: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with db.reading() as session:
        assert ledger.balances(session, ["invoice:a", "invoice:none"]) == {"invoice:a": 1000, "invoice:none": 0}
        assert ledger.balances(session, []) == {}
    assert len([statement for statement in statements if "postings" in statement]) == 1


def test_two_who_post_the_same_fact_at_once_post_it_once_s5(db: Database) -> None:
    ids: list[int] = []
    ready = threading.Barrier(4)

    def post() -> None:
        ready.wait()
        with db.transaction() as session:
            ids.append(ledger.post(session, source="sales", destination="invoice:a", amount=TEN, reference="same").id)

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1
