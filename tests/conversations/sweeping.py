"""Workers that sweep at the same moment: threads of this process, or processes of their own with such threads."""

from __future__ import annotations

import subprocess
import sys
import threading

from bot.billing.gateway import PaymentGateway
from bot.billing.stripe import StripeGateway
from bot.conversations import autopay
from bot.db import Database
from bot.settings import ROOT
from tests.sandbox.running import KEY


def at_once(db: Database, gateway: PaymentGateway, workers: int) -> None:
    """So many threads look for due instalments; all have ended when this returns."""
    ready = threading.Barrier(workers)

    def sweep() -> None:
        ready.wait()
        autopay.sweep(db, gateway)

    threads = [threading.Thread(target=sweep) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def in_processes(url: str, stripe: str, processes: int, workers: int) -> None:
    """The same in so many processes, which begin together."""
    code = "from tests.conversations.sweeping import main; main()"
    command = [sys.executable, "-c", code, url, stripe, str(workers)]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        process.communicate("go\n", timeout=60)
    assert [process.returncode for process in started] == [0] * processes


def main() -> None:
    """One of these processes."""
    url, stripe, workers = sys.argv[1:]
    db, gateway = Database(url), StripeGateway(KEY, stripe)
    with db.reading():
        print("ready", flush=True)
    sys.stdin.readline()
    at_once(db, gateway, int(workers))
    db.dispose()
