"""The house's own rules: imports go down the layers; only one module may know each outside service."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from bot.settings import ROOT

OURS = [path for folder in ("bot", "actions", "sandbox") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_imports_go_down_the_layers() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-4000:]


def test_commit_stands_in_db_alone() -> None:
    committing = [path for path in OURS if re.search(r"\.commit\(", path.read_text())]
    assert {path.relative_to(ROOT).as_posix() for path in committing if "inside_rasa" not in path.parts} - {
        "sandbox/store.py"
    } == {"bot/db.py"}


def test_each_outside_library_has_one_importer() -> None:
    for library, folder in {"stripe": "bot/billing/stripe", "rasa_sdk": "actions/", "rasa": "bot/inside_rasa/"}.items():
        for path in OURS:
            name = path.relative_to(ROOT).as_posix()
            if re.search(rf"^\s*(?:import|from) {library}(?:\.|\s)", path.read_text(), re.MULTILINE):
                assert name.startswith(folder), f"{name} imports {library}"
