"""Below what understanding in English must not fall on sentences that it never saw, and what the other languages are
held against; percentages. The goals are higher (docs/nlu.md)."""

from __future__ import annotations

from tests.nlu.figures import Figures

ACCURACY = 93.0
SENSITIVE_AT_ALL = 98.5
SENSITIVE_RECALL = 97.0
FALSE_ALARMS = 3.5
OUT_OF_SCOPE = 88.0
LOST = 2.0
CALIBRATION_ERROR = 0.03

COLUMNS = (
    "file", "accuracy", "macro F1", "sensitive, any", "as what it is", "crisis", "false alarms", "out of scope", "lost"
)  # fmt: skip
HEAD = f"| {' | '.join(COLUMNS)} |"
FLOORS = (
    f"| *floor* | ≥ {ACCURACY} | ≥ {ACCURACY} | ≥ {SENSITIVE_AT_ALL} | ≥ {SENSITIVE_RECALL} | ≥ {SENSITIVE_RECALL} "
    f"| ≤ {FALSE_ALARMS} | ≥ {OUT_OF_SCOPE} | ≤ {LOST} |"
)


def line(name: str, figures: Figures) -> str:
    """One file's figures under `HEAD`, those below a floor in bold."""
    reached = (
        (figures.accuracy.percent, ACCURACY),
        (figures.macro_f1, ACCURACY),
        (figures.sensitive_at_all().percent, SENSITIVE_AT_ALL),
        (figures.sensitive_recall().percent, SENSITIVE_RECALL),
        (figures.recall("express_crisis").percent, SENSITIVE_RECALL),
        (-figures.false_alarms().percent, -FALSE_ALARMS),
        (figures.recall("out_of_scope").percent, OUT_OF_SCOPE),
        (-figures.wrongly_out_of_scope().percent, -LOST),
    )
    cells = [f"{abs(share):.1f}" if share >= floor else f"**{abs(share):.1f}**" for share, floor in reached]
    return f"| {name} | {' | '.join(cells)} |"


def table(files: dict[str, Figures]) -> str:
    """All files beside the floors, as Markdown."""
    rows = [line(name, figures) for name, figures in files.items()]
    return "\n".join([HEAD, "|" + "---|" * 9, FLOORS, *rows, ""])
