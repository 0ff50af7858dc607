"""`goodterms ledger` and `goodterms reconcile`: whether the books are right, and what does not agree with Stripe's."""

from __future__ import annotations

import getpass
import uuid
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from bot import clock, logs
from bot.billing import reconciliation
from bot.billing.stripe import gateway
from bot.billing.trial_balance import Wrong, trial_balance
from bot.console import console, errors, plainly
from bot.conversations import books, missed_events, stripe_sweep
from bot.db import database
from bot.models import Mismatch
from bot.settings import settings

ledgers = typer.Typer(help="The ledger.", no_args_is_help=True)
reconciles = typer.Typer(help="Our books beside Stripe's: what differs, and why.", invoke_without_command=True)

SENTENCES = {
    Wrong.UNBALANCED: "{currency} does not balance: {example}",
    Wrong.INVOICE_BELOW_ZERO: "{currency}: more was taken than was owed on {count} invoice(s), {example} among them",
    Wrong.CREDIT_ABOVE_ZERO: "{currency}: {count} credit(s) owe us, {example} among them",
    Wrong.REVERSED_TOO_MUCH: "{currency}: {count} posting(s) were undone by more than they moved, {example} among them",
}


@ledgers.command("check")
def ledger_check() -> None:
    """Prove that the postings balance, by currency, and that no account is on the wrong side of zero."""
    with plainly(), database().reading() as session:
        trial = trial_balance(session)
    for currency, sums in sorted(trial.sums.items()):
        parts = ", ".join(f"{name} {minor}" for name, minor in sorted(sums.items()))
        console.print(f"{currency} balances: {parts} (minor units)")
    for fault in trial.faults:
        errors.print(
            SENTENCES[fault.wrong].format(currency=fault.currency, count=fault.count, example=fault.example),
            markup=False,
        )
    if trial.faults:
        raise typer.Exit(1)


@reconciles.callback()
def reconcile(context: typer.Context) -> None:
    """Ask Stripe for everything since the last time, repair what a lost webhook left behind, and list what differs."""
    if context.invoked_subcommand is not None:
        return
    with plainly():
        own = settings()
        logs.configure(own.log_level)
        if own.sandbox:
            clock.follow(own.clock_file)
        db, stripe = database(), gateway(own)
        told = [*stripe_sweep.sweep(db, stripe), *missed_events.catch_up(db, stripe)]
        outcome = books.compare(db, stripe)
    if outcome is None:
        console.print("Another process compares the books at this moment. This is what was known before:")
    else:
        console.print(f"{outcome.looked_at} payments were compared with Stripe.")
        if told or outcome.told:
            console.print(f"{len({*told, *outcome.told})} customers were told of a payment that we had not heard of.")
        for subject in sorted(outcome.repaired):
            console.print(f"repaired: {subject}", markup=False)
    _show(open_only=True)


@reconciles.command("list")
def reconcile_list(
    all_: Annotated[bool, typer.Option("--all", help="with those that were repaired or resolved")] = False,
) -> None:
    """List every open mismatch, without asking Stripe."""
    _show(open_only=not all_)


@reconciles.command("resolve")
def reconcile_resolve(
    id: uuid.UUID,
    note: Annotated[str, typer.Option(help="why the books differ, or what was done about it")],
    by: Annotated[str | None, typer.Option(help="who says so; who is signed in to this machine, if left out")] = None,
) -> None:
    """Close a mismatch by a person's word. It opens again if what differs changes."""
    with plainly(), database().transaction() as session:
        reconciliation.resolve(session, id, by or getpass.getuser(), note)
    console.print(f"{id} is resolved.")


def _show(*, open_only: bool) -> None:
    """Print a table of mismatches; end with 1 when one of them is open."""
    with plainly(), database().reading() as session:
        rows = reconciliation.listing(session, open_only=open_only)
    if rows:
        table = Table("id", "kind", "subject", "ours", "Stripe's", "since", "status", box=None)
        for row in rows:
            since = row.first_seen_at.strftime("%Y-%m-%d %H:%M")
            said = _amount(row.ours), _amount(row.theirs), since, _status(row)
            # What a person or Stripe wrote is no markup.
            table.add_row(*map(escape, (str(row.id), row.kind, row.subject, *said, _status(row))))
        console.print(table)
    open_ = sum(row.resolved_at is None for row in rows)
    console.print(f"{open_} mismatches are open." if open_ else "Nothing is open: the books agree.")
    if open_:
        raise typer.Exit(1)


def _amount(said: dict[str, Any] | None) -> str:
    if said is None or "amount" not in said:
        return "-"
    return f"{said['amount']} {said['currency']}"


def _status(row: Mismatch) -> str:
    return f"{row.status} by {row.resolved_by}: {row.note}" if row.resolved_by else str(row.status)
