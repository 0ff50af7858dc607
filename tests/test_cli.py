"""The operator's commands: a sentence when something is wrong, and nothing half done."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot import processes
from bot.settings import ROOT

CUSTOMERS = "account_number,name,email,phone,postcode,birth_date,language,time_zone,country,currency,customer_since\n"
INVOICES = "account_number,invoice_number,description,issued_on,due_on,amount,currency,paid_amount,disputed\n"
GOOD = "T-1,Robin Park,robin@example.com,+12125550111,10001,1990-01-01,en-US,America/New_York,US,USD,2020-01-01\n"
BAD = "T-2,Robin Park,robin@example.com,12,10001,1990-13-01,en-US,Mars/Base,US,USD,2020-01-01\n"


def goodterms(*words: str, var: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """One run of the command, with an environment of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GT_", "DATABASE", "REDIS"))}
    clean |= {"GT_VAR": str(var), "GT_SECRET_KEY": "k" * 40, "GT_RASA_TOKEN": "t" * 40, "COLUMNS": "300"}
    command = [sys.executable, "-m", "bot.cli", *words]
    return subprocess.run(
        command, cwd=ROOT, env=clean | environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_second_demo_on_a_taken_port_says_which_port_and_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = goodterms("demo", var=tmp_path, GT_HTTP_PORT=str(port))
    assert run.returncode == 1
    assert f"Port {port} is in use already" in run.stderr
    assert f"GT_HTTP_PORT={port + 1} make demo" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("GT_SECRET_KEY", "short", "GT_SECRET_KEY"),
        ("GT_SECRET_KEY", "", "GT_SECRET_KEY"),
        ("GT_HTTP_PORT", "99999", "GT_HTTP_PORT"),
        ("DATABASE_URL", "mysql://x", "DATABASE_URL"),
        ("GT_LOG_LEVEL", "LOUD", "GT_LOG_LEVEL"),
    ],
)
def test_a_wrong_setting_is_named_at_start(tmp_path: Path, name: str, value: str, says: str) -> None:
    run = goodterms("migrate", var=tmp_path, **{name: value})
    assert run.returncode == 1
    assert says in run.stderr
    assert "Traceback" not in run.stderr


def test_an_import_is_all_or_nothing_names_every_bad_row_and_repeats_change_nothing(tmp_path: Path) -> None:
    goodterms("migrate", var=tmp_path)
    file = tmp_path / "customers.csv"
    file.write_text(CUSTOMERS + GOOD + BAD)
    run = goodterms("import", "--customers", str(file), var=tmp_path)
    assert run.returncode == 1
    for part in ("customers.csv, line 3, phone:", "Nothing was taken"):
        assert part in run.stderr, run.stderr
    file.write_text(CUSTOMERS + GOOD)
    assert "1 added" in goodterms("import", "--customers", str(file), var=tmp_path).stdout
    invoices = tmp_path / "invoices.csv"
    invoices.write_text(INVOICES + "T-1,INV-1,Goods,2024-01-01,2024-02-01,120.00,USD,20.00,false\n")
    goodterms("import", "--invoices", str(invoices), var=tmp_path)
    check = goodterms("ledger", "check", var=tmp_path)
    assert check.returncode == 0
    assert "USD balances" in check.stdout
    assert "invoice 10000" in check.stdout
    assert "1 unchanged" in goodterms("import", "--customers", str(file), var=tmp_path).stdout


def test_an_agent_is_added_once_and_the_password_never_shown(tmp_path: Path) -> None:
    goodterms("migrate", var=tmp_path)
    clean = {"GT_VAR": str(tmp_path), "GT_SECRET_KEY": "k" * 40, "GT_RASA_TOKEN": "t" * 40, "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "bot.cli", "agents", "add", "kim@example.com", "--name", "Kim"]
    runs = [
        subprocess.run(
            command, cwd=ROOT, env=clean, input="a long enough word\n", capture_output=True, text=True, check=False
        )
        for _ in range(2)
    ]
    assert [run.returncode for run in runs] == [0, 1]
    assert "already an agent" in runs[1].stderr
    assert "a long enough word" not in runs[0].stdout + runs[0].stderr


def test_a_port_that_is_taken_is_not_chosen() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert processes.free_port(port) != port
        with pytest.raises(processes.StartFailed):
            processes.require_free("127.0.0.1", port, "GT_HTTP_PORT")
