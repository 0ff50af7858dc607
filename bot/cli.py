"""`goodterms`: the operator's commands."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from bot import demo as demos
from bot import migrations, processes
from bot.billing import importing
from bot.cli_agents import agents
from bot.cli_books import ledgers, reconciles
from bot.cli_customers import customers as customers_commands
from bot.cli_customers import retentions
from bot.cli_gate import gates
from bot.cli_learning import learns
from bot.cli_mail import mails
from bot.cli_outreach import outreaches
from bot.console import console, errors, plainly
from bot.db import database
from bot.settings import ROOT, Settings, settings

app = typer.Typer(
    help="Good Terms: settle overdue balances by chat, kindly.", no_args_is_help=True, add_completion=False
)
app.add_typer(agents, name="agents")
app.add_typer(gates, name="gate")
app.add_typer(customers_commands, name="customers")
app.add_typer(learns, name="learn")
app.add_typer(ledgers, name="ledger")
app.add_typer(mails, name="mail")
app.add_typer(outreaches, name="outreach")
app.add_typer(reconciles, name="reconcile")
app.add_typer(retentions, name="retention")


@app.command()
def migrate() -> None:
    """Bring the database to the newest shape."""
    with plainly():
        done = migrations.upgrade(database())
        console.print("The database has been brought up to date." if done else "The database was up to date.")


@app.command("import")
def import_(
    customers: Annotated[Path | None, typer.Option(help="customers.csv", exists=True, dir_okay=False)] = None,
    invoices: Annotated[Path | None, typer.Option(help="invoices.csv", exists=True, dir_okay=False)] = None,
    plans: Annotated[Path | None, typer.Option(help="plans.csv, running plans", exists=True, dir_okay=False)] = None,
    skip_bad: Annotated[bool, typer.Option(help="take the good rows and name the bad ones")] = False,
) -> None:
    """Load accounts. All or nothing per file unless --skip-bad; repeats change nothing; every bad row is named."""
    with plainly(), _bar() as progress:
        bars: dict[str, TaskID] = {}

        def show(name: str, done: int, size: int) -> None:
            if name not in bars:
                bars[name] = progress.add_task(name, total=size)
            progress.update(bars[name], completed=done)

        reports = importing.import_files(database(), customers, invoices, plans, skip_bad=skip_bad, progress=show)
    for report in reports:
        counts = ", ".join(f"{count} {took}" for took, count in report.counts.items() if count) or "nothing"
        console.print(f"{report.name}: {counts}")
        for row in report.bad:
            errors.print(str(row))
    if any(report.bad for report in reports):
        raise typer.Exit(1)


@app.command()
def up() -> None:
    """Start every process on this machine, by the settings, and watch over them."""
    with plainly():
        own = settings()
        migrations.upgrade(database())
        _run(own, dict(os.environ), f"Good Terms is up at {own.public_url}; the desk is at {own.public_url}/desk")


@app.command()
def demo() -> None:
    """Start everything with demo customers and stand-ins for Stripe and Twilio."""
    with plainly():
        os.environ.update(demos.environment(Path(os.environ.get("GT_VAR") or ROOT / "var").resolve()))
        own = settings()
        processes.require_free("127.0.0.1", own.http_port, "GT_HTTP_PORT")
        processes.require_free("127.0.0.1", own.sandbox_port, "GT_SANDBOX_PORT")
        demos.follow_clock(own.var)
        demos.load(database())
        shop, desk, sandbox = f"{own.public_url}/shop", f"{own.public_url}/desk", f"http://127.0.0.1:{own.sandbox_port}"
        _run(
            own,
            dict(os.environ),
            "\n".join(
                (
                    "Good Terms is up.",
                    f"  A customer's view   {shop}      account GT-1001; the code is on Maya's phone",
                    f"  A customer's phone  {sandbox}/sandbox/phone   text messages and WhatsApp",
                    f"  A customer's mail   {sandbox}/sandbox/mailbox   e-mail",
                    f"  The agents' desk    {desk}      ana@example.com or sol@example.com, {demos.PASSWORD}",
                    f"  The sandbox         {sandbox}           Stripe, the banks, the clock",
                    f"Ctrl-C stops everything. All state is in {_short(own.var)}; delete that folder to start afresh.",
                )
            ),
        )


def _run(own: Settings, environment: dict[str, str], ready: str) -> None:
    rasa = processes.free_port(own.rasa_port)
    actions = processes.free_port(own.actions_port)
    if own.sandbox and own.smtp_host == demos.MAIL["GT_SMTP_HOST"]:
        environment["GT_SMTP_PORT"] = str(processes.free_port(own.smtp_port))
    environment |= {
        "GT_RASA_PORT": str(rasa),
        "GT_ACTIONS_PORT": str(actions),
        "GT_ACTIONS_URL": f"http://127.0.0.1:{actions}/webhook",
        "GT_TRACKER_URL": environment.get("GT_TRACKER_URL") or _tracker_url(own),
        "SANIC_HOST": "127.0.0.1",
        "RASA_TELEMETRY_ENABLED": "false",
    }
    started = processes.all_processes(own.var, sandbox=own.sandbox, http_host=own.http_host, http_port=own.http_port)
    names = ", ".join(process.name for process in started)
    console.print(f"Starting {names} … (logs in {_short(own.var / 'logs')})")
    supervisor = processes.Supervisor(started, environment, errors.print)
    host = "127.0.0.1" if own.http_host in ("0.0.0.0", "::") else own.http_host  # noqa: S104 - compared, not bound
    supervisor.run(f"http://{host}:{own.http_port}/healthz", lambda: console.print(ready))
    console.print("Everything has stopped.")


def _tracker_url(own: Settings) -> str:
    """Where Rasa keeps its dialogues: beside our own database, in Rasa's own dialect names."""
    if own.database_url.startswith("sqlite"):
        return f"sqlite:///{own.var / 'tracker.db'}"
    return own.database_url.replace("postgresql+psycopg://", "postgresql://", 1)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
    )


def _short(path: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


if __name__ == "__main__":
    app()
