"""The importer: a file as a whole or not at all, every bad row named, repeats without effect."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock as bot_clock
from bot.billing import importing, invoices, ledger, plans
from bot.billing.identity import factors
from bot.billing.importing import FileReport, ImportFailed, import_file, import_files
from bot.billing.importing.import_file import Took
from bot.db import Database, lock
from bot.errors import InvalidInput
from bot.models import Customer, CustomerFactor, FactorKind, Hold, HoldStatus, Invoice, Plan, PlanStatus, Posting
from bot.money import Money
from bot.settings import ROOT
from tests.conftest import SetClock

DEMO = ROOT / "data" / "demo"
CUSTOMERS = "account_number,name,email,phone,postcode,birth_date,language,time_zone,country,currency,customer_since"
INVOICES = "account_number,invoice_number,description,issued_on,due_on,amount,currency,paid_amount,disputed"
PLANS = "account_number,invoice_number,instalment,due_on,amount"
ANN = "A-1,Ann Lee,ann@example.com,+12125550001,10001,1980-02-03,en-US,America/New_York,US,USD,2020-01-01"
BILL = "A-1,B-1,Chair,2026-01-01,2026-02-01,100.00,USD,0,false"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a CSV file of these lines."""

    def _write(name: str, *lines: str, ending: str = "\n", encoding: str = "utf-8") -> Path:
        path = tmp_path / f"{name}.csv"
        path.write_bytes(ending.join([*lines, ""]).encode(encoding, errors="surrogateescape"))
        return path

    return _write


def counts(report: FileReport) -> tuple[int, int, int]:
    return report.counts[Took.ADDED], report.counts[Took.CHANGED], report.counts[Took.UNCHANGED]


def number_of(db: Database, kind: Any) -> int:
    with db.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(kind)) or 0


def test_the_demo_is_what_the_design_says(db: Database) -> None:
    import_files(db, DEMO / "customers.csv", DEMO / "invoices.csv", DEMO / "plans.csv", demo=True)
    expected = {
        "GT-1001": ("USD", 26050, 20050, 20050), "GT-1002": ("USD", 4200, 4200, 4200),
        "GT-1003": ("USD", 67500, 67500, 67500), "GT-1004": ("GBP", 22525, 22525, 7525),
        "GT-1005": ("USD", 0, 0, 0), "GT-1006": ("USD", 31000, 31000, 31000),
        "GT-1007": ("BRL", 48000, 48000, 48000), "GT-1008": ("USD", 240000, 240000, 240000),
    }  # fmt: skip
    with db.reading() as session:
        found = {}
        for customer in session.scalars(sa.select(Customer)):
            it = invoices.standing(session, customer)
            found[customer.account_number] = (
                it.currency, it.total.minor, it.overdue.minor, it.payable_overdue.minor,
            )  # fmt: skip
        assert found == expected
        priya = session.scalars(sa.select(Customer).where(Customer.account_number == "GT-1003")).one()
        plan = plans.current(session, priya)
        assert plan is not None
        progress = plans.progress(session, plan)
        assert [part.amount for part in plan.instalments] == [22500] * 4
        assert (progress.paid.minor, progress.remaining.minor) == (22500, 67500)
        assert progress.next is plan.instalments[1]
        assert progress.next.due_on == bot_clock.today(priya.time_zone) + dt.timedelta(days=5)
        ledger.trial_balance(session)


def test_the_same_files_again_change_nothing(db: Database, clock: SetClock) -> None:
    files = (DEMO / "customers.csv", DEMO / "invoices.csv", DEMO / "plans.csv")
    assert [counts(report) for report in import_files(db, *files, demo=True)] == [(8, 0, 0), (11, 0, 0), (4, 0, 0)]
    before = number_of(db, Posting), number_of(db, CustomerFactor), number_of(db, Hold)
    clock.advance(days=3)
    assert [counts(report) for report in import_files(db, *files, demo=True)] == [(0, 0, 8), (0, 0, 11), (0, 0, 4)]
    assert (number_of(db, Posting), number_of(db, CustomerFactor), number_of(db, Hold)) == before


def test_dates_that_count_from_today_are_for_the_demo_only(db: Database) -> None:
    with pytest.raises(ImportFailed, match=r"line 2, issued_on: .*demo only"):
        import_files(db, DEMO / "customers.csv", DEMO / "invoices.csv")
    assert (number_of(db, Customer), number_of(db, Invoice)) == (8, 0)


