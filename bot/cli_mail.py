"""`goodterms mail`: e-mail that a mail server brings."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bot import clock
from bot.channels.email import taking
from bot.console import console, errors
from bot.db import database
from bot.errors import GoodTermsError, InvalidInput
from bot.settings import settings

mails = typer.Typer(help="E-mail that comes to us.", no_args_is_help=True)

# What a mail server understands (sysexits.h): it gives this e-mail back, or tries again later.
DATA_ERROR, TRY_AGAIN = 65, 75


@mails.command("take")
def take(
    to: Annotated[str | None, typer.Option(help="the address to which it came, where the server knows it")] = None,
) -> None:
    """Take in one e-mail (RFC 5322) from the standard input, as a mail server's pipe brings it.

    Answers 0 once it is kept, 65 for what can never be taken, 75 for what is to be brought again later.
    """
    try:
        if settings().sandbox:
            clock.follow(settings().clock_file)
        outcome = taking.take(database(), sys.stdin.buffer.read(taking.LARGEST + 1), to)
    except InvalidInput as error:
        errors.print(error.message)
        raise typer.Exit(DATA_ERROR) from None
    except Exception as error:
        # Whatever it was, nothing is lost: the server keeps the e-mail. What it says goes back to whoever wrote (P7).
        told = error.message if isinstance(error, GoodTermsError) else "It cannot be taken at the moment."
        errors.print(told)
        raise typer.Exit(TRY_AGAIN) from None
    console.print(outcome)
