"""The operator's terminal: what commands print, and errors as a sentence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import typer
from rich.console import Console

from bot.errors import GoodTermsError

console = Console(soft_wrap=True, highlight=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False)


@contextlib.contextmanager
def plainly() -> Iterator[None]:
    """Errors of ours are a sentence for the operator, not a traceback; the command ends with 1."""
    try:
        yield
    except GoodTermsError as error:
        errors.print(error.message)
        raise typer.Exit(1) from error
