"""The trial balance finds what no ledger may hold, whoever put it there (S7)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.billing import ledger
from bot.billing.trial_balance import Fault, Wrong, trial_balance
from bot.db import Database
from bot.models import Posting
from bot.money import Money

MOVES = st.lists(
    st.tuples(st.sampled_from(["invoice:a", "invoice:b"]), st.integers(0, 10**12), st.integers(0, 10**12)), max_size=8
)


def dollars(minor: int) -> Money:
    return Money(minor, "USD")


def test_every_account_is_counted_and_every_kind_summed_by_currency(db: Database) -> None:
    with db.transaction() as session:
        for place, (account, amount) in enumerate((("invoice:a", 500), ("invoice:b", 300))):
            ledger.post(session, source="sales", destination=account, amount=dollars(amount), reference=f"i{place}")
        ledger.post(session, source="invoice:a", destination="stripe", amount=dollars(200), reference="p1")
        ledger.post(session, source="credit:c", destination="stripe", amount=dollars(50), reference="p2")
        ledger.post(session, source="sales", destination="invoice:d", amount=Money(7, "JPY"), reference="i9")
        trial = trial_balance(session)
    assert trial.sums == {
        "USD": {"invoice": 600, "sales": -800, "stripe": 250, "credit": -50},
        "JPY": {"invoice": 7, "sales": -7},
    }
    assert (trial.accounts, trial.faults) == (7, [])


def test_an_empty_ledger_balances(db: Database) -> None:
    with db.reading() as session:
        assert trial_balance(session).faults == []


@given(moves=MOVES)
def test_s7_what_never_takes_more_than_is_owed_has_no_fault(
    sqlite_db: Database, moves: list[tuple[str, int, int]]
) -> None:
    with sqlite_db.engine.connect() as connection, sa.orm.Session(connection) as session:
        for place, (account, owed, paid) in enumerate(moves):
            ledger.post(session, source="sales", destination=account, amount=dollars(owed), reference=f"i{place}")
            taken = ledger.post(
                session, source=account, destination="stripe", amount=dollars(min(owed, paid)), reference=f"p{place}"
            )
            ledger.reverse(session, taken, f"r{place}", dollars(taken.amount // 2))
        assert trial_balance(session).faults == []
        session.rollback()


def test_s5_an_invoice_of_which_too_much_was_taken_is_found(db: Database) -> None:
    with db.transaction() as session:
        ledger.post(session, source="sales", destination="invoice:a", amount=dollars(100), reference="i")
        ledger.post(session, source="invoice:a", destination="stripe", amount=dollars(101), reference="p")
        assert trial_balance(session).faults == [Fault(Wrong.INVOICE_BELOW_ZERO, "USD", 1, "invoice:a")]


def test_a_credit_that_owes_us_is_found(db: Database) -> None:
    with db.transaction() as session:
        ledger.post(session, source="stripe", destination="credit:c", amount=dollars(1), reference="x")
        assert trial_balance(session).faults == [Fault(Wrong.CREDIT_ABOVE_ZERO, "USD", 1, "credit:c")]


def test_s6_a_posting_that_was_undone_by_more_than_it_moved_is_found(db: Database) -> None:
    with db.transaction() as session:
        ledger.post(session, source="sales", destination="invoice:a", amount=dollars(100), reference="i")
        paid = ledger.post(session, source="invoice:a", destination="stripe", amount=dollars(60), reference="p")
        # The trigger refuses this; the proof does not rely on it.
        name = "postings_reversal_within"
        session.execute(sa.text(f"DROP TRIGGER {name}" + ("" if db.sqlite else " ON postings")))
        for place in range(2):
            session.add(
                Posting(
                    source="stripe",
                    destination="invoice:a",
                    amount=40,
                    currency="USD",
                    reference=f"r{place}",
                    reverses=paid.id,
                )
            )
        session.flush()
        assert trial_balance(session).faults == [Fault(Wrong.REVERSED_TOO_MUCH, "USD", 1, "p")]
        session.rollback()


@pytest.mark.parametrize("times", [1, 2])
def test_s6_a_reversal_that_was_reversed_itself_leaves_room_for_another(db: Database, times: int) -> None:
    with db.transaction() as session:
        ledger.post(session, source="sales", destination="invoice:a", amount=dollars(100), reference="i")
        paid = ledger.post(session, source="invoice:a", destination="stripe", amount=dollars(60), reference="p")
        for time in range(times):
            undone = ledger.reverse(session, paid, f"dispute:{time}")
            ledger.reverse(session, undone, f"won:{time}")
        trial = trial_balance(session)
    assert trial.faults == []
    assert trial.sums["USD"] == {"invoice": 40, "sales": -100, "stripe": 60}
