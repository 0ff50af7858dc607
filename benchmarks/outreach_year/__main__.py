"""`python -m benchmarks.outreach_year [--customers 20000] [--seed 7] [--postgresql]`: a year of what we begin, judged.

It ends with 1 where the judge finds a violation.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks import databases
from benchmarks.machine import machine
from benchmarks.outreach_year import judge, year
from benchmarks.outreach_year.judge import Violation
from benchmarks.outreach_year.year import Ran
from bot import logs
from bot.settings import settings

CUSTOMERS, SEED = 20_000, 7
SHOWN = 20
# A service that can write by all three media; nothing of it is called.
SETTINGS = {
    "GT_SECRET_KEY": "only-for-the-benchmark-only-for-the-benchmark",
    "GT_RASA_TOKEN": "only-for-the-benchmark-only-for-the-benchmark",
    "GT_PUBLIC_URL": "https://juniperfinch.example",
    "GT_WHATSAPP": "true",
    "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
    "TWILIO_AUTH_TOKEN": "only-for-the-benchmark",
    "TWILIO_FROM": "+15005550006",
    "TWILIO_WHATSAPP_FROM": "+15005550007",
    "GT_SMTP_HOST": "localhost",
    "GT_SMTP_FROM": "hello@juniperfinch.example",
}


def main(customers: int = CUSTOMERS, seed: int = SEED, *, postgresql: bool = False) -> list[Violation]:
    """Run the year, print its figures and what the judge found, and give that; progress goes to stderr."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    settings.cache_clear()
    logs.configure("CRITICAL")
    with ExitStack() as stack:
        place: Path = stack.enter_context(databases.folder())
        db, _ = stack.enter_context(databases.two("PostgreSQL" if postgresql else "SQLite", place))
        version = f"{'PostgreSQL' if postgresql else 'SQLite'} {databases.version(db)}"
        ran = year.run(db.url, customers, seed, say=_say)
    began = time.perf_counter()
    found = judge.violations(ran.year)
    print(f"\n{machine()}; {version}; seed {seed}; workers' commits wait for no disk")
    print("\n| a simulated year | |\n|---|---|")
    for name, value in _figures(ran, found, time.perf_counter() - began).items():
        print(f"| {name} | {value} |")
    for one in found[:SHOWN]:
        print(f"{one.rule}: person {one.person}, {one.at:%Y-%m-%d %H:%M} UTC: {one.how}")
    return found


def _figures(ran: Ran, found: list[Violation], judging: float) -> dict[str, str]:
    people = ran.year.people
    writings = sum(len(one.wrote) for one in people)
    decided = {
        rule: count for rule, count in sorted(ran.decided.items(), key=lambda each: -each[1]) if rule != "may_go"
    }
    skipped = {
        rule or "-": count
        for (status, rule), count in sorted(ran.settled.items(), key=lambda each: -each[1])
        if status == "skipped"
    }
    out = sum((end - start).total_seconds() for start, end in ran.year.outages)
    return {
        "customers": f"{len(people):,}",
        "invoices": f"{sum(len(one.bills) for one in people):,}",
        "what they did (paid, promised, agreed, disputed, moved, refused, wrote)": f"{ran.done:,}",
        "of which they wrote to us": f"{writings:,}",
        "messages that arrived": f"{len(ran.year.arrivals):,}",
        "of which e-mails that came again under the same Message-ID": f"{judge.repeats(ran.year):,}",
        "blocked by the gate, by rule": _counts(decided),
        "steps skipped, by rule": _counts(skipped),
        "looks of the workers, of which by two at once": f"{ran.sweeps:,}, {ran.pairs:,}",
        "workers that died at a commit": f"{ran.deaths:,}",
        "faults of providers": _counts({str(name): count for name, count in ran.faults.items()}),
        "hours without any provider": f"{out / 3600:.0f}",
        "**violations**": f"**{len(found):,}**",
        "time for the year": f"{ran.seconds:,.0f} s, and {judging:,.0f} s for the judge",
        "messages a second, everything counted": f"{len(ran.year.arrivals) / ran.seconds:,.0f}",
    }


def _counts(of: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in of.items()) or "-"


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--customers", type=int, default=CUSTOMERS)
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--postgresql", action="store_true", help="on PostgreSQL instead of SQLite")
    given = asked.parse_args()
    sys.exit(bool(main(given.customers, given.seed, postgresql=given.postgresql)))
