"""`goodterms customers` and `goodterms retention`: a copy of what is kept about one, and erasures."""

from __future__ import annotations

import asyncio
import os
import uuid
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from bot import clock, logs
from bot.console import console, plainly
from bot.conversations.dialogue import Rasa
from bot.conversations.rights import data_copy, erasure, retention
from bot.db import database
from bot.desk import audit
from bot.errors import Conflict, NotFound
from bot.models import Customer, Erasure, ErasureScope, ErasureStatus
from bot.models.customer import account_key
from bot.settings import settings

customers = typer.Typer(help="What is kept about a customer.", no_args_is_help=True)
retentions = typer.Typer(help="How long is kept what.", no_args_is_help=True)

Account = Annotated[str, typer.Argument(help="the account number")]


@customers.command("export")
def export(account: Account, to: Annotated[Path, typer.Option(help="the ZIP to write", dir_okay=False)]) -> None:
    """Write a copy of everything that is kept about a customer, for whoever runs this to read and nobody else."""
    with plainly():
        _begin()
        customer_id = _find(account)
        if to.exists():
            raise Conflict(f"{to} is there already.")
        pieces = data_copy.data_copy(database(), customer_id)
        with open(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with database().transaction() as session:
                audit.record(session, None, "customer.exported", f"customer:{customer_id}")
            file.writelines(pieces)
    console.print(f"Written to {to}. It is personal: give it to nobody but them.", markup=False)


@customers.command("erase")
def erase(
    account: Account,
    reason: Annotated[str, typer.Option(help="why, for whoever looks at it later")],
    words_only: Annotated[bool, typer.Option(help="only what was said, sent and rated")] = False,
) -> None:
    """Forget a customer, save what the law asks to keep. It can't be taken back."""
    with plainly():
        _begin()
        customer_id = _find(account)
        typed = typer.prompt("This can't be taken back. Type the account number again to go on")
        if account_key(typed) != account_key(account):
            raise Conflict("That is another account number. Nothing was erased.")
        scope = ErasureScope.WORDS if words_only else ErasureScope.EVERYTHING
        with database().transaction() as session:
            asked = erasure.ask(session, None, customer_id, scope, reason, client_id=uuid.uuid4())
            if asked.status == ErasureStatus.ASKED:
                raise Conflict("An erasure waits at the desk: a supervisor approves or refuses it there.")
            audit.record(session, None, "erasure.approved", f"customer:{customer_id}", erasure=str(asked.id))
        if not erasure.carry_on(database(), asked.id):
            console.print(
                "Not yet: something is on its way to them or being answered. The worker erases it afterwards."
            )
            return
        asyncio.run(_forget())
        with database().reading() as session:
            is_done = session.get_one(Erasure, asked.id).status == ErasureStatus.DONE
    rest = "" if is_done else " The assistant can't be reached; the worker has it forget as soon as it can be."
    console.print(f"Erased.{rest}")


@retentions.command("sweep")
def sweep(
    dry_run: Annotated[bool, typer.Option(help="say how many, and erase nothing")] = False,
) -> None:
    """Erase every customer who owes nothing and of whom nothing was heard for as long as the law asks to keep."""
    with plainly():
        _begin()
        with database().reading() as session:
            due = retention.due(session)
        if not dry_run:
            erased = sum(retention.erase(database(), customer_id) for customer_id in due)
            asyncio.run(_forget())
            console.print(f"{erased} erased.")
        else:
            console.print(f"{len(due)} to erase.")


async def _forget() -> None:
    dialogue = Rasa(settings())
    try:
        await erasure.sweep(database(), dialogue)
    finally:
        await dialogue.aclose()


def _begin() -> None:
    own = settings()
    logs.configure(own.log_level)
    if own.sandbox:
        clock.follow(own.clock_file)


def _find(account: str) -> uuid.UUID:
    with database().reading() as session:
        named = sa.select(Customer.id).where(Customer.account_key == account_key(account))
        found = session.scalars(named).first()
    if found is None:
        raise NotFound("There is no customer with this account number.")
    return found
