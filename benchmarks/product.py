"""The product under measurement: started as the demo is, in a folder and on ports of its own."""

from __future__ import annotations

import contextlib
import csv
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from dotenv import dotenv_values

from bot.processes import RASA_PYTHON
from bot.settings import ROOT

CUSTOMERS = 16
START_S = 180


@dataclass
class Product:
    """Where it answers, and how long each process took from its start to its first answer (seconds)."""

    url: str
    sandbox: str
    rasa: str
    rasa_token: str
    var: Path
    process: subprocess.Popen[bytes]
    started: dict[str, float] = field(default_factory=dict)

    def memory(self) -> dict[str, float]:
        """Resident memory by process, with its children, in MiB."""
        names = {
            "bot.inside_rasa.server": "rasa",
            "bot.app:create_app": "web",
            "actions": "actions",
            "bot.worker": "worker",
        }
        found: dict[str, float] = {}
        for child in psutil.Process(self.process.pid).children():
            command = " ".join(child.cmdline())
            name = next(
                (name for mark, name in names.items() if re.search(rf"\s{re.escape(mark)}(\s|$)", command)), None
            )
            if name is not None:
                family = [child, *child.children(recursive=True)]
                found[name] = sum(member.memory_info().rss for member in family) / 2**20
        return found


@contextlib.contextmanager
def running() -> Iterator[Product]:
    """Everything up, with sixteen more customers in the database."""
    with tempfile.TemporaryDirectory(prefix="gt-bench-") as folder:
        var = Path(folder)
        ports = {name: _free_port() for name in ("GT_HTTP_PORT", "GT_SANDBOX_PORT", "GT_RASA_PORT", "GT_ACTIONS_PORT")}
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GT_", "STRIPE_", "TWILIO_", "META_"))
        }
        environment = clean | {name: str(port) for name, port in ports.items()} | {"GT_VAR": folder}
        for name in ("DATABASE_URL", "REDIS_URL"):
            if given := os.environ.get(f"BENCH_{name}"):
                environment[name] = given
            else:
                environment.pop(name, None)
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "demo"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            product = Product(
                f"http://127.0.0.1:{ports['GT_HTTP_PORT']}",
                f"http://127.0.0.1:{ports['GT_SANDBOX_PORT']}",
                f"http://127.0.0.1:{ports['GT_RASA_PORT']}/webhooks/goodterms",
                "",
                var,
                process,
            )
            _await(product, ports)
            kept = dotenv_values(var / "demo.env")
            product.rasa_token = kept["GT_RASA_TOKEN"] or ""
            _add_customers(var, environment | {name: value or "" for name, value in kept.items()})
            yield product
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def rasa_alone() -> float:
    """Seconds from starting Rasa's process, with nothing else running, until it answers."""
    with tempfile.TemporaryDirectory(prefix="gt-bench-") as folder:
        port = _free_port()
        environment = os.environ | {
            "GT_RASA_PORT": str(port),
            "GT_RASA_TOKEN": "only-for-the-benchmark",
            "GT_TRACKER_URL": f"sqlite:///{folder}/tracker.db",
        }
        began = time.monotonic()
        command = [str(RASA_PYTHON), "-m", "bot.inside_rasa.server"]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)
        try:
            while not _answers(f"http://127.0.0.1:{port}/webhooks/goodterms/ready"):
                if process.poll() is not None or time.monotonic() - began > START_S:
                    raise SystemExit("Rasa did not start.")
                time.sleep(0.05)
            return time.monotonic() - began
        finally:
            process.terminate()
            process.wait()


def account(number: int) -> tuple[str, str]:
    """The account number and phone of the benchmark's customer `number`, from 0."""
    return f"BM-{number:04d}", f"+1212555{7000 + number:04d}"


def _await(product: Product, ports: dict[str, int]) -> None:
    """Note when each process answers first, counted from the moment at which it was started."""
    asked = {
        "web": f"{product.url}/metrics",
        "rasa": f"{product.rasa}/ready",
        "actions": f"http://127.0.0.1:{ports['GT_ACTIONS_PORT']}/health",
        "sandbox": f"{product.sandbox}/healthz",
        "everything": f"{product.url}/healthz",
    }
    began = time.monotonic()
    first: dict[str, float] = {}
    while len(first) < len(asked):
        for name, url in asked.items():
            if name not in first and _answers(url):
                first[name] = time.time()
        if time.monotonic() - began > START_S or product.process.poll() is not None:
            raise SystemExit(f"The product did not start; see {product.var}/logs")
        time.sleep(0.05)
    born = {"everything": psutil.Process(product.process.pid).create_time()}
    marks = {
        "rasa": "bot.inside_rasa.server",
        "web": "bot.app:create_app",
        "sandbox": " sandbox",
        "actions": " actions",
    }
    for child in psutil.Process(product.process.pid).children():
        command = " ".join(child.cmdline())
        for name, mark in marks.items():
            if mark in command:
                born[name] = child.create_time()
    product.started = {name: at - born[name] for name, at in first.items() if name in born}


def _answers(url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(url, timeout=3, trust_env=False).status_code == 200
    return False


def _add_customers(var: Path, environment: dict[str, str]) -> None:
    customers, invoices = var / "customers.csv", var / "invoices.csv"
    with customers.open("w", newline="") as file:
        rows = csv.writer(file)
        head = "account_number,name,email,phone,postcode,birth_date,language,time_zone,country,currency,customer_since"
        rows.writerow(head.split(","))
        for number in range(CUSTOMERS):
            name, phone = account(number)
            zone = "America/New_York"
            rows.writerow(
                [name, "Robin Park", "", phone, "10001", "1990-01-01", "en-US", zone, "US", "USD", "2020-01-01"]
            )
    with invoices.open("w", newline="") as file:
        rows = csv.writer(file)
        head = "account_number,invoice_number,description,issued_on,due_on,amount,currency,paid_amount,disputed"
        rows.writerow(head.split(","))
        for number in range(CUSTOMERS):
            for part in range(3):
                given = [account(number)[0], f"BM-{number}-{part}", "Goods", "2024-01-01", f"2024-0{part + 2}-01"]
                rows.writerow([*given, "120.00", "USD", "0", "false"])
    subprocess.run(
        [sys.executable, "-m", "bot.cli", "import", "--customers", str(customers), "--invoices", str(invoices)],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