def test_a_customer_is_kept_in_normal_form_with_hashed_factors(db: Database, write: Write) -> None:
    row = 'A-1," Ann Lee ",Ann@Example.COM,(212) 555-0001,sw1a 1aa,1980-02-03,en_us,America/New_York,us,usd,2020-01-01'
    import_files(db, write("customers", CUSTOMERS, row), None)
    with db.reading() as session:
        ann = session.scalars(sa.select(Customer)).one()
        held = {factor.kind: factor.digest for factor in session.scalars(sa.select(CustomerFactor))}
    assert (ann.name, ann.email, ann.phone) == ("Ann Lee", "ann@example.com", "+12125550001")
    assert (ann.language, ann.country, ann.currency, ann.account_key) == ("en-US", "US", "USD", "A1")
    assert held == {
        FactorKind.POSTCODE: factors.digest(ann.id, FactorKind.POSTCODE, "SW1A1AA"),
        FactorKind.BIRTH_DATE: factors.digest(ann.id, FactorKind.BIRTH_DATE, "1980-02-03"),
    }


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("account_number", "", "missing"),
        ("account_number", "---x"[:3], "formula"),
        ("account_number", "¿?", "no letter or digit"),
        ("account_number", "A" * 65, "longer than 64"),
        ("name", "", "missing"),
        ("name", "=cmd|'/c calc'!A1", "formula"),
        ("name", "@SUM(A1)", "formula"),
        ("name", '"Ann\nLee"', "line break"),
        ("name", "Ann\x07", "control"),
        ("name", "Ann\udcff", "UTF-8"),
        ("email", "ann.example.com", "e-mail"),
        ("email", "ann@example", "e-mail"),
        ("phone", "555", "possible"),
        ("phone", "hello", "phone"),
        ("birth_date", "03/02/1980", "not a date"),
        ("birth_date", "1980-02-30", "not a date"),
        ("birth_date", "2980-02-03", "not a date of our times"),
        ("birth_date", "2150-02-03", "past"),
        ("language", "klingon", "unknown"),
        ("language", "", "unknown"),
        ("time_zone", "Mars/Olympus", "unknown"),
        ("time_zone", "", "unknown"),
        ("country", "XX", "unknown"),
        ("currency", "ZZZ", "unknown"),
        ("currency", "", "unknown"),
        ("customer_since", "soon", "not a date"),
    ],
)
def test_a_bad_customer_is_named_by_line_column_and_reason(
    db: Database, write: Write, column: str, value: str, says: str
) -> None:
    cells = ANN.split(",")
    cells[CUSTOMERS.split(",").index(column)] = value
    path = write("customers", CUSTOMERS, ANN.replace("A-1", "A-2"), "", ",".join(cells))
    with pytest.raises(ImportFailed) as caught:
        import_files(db, path, None)
    (bad,) = caught.value.about.bad
    assert (bad.file, bad.line, bad.column) == ("customers.csv", 4, column)
    assert says in bad.reason
    assert str(bad) in caught.value.message
    assert number_of(db, Customer) == 0


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("account_number", "A-9", "no such account"),
        ("invoice_number", "", "missing"),
        ("description", "=1+1", "formula"),
        ("issued_on", "01.02.2026", "not a date"),
        ("due_on", "2025-12-31", "before the day of issue"),
        ("due_on", "today-5", "demo only"),
        ("amount", "0", "more than nothing"),
        ("amount", "-5", "formula"),
        ("amount", "1,000.00", "not an amount"),
        ("amount", "100.005", "more digits"),
        ("amount", "1e3", "not an amount"),
        ("amount", "", "not an amount"),
        ("amount", "99999999999999", "not an amount"),
        ("currency", "EUR", "kept in USD"),
        ("paid_amount", "100.01", "more than the invoice"),
        ("disputed", "maybe", "true or false"),
    ],
)
def test_a_bad_invoice_is_named_by_line_column_and_reason(
    db: Database, write: Write, column: str, value: str, says: str
) -> None:
    cells = BILL.split(",")
    cells[INVOICES.split(",").index(column)] = f'"{value}"'
    path = write("invoices", INVOICES, BILL.replace("B-1", "B-0"), ",".join(cells))
    with pytest.raises(ImportFailed) as caught:
        import_files(db, write("customers", CUSTOMERS, ANN), path)
    (bad,) = caught.value.about.bad
    assert (bad.line, bad.column) == (3, column)
    assert says in bad.reason
    assert number_of(db, Invoice) == number_of(db, Posting) == 0


