"""`goodterms learn`: what people corrected at the desk becomes training data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.console import console, plainly
from bot.db import database
from bot.desk.learning.export import export
from bot.settings import ROOT, settings

learns = typer.Typer(help="What people corrected at the desk.", no_args_is_help=True)


@learns.callback()
def learn() -> None:
    """What people corrected at the desk."""


@learns.command("export")
def export_(
    to: Annotated[
        Path, typer.Option(help="the training file; other languages in their folders beside it", dir_okay=False)
    ] = ROOT / "data/nlu/reviewed.yml",
    answers: Annotated[
        Path | None, typer.Option(help="the list of better answers; better-answers.md in GT_VAR", dir_okay=False)
    ] = None,
) -> None:
    """Write what was accepted since the last time as training examples, and better answers as a list.

    Run twice it changes nothing. What is trained on already, or measured with, is left out and named.
    """
    listed = answers or settings().var / "better-answers.md"
    with plainly():
        done = export(database(), to=to, answers=listed, training=ROOT / "data/nlu", measuring=ROOT / "tests/nlu")
    for intent, count in sorted(done.added.items()):
        _say(f"{intent}: {count} new {'sentence' if count == 1 else 'sentences'}")
    for text, why in done.left_out:
        _say(f"Left out “{text}”: {why}.")
    if done.answers:
        _say(f"Better answers for domain.yml: {done.answers}, in {listed}")
    if done.added:
        _say(f"Written to {to}. Now run `make model`, then `make nlu-report` to see what they change.")
    elif not done.changed:
        _say("Nothing has been accepted since the last time.")


def _say(text: str) -> None:
    console.print(text, markup=False)
