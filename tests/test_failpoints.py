"""Failpoints: each is one place in the source, kills once, and is nothing at all in production."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bot import failpoints
from bot.settings import ROOT, settings

CALL = re.compile(r"failpoints\.reach\(\s*(.*?)\s*\)")


def reaching(var: Path, name: str, *, sandbox: bool = True) -> subprocess.Popen[bytes]:
    """A process that comes to the failpoint `name`, and ends with 0 if it is still there afterwards."""
    environment = {
        "PATH": os.environ["PATH"],
        "GT_VAR": str(var),
        "GT_SECRET_KEY": "k" * 40,
        "GT_RASA_TOKEN": "t" * 40,
        "GT_SANDBOX": str(sandbox).lower(),
    }
    code = f"from bot import failpoints; failpoints.reach({name!r})"
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment)


def test_every_name_is_reached_at_one_place_and_every_place_has_a_name() -> None:
    files = [path for folder in ("bot", "actions") for path in sorted((ROOT / folder).rglob("*.py"))]
    calls = Counter(call for path in files for call in CALL.findall(path.read_text(encoding="utf-8")))
    assert calls == Counter(f'"{name}"' for name in failpoints.NAMES)


def test_of_processes_that_reach_an_armed_point_at_once_one_dies_and_the_point_is_armed_no_more(tmp_path: Path) -> None:
    failpoints.armed(tmp_path).write_text("event.settled")
    started = [reaching(tmp_path, "event.settled") for _ in range(4)]
    assert sorted(process.wait(30) for process in started) == [-signal.SIGKILL, 0, 0, 0]
    assert not failpoints.armed(tmp_path).exists()


@pytest.mark.parametrize("armed", ["event.settle", "event.settled.x", ""])
def test_another_name_kills_nobody(tmp_path: Path, armed: str) -> None:
    failpoints.armed(tmp_path).write_text(armed)
    assert reaching(tmp_path, "event.settled").wait(30) == 0
    assert failpoints.armed(tmp_path).exists()


def test_without_the_sandbox_an_armed_point_is_nothing(tmp_path: Path) -> None:
    failpoints.armed(tmp_path).write_text("event.settled")
    assert reaching(tmp_path, "event.settled", sandbox=False).wait(30) == 0
    assert not settings().sandbox
    failpoints.armed(settings().var).write_text("event.settled")
    failpoints.reach("event.settled")
    assert failpoints.armed(tmp_path).exists()
    failpoints.armed(settings().var).unlink()
