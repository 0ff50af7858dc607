"""`goodterms gate`: what may be sent to a customer now, and why not."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import typer
from rich.markup import escape
from rich.table import Table

from bot import clock
from bot.console import console, plainly
from bot.db import database
from bot.errors import InvalidInput, NotFound
from bot.models import Customer, Medium
from bot.models.customer import account_key
from bot.outreach import forecast, gate
from bot.outreach.gate import Decision, Rule, Situation
from bot.outreach.situations import situation_of
from bot.settings import settings

gates = typer.Typer(help="What we begin: whether it may go out.", no_args_is_help=True)

NEXT = 5
MEDIA = (Medium.SMS, Medium.WHATSAPP, Medium.EMAIL)
SENTENCES = {
    Rule.PAUSED: "everything that we begin is paused (policies/outreach.yml)",
    Rule.NO_ADDRESS: "no address is on file",
    Rule.HELD: "a hold stops it: {holds} (C8, P4)",
    Rule.REFUSED: "it was refused there (C4, C5)",
    Rule.NO_OPT_IN: "nobody has said yes to it there (C14)",
    Rule.UNWANTED: "the customer doesn't want this medium (C7)",
    Rule.NO_TEMPLATE: "WhatsApp's window is closed and no template carries it (T4)",
    Rule.LIVE: "a conversation is under way",
    Rule.PREFERENCE: "not at a time that the customer wants (C7)",
    Rule.CAP: "enough was sent of late (C2)",
    Rule.HOURS: "not at this hour where the customer may be (C1)",
    Rule.MAY_GO: "may go out",
}


@gates.command("explain")
def explain(
    account: Annotated[str, typer.Argument(help="an account number, like GT-1001")],
    at: Annotated[
        str | None, typer.Option(help="an instant like 2026-12-01T09:00-06:00; now, if it is left out")
    ] = None,
) -> None:
    """Say for each medium whether a reminder may go out, which rule decides, and when it may, as things stand; and what
    is next in the cadence."""
    with plainly():
        if settings().sandbox:
            clock.follow(settings().clock_file)
        moment = _instant(at) if at else clock.now()
        with database().reading() as session:
            customer = session.scalar(sa.select(Customer).where(Customer.account_key == account_key(account)))
            if customer is None:
                raise NotFound(f"There is no account {account}.")
            found = [situation_of(session, customer, medium, has_template=True) for medium in MEDIA]
            zone = ZoneInfo(customer.time_zone)
            today, ahead = forecast.today(session, customer), forecast.ahead(session, customer)
    law = found[0].law
    console.print(f"{escape(account)}: {law.title}, version {law.version}; zones {', '.join(sorted(found[0].zones))}")
    table = Table("by", "now", "because", "may go from")
    for situation in found:
        decision = gate.decide(situation, moment)
        table.add_row(
            situation.medium,
            "yes" if decision.may_go else "no",
            escape(_because(situation, decision)),
            _from(situation, moment, zone),
        )
    console.print(table)
    for entry in today:
        console.print(f"Today, about {entry.due_on}: {entry.kind} {entry.step:+d} {entry.fate}, {entry.rule}.")
    for day, kind, step in ahead[:NEXT]:
        console.print(f"Next in the cadence: {kind} {step:+d} on {day}.")
    if not today and not ahead:
        console.print("Nothing in the cadence is ahead.")


def _instant(text: str) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"--at: an instant like 2026-12-01T09:00-06:00 is expected, not {text}.") from None
    if instant.tzinfo is None:
        raise InvalidInput("--at: say the offset too, like 2026-12-01T09:00-06:00.")
    return instant.astimezone(dt.UTC)


def _because(situation: Situation, decision: Decision) -> str:
    return SENTENCES[decision.rule].format(holds=", ".join(sorted(situation.holds)))


def _from(situation: Situation, at: dt.datetime, zone: ZoneInfo) -> str:
    first = gate.next_at(situation, at)
    return f"{first.astimezone(zone):%a %-d %b %Y, %H:%M %Z}" if first else "-"
