"""`make test`: everything, in both interpreters. Prints what failed, and one line with the sum at the end.

Two things run at a time. Rasa's own checks, and then a part of our units, run beside the other units; their output is
shown when they are done. What starts whole products and browsers comes after, alone.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RASA = str(ROOT / ".venv-rasa" / "bin" / "python")
# So many that both sides take about as long on two cores.
BESIDE = ("billing", "channels")
SHOWN_LINES = 400
QUIET = {"RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


@dataclass
class Step:
    """One command. `counts` tells that pytest's closing line is to be added to the sum."""

    title: str
    command: list[str]
    counts: bool = False
    code: int = 1
    output: str = ""
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def run(self, environment: dict[str, str], *, aloud: bool) -> None:
        """Run it; `aloud` shows the output as it comes."""
        began = time.monotonic()
        process = subprocess.Popen(
            self.command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        for line in process.stdout:
            self.output += line
            if aloud:
                print(line, end="", flush=True)
        self.code = process.wait()
        self.seconds = time.monotonic() - began
        if self.counts:
            for name in ("passed", "failed", "skipped"):
                found = re.findall(rf"(\d+) {name}", self.output)
                setattr(self, name, int(found[-1]) if found else 0)
            self.failed += sum(int(count) for count in re.findall(r"(\d+) error", self.output)[-1:])
        else:
            self.passed, self.failed = (1, 0) if self.code == 0 else (0, 1)


@dataclass
class Beside:
    """Steps that run in the background, one after the other."""

    steps: list[Step]
    environment: dict[str, str]
    thread: threading.Thread = field(init=False)

    def start(self) -> None:
        """Begin."""
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def show(self) -> None:
        """Wait until all are done, and print how each ended; of a failed one all that it said of failures."""
        self.thread.join()
        for step in self.steps:
            end = step.output.splitlines()[-1 if step.code == 0 else -SHOWN_LINES :]
            print(f"\n--- {step.title}", *end, sep="\n", flush=True)

    def _run(self) -> None:
        for step in self.steps:
            step.run(self.environment, aloud=False)


def main() -> int:
    """Run all; 0 when nothing failed and, with GT_TEST_REQUIRE_ALL, nothing was skipped."""
    environment = os.environ | QUIET
    pytest = [sys.executable, "-m", "pytest", "-q", "-ra", "--durations=5"]
    beside_folders = [f"tests/{folder}" for folder in BESIDE]
    stories = "tests/conversations/stories"
    with tempfile.TemporaryDirectory() as results:
        beside = Beside(
            [
                Step("rasa data validate", [RASA, "-m", "rasa", "data", "validate", "--fail-on-warnings"]),
                Step(
                    "rasa test core",
                    [
                        *(RASA, "-m", "rasa", "test", "core", "--e2e", "--stories", stories),
                        *("--fail-on-prediction-errors", "--no-plot", "--out", results),
                    ],
                ),
                Step("inside Rasa", [RASA, "-m", "pytest", "-q", "tests/inside_rasa"], counts=True),
                Step(f"units of {', '.join(BESIDE)}", [*pytest, *beside_folders], counts=True),
            ],
            environment,
        )
        beside.start()
        # Playwright keeps an event loop of its own running, so the browser's tests have a process of their own.
        elsewhere = [f"--ignore=tests/{folder}" for folder in ("browser", "end_to_end", *BESIDE)]
        ours = [
            Step("units and contracts", [*pytest, *elsewhere], counts=True),
            Step("end to end", [*pytest, "tests/end_to_end"], counts=True),
            Step("in a browser", [*pytest, "tests/browser"], counts=True),
        ]
        for step in ours:
            print(f"--- {step.title}", flush=True)
            step.run(environment, aloud=True)
            if step is ours[0]:
                beside.show()
    return _sum([*ours, *beside.steps])


def _sum(steps: list[Step]) -> int:
    print("")
    for step in steps:
        print(f"{'ok    ' if step.code == 0 else 'FAILED'} {step.title}, {step.seconds:.0f} s")
    passed, failed, skipped = (sum(getattr(step, name) for step in steps) for name in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    if skipped and os.environ.get("GT_TEST_REQUIRE_ALL"):
        print("Nothing may be skipped here (GT_TEST_REQUIRE_ALL).")
        return 1
    return 0 if all(step.code == 0 for step in steps) else 1


if __name__ == "__main__":
    raise SystemExit(main())
