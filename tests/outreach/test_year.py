"""A small simulated year: whatever two hundred people do, whoever dies and whatever fails, the judge, who knows the
rules and not the gate, finds no message that breaks one, none sent twice and none lost (C1 to C9, C14, P1, K3, K10).

With 20,000 people it is `python -m benchmarks.outreach_year`; docs/outreach.md says what is judged.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.outreach_year import judge, year
from benchmarks.outreach_year.__main__ import SETTINGS
from bot.settings import settings
from tests.database import SqliteTemplate

CUSTOMERS, SEED = 200, 11


@pytest.mark.slow
def test_no_rule_is_broken_in_a_year_and_nothing_is_doubled_or_lost(
    sqlite_template: SqliteTemplate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    with sqlite_template.fresh(tmp_path) as url:
        ran = year.run(url, CUSTOMERS, SEED, odds=20)
    settings.cache_clear()
    assert judge.violations(ran.year) == []
    # And it was a year in which there was something to break.
    assert len(ran.year.arrivals) > CUSTOMERS
    assert min(ran.deaths, ran.pairs, ran.done, sum(ran.faults.values()), len(ran.decided)) > 5
    assert {one.medium for one in ran.year.arrivals} == {"sms", "whatsapp", "email"}
