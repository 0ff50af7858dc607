"""`goodterms outreach`: what would go out on a day, and the switch that pauses all of it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import typer
from rich.markup import escape
from rich.table import Table
from sqlalchemy.orm import Session

from bot import cli_templates, clock
from bot.console import console, plainly
from bot.db import database
from bot.desk import audit
from bot.errors import InvalidInput, NotFound
from bot.models import Customer
from bot.models.customer import account_key
from bot.outreach import forecast, pauses
from bot.outreach.forecast import Entry
from bot.outreach.planning import Fate
from bot.settings import settings

outreaches = typer.Typer(help="Messages that we begin: what would go out, and pauses.", no_args_is_help=True)
cli_templates.register(outreaches)

Account = Annotated[str | None, typer.Option(help="an account number, like GT-1001; everybody, if it is left out")]

WHYS = {
    "may_go": "goes",
    "together": "in the same message",
    "paused": "paused by a person, or in policies/outreach.yml",
    "no_address": "no address on file",
    "held": "a hold stops it (C8, P4)",
    "refused": "refused there (C4, C5)",
    "no_opt_in": "nobody said yes to it there (C14)",
    "unwanted": "not wanted by this medium (C7)",
    "no_template": "no template carries it (T4)",
    "live": "a conversation is under way",
    "preference": "not at a time that they want (C7)",
    "cap": "enough was sent of late (C2)",
    "hours": "not within the hours (C1)",
    "one_a_day": "another message that day",
    "no_medium": "no medium is switched on",
    "disputed": "disputed (C9)",
    "in_plan": "in a plan",
    "autopay": "autopay takes it",
    "nothing_due": "nothing is due",
    "answered": "they wrote of late",
    "paid": "they paid of late",
    "person": "they asked for a person",
    "plan_talk": "a plan is being talked about",
    "promised": "promised for a day to come",
    "case": "a case is open",
}


@outreaches.command("plan")
def plan(
    on: Annotated[str | None, typer.Option(help="a day like 2026-12-01; today, if it is left out")] = None,
    account: Account = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line, for programs")] = False,
) -> None:
    """A dry run: who would get what on a day, when, by which medium, in which language, and what holds the rest back.

    Nothing is sent or written down. It is true as things stand: what is said, paid or sent until then changes it.
    """
    with plainly():
        _follow()
        day = _day(on) if on else clock.now().date()
        if account is not None:
            with database().reading() as session:
                _customer(session, account)
        entries = forecast.on(database(), day, [account_key(account)] if account else [])
        if as_json:
            for entry in entries:
                typer.echo(json.dumps(_plain(entry)))
            return
        _table(list(entries), day)


@outreaches.command("pause")
def pause(
    account: Account = None,
    until: Annotated[str | None, typer.Option(help="the first day on which it goes on; until `resume`, else")] = None,
    reason: Annotated[str, typer.Option(help="for whoever looks at it later")] = "paused by the operator",
) -> None:
    """Begin nothing any more, with one customer or with anybody; answers still go. Pausing again changes the end."""
    with plainly(), database().transaction() as session:
        _follow()
        customer = _customer(session, account) if account else None
        zone = ZoneInfo(customer.time_zone) if customer else dt.UTC
        end = dt.datetime.combine(_day(until), dt.time(), zone) if until else None
        row, _ = pauses.pause(session, customer, reason=reason, until=end)
        ends = row.until.isoformat() if row.until else None
        audit.record(session, None, "outreach.paused", _whose(customer), until=ends)
    whom = escape(account) if account else "anybody"
    console.print(f"Nothing is begun with {whom} until {until or 'you resume it'}.")


@outreaches.command("resume")
def resume(account: Account = None) -> None:
    """End the pause of one customer, or the one for everybody. What was missed meanwhile is not made up for."""
    with plainly(), database().transaction() as session:
        _follow()
        customer = _customer(session, account) if account else None
        ended = pauses.resume(session, customer)
        if ended:
            audit.record(session, None, "outreach.resumed", _whose(customer))
        left = pauses.binding(session, customer)
    whom = escape(account) if account else "everybody"
    console.print(f"Reminders go on for {whom}." if ended else f"Nothing was paused for {whom}.")
    if left:
        console.print("All of outreach is still paused: goodterms outreach resume.")


def _follow() -> None:
    if settings().sandbox:
        clock.follow(settings().clock_file)


def _whose(customer: Customer | None) -> str:
    return f"customer:{customer.id}" if customer else "outreach"


def _customer(session: Session, account: str) -> Customer:
    customer = session.scalar(sa.select(Customer).where(Customer.account_key == account_key(account)))
    if customer is None:
        raise NotFound(f"There is no account {account}.")
    return customer


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"A day like 2026-12-01 is expected, not {text}.") from None


def _table(entries: list[Entry], day: dt.date) -> None:
    table = Table("account", "about", "day of it", "what", "when, there", "by", "language", "why")
    for entry in entries:
        table.add_row(
            escape(entry.account),
            f"{entry.kind} {entry.step:+d}" if entry.step else str(entry.kind),
            entry.due_on.isoformat(),
            str(entry.fate),
            f"{entry.at.astimezone(ZoneInfo(entry.zone)):%Y-%m-%d %H:%M}" if entry.at else "-",
            entry.medium or "-",
            entry.language,
            WHYS.get(entry.rule, entry.rule),
        )
    if entries:
        console.print(table)
    counts = {fate: sum(entry.fate is fate for entry in entries) for fate in Fate}
    console.print(
        f"{day.isoformat()}: {counts[Fate.GOES]} would go, {counts[Fate.WAITS]} would wait, "
        f"{counts[Fate.SKIPPED]} would be skipped."
    )


def _plain(entry: Entry) -> dict[str, Any]:
    return {
        "account": entry.account,
        "kind": entry.kind,
        "step": entry.step,
        "due_on": entry.due_on.isoformat(),
        "fate": entry.fate,
        "rule": entry.rule,
        "at": entry.at.isoformat() if entry.at else None,
        "zone": entry.zone,
        "medium": entry.medium,
        "language": entry.language,
    }