def test_bad_rows_can_be_skipped_and_are_still_named(db: Database, write: Write) -> None:
    path = write("customers", CUSTOMERS, ANN, "A-2,too,short", ANN.replace("A-1", "A-3").replace("USD", "ZZZ"))
    (report,) = import_files(db, path, None, skip_bad=True)
    assert counts(report) == (1, 0, 0)
    assert [(bad.line, bad.column) for bad in report.bad] == [(3, "row"), (4, "currency")]
    assert number_of(db, Customer) == 1


def test_every_bad_row_is_named_with_the_first_in_the_sentence(db: Database, write: Write) -> None:
    path = write("customers", CUSTOMERS, *[f"A-{number},short" for number in range(700)])
    with pytest.raises(ImportFailed, match="and 680 more") as caught:
        import_files(db, path, None)
    assert [bad.line for bad in caught.value.about.bad] == list(range(2, 702))


@pytest.mark.parametrize(("ending", "encoding"), [("\r\n", "utf-8"), ("\n", "utf-8-sig"), ("\r\n", "utf-8-sig")])
def test_line_endings_and_a_byte_order_mark_do_not_matter(
    db: Database, write: Write, ending: str, encoding: str
) -> None:
    path = write("customers", CUSTOMERS, ANN.replace("Ann Lee", "Åsa Ñu"), ending=ending, encoding=encoding)
    import_files(db, path, None)
    with db.reading() as session:
        assert session.scalars(sa.select(Customer.name)).one() == "Åsa Ñu"


