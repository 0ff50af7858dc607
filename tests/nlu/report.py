"""`make nlu-report`: how well the trained model hears sentences that it never saw. Runs in Rasa's interpreter.

Without arguments: the files of all languages, and their figures go into docs/nlu.md, between its two marks. With
`FILES="a.yml b.yml"`: those files, printed only.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits

from tests.nlu.figures import OUT_OF_SCOPE, Figures
from tests.nlu.floors import table
from tests.nlu.listener import Listener
from tests.nlu.sentences import SENSITIVE, Sentence, read

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "models" / "goodterms.tar.gz"
ENGLISH, OTHERS = ("development", "heldout", "mixed"), ("es_development", "es_heldout", "pt_development", "pt_heldout")
FILES = [Path(__file__).with_name(f"{name}.yml") for name in (*ENGLISH, *OTHERS)]
PAGE = ROOT / "docs" / "nlu.md"
BEGIN, END = "<!-- figures: written by make nlu-report -->\n", "<!-- end of the figures -->"
CONFUSIONS = 20
GUARDS = (0.2, 0.3, 0.4, 0.5, 0.6)
DOUBTS = (0.0, 0.2, 0.3, 0.4, 0.5)


def main(files: Sequence[str]) -> None:
    """Hears every sentence of every file, prints the figures, and keeps those of our own files in docs/nlu.md."""
    listener = Listener.of(MODEL)
    paths = [Path(name) for name in files] or FILES
    heard = {path.name: Figures(listener.hear(read([path]))[0], SENSITIVE) for path in paths}
    sections = [section(path.name, read([path]), listener) for path in paths]
    written = "\n".join([f"## All of them\n\n{table(heard)}", *sections])
    print(written)
    if not files:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{written}\n{END}{rest.partition(END)[2]}", "utf-8")


def section(title: str, sentences: Sequence[Sentence], listener: Listener) -> str:
    """The figures of one file as Markdown."""
    with threadpool_limits(1):
        listener.hear(sentences[:50])  # warm, and unmeasured
        heard, took = listener.hear(sentences)
        plain, _ = listener.with_settings(clause_thresholds={}).hear(sentences)
    figures, without = Figures(heard, SENSITIVE), Figures(plain, SENSITIVE)
    parts = [f"## {title}: {len(sentences)} sentences\n", _summary(figures, without, took)]
    parts += [_by_intent(figures, without), _confused(figures), _calibrated(figures)]
    parts += [_guarded(sentences, listener), _doubted(sentences, listener)]
    return "\n".join(parts)


def _summary(figures: Figures, without: Figures, took: Sequence[float]) -> str:
    times = statistics.quantiles(took, n=20)
    rows = [
        ("accuracy", figures.accuracy, without.accuracy),
        ("macro F1", f"{figures.macro_f1:.1f}", f"{without.macro_f1:.1f}"),
        ("sensitive, heard as what they are", figures.sensitive_recall(), without.sensitive_recall()),
        ("sensitive, heard as sensitive", figures.sensitive_at_all(), without.sensitive_at_all()),
        ("ordinary, heard as sensitive (false alarms)", figures.false_alarms(), without.false_alarms()),
        ("out of scope, recognised or in doubt", figures.recall(OUT_OF_SCOPE), without.recall(OUT_OF_SCOPE)),
        ("ours, taken for out of scope or in doubt", figures.wrongly_out_of_scope(), without.wrongly_out_of_scope()),
        ("… of these in doubt: the customer is asked again", figures.doubted(), without.doubted()),
        ("calibration error", f"{figures.calibration_error():.3f}", f"{without.calibration_error():.3f}"),
        ("milliseconds of one core: median, 95th percentile", f"{statistics.median(took):.2f}, {times[-1]:.2f}", ""),
    ]
    lines = [f"| {name} | {value} | {plain} |" for name, value, plain in rows]
    return "\n".join(["| | as shipped | whole message only |", "|---|---|---|", *lines, ""])


def _by_intent(figures: Figures, without: Figures) -> str:
    lines = []
    for intent in figures.intents:
        sensitive = intent in SENSITIVE
        alarms = f"{figures.false_alarms_of(intent)}" if sensitive else ""
        plain = f"{without.recall(intent).percent:.0f} %" if sensitive else ""
        name = f"**{intent}**" if sensitive else intent
        lines.append(f"| {name} | {figures.recall(intent)} | {plain} | {figures.precision(intent)} | {alarms} |")
    head = "| intent (sensitive ones bold) | recall | whole message only | precision | false alarms |"
    return "\n".join([head, "|---|---|---|---|---|", *lines, ""])


def _confused(figures: Figures) -> str:
    lines = [f"| {meant} | {heard} | {count} |" for meant, heard, count in figures.confusions(CONFUSIONS)]
    return "\n".join(["| meant | heard | times |", "|---|---|---|", *lines, ""])


def _calibrated(figures: Figures) -> str:
    lines = [f"| {sure:.2f} | {true:.2f} | {count} |" for sure, true, count in figures.calibration()]
    return "\n".join(["| mean confidence | share right | sentences |", "|---|---|---|", *lines, ""])


def _guarded(sentences: Sequence[Sentence], listener: Listener) -> str:
    lines = []
    for least in GUARDS:
        heard, _ = listener.with_settings(guard_threshold=least).hear(sentences)
        found = Figures(heard, SENSITIVE)
        recall, alarms = found.sensitive_recall(), found.false_alarms()
        lines.append(f"| {least:.1f} | {recall.percent:.1f} % | {alarms.percent:.1f} % |")
    head = "| guard threshold | sensitive, heard as what they are | false alarms |"
    return "\n".join([head, "|---|---|---|", *lines, ""])


def _doubted(sentences: Sequence[Sentence], listener: Listener) -> str:
    lines = []
    for least in DOUBTS:
        heard, _ = listener.with_settings(fallback_threshold=least).hear(sentences)
        found = Figures(heard, SENSITIVE)
        shares = found.accuracy, found.recall(OUT_OF_SCOPE), found.wrongly_out_of_scope(), found.doubted()
        lines.append(f"| {least:.1f} | " + " | ".join(f"{share.percent:.1f} %" for share in shares) + " |")
    head = "| doubt below | accuracy | out of scope, recognised | ours, lost to it or in doubt | ours, in doubt |"
    return "\n".join([head, "|---|---|---|---|---|", *lines, ""])


if __name__ == "__main__":
    main(sys.argv[1:])