def test_columns_may_stand_in_any_order(db: Database, write: Write) -> None:
    def turned(line: str) -> str:
        return ",".join(reversed(line.split(",")))

    (report,) = import_files(db, write("customers", turned(CUSTOMERS).upper(), turned(ANN)), None)
    assert counts(report) == (1, 0, 0)


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("", "missing"),
        (CUSTOMERS.replace(",", ";"), "separated by commas"),
        (CUSTOMERS.replace(",email", ""), "email is missing"),
        (f"{CUSTOMERS},iban", "iban is unknown"),
        (f"{CUSTOMERS},email", "email stands there twice"),
    ],
)
def test_other_columns_are_refused_with_what_is_expected(
    sqlite_db: Database, write: Write, header: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        import_files(sqlite_db, write("customers", header, ANN), None)


def test_a_file_that_is_not_there_or_empty_is_said_so(sqlite_db: Database, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"none\.csv cannot be read"):
        import_files(sqlite_db, tmp_path / "none.csv", None)
    (tmp_path / "empty.csv").touch()
    with pytest.raises(InvalidInput, match="is empty"):
        import_files(sqlite_db, tmp_path / "empty.csv", None)


def test_an_unclosed_quote_is_named_and_nothing_taken(sqlite_db: Database, write: Write) -> None:
    with pytest.raises(ImportFailed, match="line 3, row: not readable as CSV"):
        import_files(sqlite_db, write("customers", CUSTOMERS, ANN, 'A-2,"Bob,b@example.com'), None)
    assert number_of(sqlite_db, Customer) == 0


def test_a_row_that_stands_twice_counts_once_and_one_that_differs_is_named(db: Database, write: Write) -> None:
    (report,) = import_files(db, write("customers", CUSTOMERS, ANN, ANN), None)
    assert counts(report) == (1, 0, 1)
    with pytest.raises(ImportFailed, match="line 3, row: line 2 says otherwise"):
        import_files(db, write("customers", CUSTOMERS, ANN, ANN.replace("Ann", "Anne")), None)


def test_account_numbers_that_differ_in_punctuation_only_are_refused(db: Database, write: Write) -> None:
    import_files(db, write("customers", CUSTOMERS, ANN), None)
    with pytest.raises(ImportFailed, match="punctuation"):
        import_files(db, write("customers", CUSTOMERS, ANN.replace("A-1", "A1")), None)


def test_a_changed_customer_is_brought_up_to_date(db: Database, write: Write) -> None:
    import_files(db, write("customers", CUSTOMERS, ANN), None)
    moved = ANN.replace("10001", "94110").replace("ann@example.com", "").replace("1980-02-03", "")
    (report,) = import_files(db, write("customers", CUSTOMERS, moved), None)
    assert counts(report) == (0, 1, 0)
    with db.reading() as session:
        ann = session.scalars(sa.select(Customer)).one()
        (factor,) = session.scalars(sa.select(CustomerFactor)).all()
    assert ann.email is None
    assert factor.digest == factors.digest(ann.id, FactorKind.POSTCODE, "94110")


def test_a_currency_changes_only_while_nothing_is_billed_in_it(db: Database, write: Write) -> None:
    import_files(db, write("customers", CUSTOMERS, ANN), None)
    pounds = write("customers", CUSTOMERS, ANN.replace("USD", "GBP"))
    assert counts(import_files(db, pounds, None)[0]) == (0, 1, 0)
    import_files(db, None, write("invoices", INVOICES, BILL.replace("USD", "GBP")))
    with pytest.raises(ImportFailed, match="billed in GBP"):
        import_files(db, write("customers", CUSTOMERS, ANN), None)


def test_paid_amount_is_all_that_was_paid_so_what_came_through_us_is_not_counted_twice_s5(
    db: Database, write: Write
) -> None:
    import_files(db, write("customers", CUSTOMERS, ANN), write("invoices", INVOICES, BILL.replace(",0,", ",30.00,")))
    with db.transaction() as session:
        (invoice,) = session.scalars(sa.select(Invoice)).all()
        account = ledger.invoice_account(invoice.id)
        ledger.post(session, source=account, destination="stripe", amount=Money(2000, "USD"), reference="us")
    for paid, owed in (("30.00", 5000), ("50.00", 5000), ("75.00", 2500), ("75.00", 2500), ("40.00", 2500)):
        import_files(db, None, write("invoices", INVOICES, BILL.replace(",0,", f",{paid},")))
        with db.reading() as session:
            assert ledger.balance(session, account, "USD").minor == owed


@pytest.mark.parametrize(
    ("change", "says"),
    [(("100.00", "90.00"), "amount: differs"), (("A-1", "A-2"), "another account's")],
)
def test_a_known_invoice_number_keeps_its_amount_and_account(
    db: Database, write: Write, change: tuple[str, str], says: str
) -> None:
    both = write("customers", CUSTOMERS, ANN, ANN.replace("A-1", "A-2"))
    import_files(db, both, write("invoices", INVOICES, BILL))
    with pytest.raises(ImportFailed, match=says):
        import_files(db, None, write("invoices", INVOICES, BILL.replace(*change)))


def test_a_corrected_due_date_is_taken_over(db: Database, write: Write) -> None:
    import_files(db, write("customers", CUSTOMERS, ANN), write("invoices", INVOICES, BILL))
    (report,) = import_files(db, None, write("invoices", INVOICES, BILL.replace("2026-02-01", "2026-03-01")))
    assert counts(report) == (0, 1, 0)
    with db.reading() as session:
        assert session.scalars(sa.select(Invoice.due_on)).one() == dt.date(2026, 3, 1)


def test_a_dispute_that_the_desk_lifted_is_not_made_again_by_the_file_c9(db: Database, write: Write) -> None:
    disputed = write("invoices", INVOICES, BILL.replace("false", "true"))
    import_files(db, write("customers", CUSTOMERS, ANN), disputed)
    with db.transaction() as session:
        (hold,) = session.scalars(sa.select(Hold)).all()
        assert hold.status == HoldStatus.CONFIRMED
        hold.status = HoldStatus.LIFTED
    import_files(db, None, disputed)
    assert number_of(db, Hold) == 1


def test_a_running_plan_is_taken_over_once(db: Database, write: Write) -> None:
    import_files(db, write("customers", CUSTOMERS, ANN), write("invoices", INVOICES, BILL))
    rows = [f"A-1,B-1,{number},2026-0{number + 2}-15,50.00" for number in (1, 2)]
    for expected in ((2, 0, 0), (0, 0, 2)):
        (report,) = import_files(db, None, None, write("plans", PLANS, *rows))
        assert counts(report) == expected
    with db.reading() as session:
        plan = session.scalars(sa.select(Plan)).one()
        assert (plan.status, plan.total) == (PlanStatus.ACTIVE, 10000)


@pytest.mark.parametrize(("paid", "rest", "left"), [("0", 5000, 5000), ("30.00", 2000, 5000), ("60.00", 0, 4000)])
def test_what_is_owed_besides_a_running_plan_is_not_of_it(
    sqlite_db: Database, write: Write, paid: str, rest: int, left: int
) -> None:
    bill = BILL.replace(",0,false", f",{paid},false")
    plan_row = "A-1,B-1,1,2026-03-15,50.00"
    import_files(sqlite_db, write("customers", CUSTOMERS, ANN), write("invoices", INVOICES, bill))
    import_files(sqlite_db, None, None, write("plans", PLANS, plan_row))
    with sqlite_db.reading() as session:
        plan = session.scalars(sa.select(Plan)).one()
        assert (plan.invoices[0].beside, plans.progress(session, plan).remaining.minor) == (rest, left)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["A-9,B-1,1,2026-03-15,50.00"], "no such account"),
        (["A-1,B-9,1,2026-03-15,50.00"], "no such invoice"),
        (["A-1,B-1,2,2026-03-15,50.00"], "numbered 1, 2, 3"),
        (["A-1,B-1,x,2026-03-15,50.00"], "expected its number"),
        (["A-1,B-1,1,2026-03-15,100.01"], "more than the invoice"),
        (["A-1,B-1,1,2026-03-15,0"], "more than nothing"),
        (["A-1,B-1,1,2026-03-15,50.00", "A-1,B-1,2,2026-03-15,50.00"], "not later"),
        (["A-1,B-1,1,2026-03-15,50.00", "A-1,B-1,1,2026-03-15,40.00"], "says otherwise"),
    ],
)
def test_a_bad_plan_is_named_and_not_taken(db: Database, write: Write, rows: list[str], says: str) -> None:
    import_files(db, write("customers", CUSTOMERS, ANN), write("invoices", INVOICES, BILL))
    with pytest.raises(ImportFailed, match=says):
        import_files(db, None, None, write("plans", PLANS, *rows))
    assert number_of(db, Plan) == 0


def test_a_long_file_is_read_in_small_memory_and_tells_how_far_it_is(sqlite_db: Database, write: Write) -> None:
    path = write("customers", CUSTOMERS, *[ANN.replace("A-1", f"A-{number}") for number in range(4000)])
    told: list[tuple[str, int, int]] = []
    tracemalloc.start()
    (report,) = import_files(sqlite_db, path, None, progress=lambda *it: told.append(it))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = path.stat().st_size
    assert counts(report) == (4000, 0, 0)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[-1] == ("customers.csv", size, size)
    assert len(told) == 8
    # All of the rows at once would be some twenty megabytes.
    assert peak < 8_000_000


def many(count: int, **changed: str) -> list[str]:
    """Customers A-0 and on, each the same save for what is `changed` on every tenth."""
    lines = [
        ANN.replace("A-1", f"A-{number}").replace("12125550001", f"1212555{number:04d}") for number in range(count)
    ]
    for before, after in changed.items():
        lines[::10] = [line.replace(before, after) for line in lines[::10]]
    return lines


def bills(count: int) -> list[str]:
    return [BILL.replace("A-1", f"A-{number}").replace("B-1", f"B-{number}") for number in range(count)]


def test_new_changed_and_unchanged_rows_stand_together_in_one_file(db: Database, write: Write) -> None:
    import_files(db, write("customers", CUSTOMERS, *many(2200)), write("invoices", INVOICES, *bills(2200)))
    customers = [*many(2300, Ann="Anna"), "A-2100,short"]
    invoices_ = [
        line.replace(",0,false", ",40.00,true") if number % 100 == 0 else line
        for number, line in enumerate(bills(2300))
    ]
    invoices_[2150] = invoices_[2150].replace("A-2150", "A-none")
    reports = import_files(
        db, write("customers", CUSTOMERS, *customers), write("invoices", INVOICES, *invoices_), skip_bad=True
    )
    assert [counts(report) for report in reports] == [(100, 220, 1980), (100, 22, 2177)]
    assert [(bad.line, bad.column) for report in reports for bad in report.bad] == [
        (2302, "row"),
        (2152, "account_number"),
    ]
    with db.reading() as session:
        names = sa.select(sa.func.count()).where(Customer.name == "Anna Lee")
        assert session.scalar(names) == 230
        assert ledger.balances(session, ["imported"]) == {"imported": 23 * 4000}
        assert ledger.balances(session, ["sales"]) == {"sales": -2300 * 10000}
    assert number_of(db, CustomerFactor) == 4600
    assert number_of(db, Hold) == 23


def test_what_stands_in_a_file_is_kept_to_the_letter(db: Database, write: Write) -> None:
    names = ["\\N", "O\\tto \\.", "Ann 'Lee'; --", "李 🙂", "%s {0} :x"]
    lines = [ANN.replace("A-1", f"A-{number}").replace("Ann Lee", name) for number, name in enumerate(names)]
    import_files(db, write("customers", CUSTOMERS, *lines), None)
    with db.reading() as session:
        assert session.scalars(sa.select(Customer.name).order_by(Customer.account_key)).all() == names


def test_the_instalments_of_a_plan_stay_together_wherever_the_file_is_cut(
    db: Database, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_file, "CHUNK", 3)
    monkeypatch.setattr(importing, "BATCH", 5)
    import_files(db, write("customers", CUSTOMERS, *many(6)), write("invoices", INVOICES, *bills(6)))
    rows = [f"A-{account},B-{account},{part},2026-0{part + 2}-15,25.00" for account in range(6) for part in range(1, 5)]
    (report,) = import_files(db, None, None, write("plans", PLANS, *rows))
    assert counts(report) == (24, 0, 0)
    with db.reading() as session:
        assert [len(plan.instalments) for plan in session.scalars(sa.select(Plan))] == [4] * 6


def test_a_process_that_is_killed_half_way_leaves_nothing_and_nobody_waiting(db: Database, write: Write) -> None:
    path = write("customers", CUSTOMERS, *many(6000))
    code = (
        "import os, pathlib, signal, sys; from bot.db import database; from bot.billing.importing import import_files\n"
        "def half_way(name, done, size): done * 2 > size and os.kill(os.getpid(), signal.SIGKILL)\n"
        "import_files(database(), pathlib.Path(sys.argv[1]), None, progress=half_way)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, env=os.environ)
    assert killed.returncode == -signal.SIGKILL
    assert number_of(db, Customer) == 0
    (report,) = import_files(db, path, None)
    assert counts(report) == (6000, 0, 0)


def test_two_imports_at_once_go_one_after_the_other(db: Database, write: Write) -> None:
    customers, invoices_ = write("customers", CUSTOMERS, *many(900)), write("invoices", INVOICES, *bills(900))
    ready, reports = threading.Barrier(2), list[FileReport]()

    def run() -> None:
        ready.wait()
        reports.extend(import_files(db, customers, invoices_))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts(report) for report in reports) == [(0, 0, 900)] * 2 + [(900, 0, 0)] * 2
    with db.reading() as session:
        assert ledger.balances(session, ["sales"]) == {"sales": -900 * 10000}


def test_money_that_comes_in_while_the_file_is_read_is_not_counted_twice_s5(
    postgres_db: Database, write: Write
) -> None:
    db = postgres_db
    import_files(db, write("customers", CUSTOMERS, ANN), write("invoices", INVOICES, BILL))
    with db.reading() as session:
        account = ledger.invoice_account(session.scalars(sa.select(Invoice.id)).one())
        customer_id = session.scalars(sa.select(Customer.id)).one()
    again = write("invoices", INVOICES, BILL.replace(",0,", ",20.00,"))
    importer = threading.Thread(target=import_files, args=(db, None, again))
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with db.transaction() as session:
        # What `settle` does, of the 20.00 that the file knows of already.
        lock(session, Customer, customer_id)
        ledger.post(session, source=account, destination="stripe", amount=Money(2000, "USD"), reference="us")
        importer.start()
        while not db.in_reading(lambda looking: looking.scalar(waiting)):
            assert importer.is_alive()
    importer.join()
    with db.reading() as session:
        assert ledger.balance(session, account, "USD").minor == 8000


def test_postgresql_knows_at_once_how_much_a_long_file_has_brought(postgres_db: Database, write: Write) -> None:
    import_files(postgres_db, write("customers", CUSTOMERS, *many(importing.BATCH)), None)
    known = sa.text("SELECT reltuples FROM pg_class WHERE oid = 'customers'::regclass")
    assert postgres_db.in_reading(lambda session: session.scalar(known)) == importing.BATCH


def test_an_import_leaves_its_connection_as_it_found_it(sqlite_db: Database, write: Write) -> None:
    def cache() -> int:
        with sqlite_db.reading() as session:
            return int(session.execute(sa.text("PRAGMA cache_size")).scalar_one())

    before = cache()
    import_files(sqlite_db, write("customers", CUSTOMERS, ANN), None)
    assert cache() == before
    with pytest.raises(ImportFailed):
        import_files(sqlite_db, write("customers", CUSTOMERS, ANN.replace("A-1", "")), None)
    assert cache() == before
