"""`goodterms outreach preview` and `variants`: what would be written, and which of two wordings does better."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.markup import escape
from rich.table import Table

from bot import clock, policies
from bot.console import console, plainly
from bot.db import database
from bot.errors import InvalidInput, NotFound
from bot.models import Customer, Medium
from bot.models.customer import account_key
from bot.outreach import preview as previews
from bot.outreach import tones, variant_figures
from bot.outreach.preview import Preview
from bot.outreach.templates import Register
from bot.outreach.variant_figures import Comparison, Figures
from bot.outreach.variant_proportions import Share
from bot.policies import Tone
from bot.policies.template import STEPS
from bot.settings import settings


def register(outreach: typer.Typer) -> None:
    """Add the commands of this file to `goodterms outreach`."""
    outreach.command("preview")(preview)
    outreach.command("variants")(variants)


def preview(
    kind: Annotated[str, typer.Option(help=", ".join(STEPS))] = "invoice",
    step: Annotated[int | None, typer.Option(help="days from its day; all, if it is left out")] = None,
    language: Annotated[str, typer.Option(help="en, es, pt; the account's, if one is given")] = "",
    tone: Annotated[str, typer.Option(help="friendly, formal, family; the customer's, if it is left out")] = "",
    medium: Annotated[str, typer.Option(help="sms, whatsapp, email")] = "sms",
    register: Annotated[Register, typer.Option(help="private: to who has not proven who they are")] = Register.OPEN,
    variant: Annotated[str, typer.Option(help="a, or b where one is tried")] = "a",
    account: Annotated[str | None, typer.Option(help="an account number, like GT-1001")] = None,
    every: Annotated[bool, typer.Option("--all", help="every message there is, and only its faults")] = False,
) -> None:
    """Print what would be sent, with its segments and how easily it is read. Amounts and days are examples."""
    with plainly():
        policies.check_all()
        if every:
            _faults()
            return
        customer = _customer(account) if account else None
        spoken = language or (customer.language if customer else "en")
        spoken_tone = _tone(tone, customer, spoken)
        if kind not in STEPS:
            raise InvalidInput(f"--kind: one of {', '.join(STEPS)} is expected, not {kind}.")
        if step is not None and step not in STEPS[kind]:
            raise InvalidInput(f"--step: one of {', '.join(map(str, STEPS[kind]))} is expected for {kind}.")
        if medium not in list(previews.MEDIA):
            raise InvalidInput(f"--medium: one of {', '.join(previews.MEDIA)} is expected, not {medium}.")
        for one in STEPS[kind] if step is None else (step,):
            _show(
                previews.preview(
                    kind, one, Medium(medium), spoken, spoken_tone, register, customer=customer, variant=variant
                )
            )


def variants(
    since: Annotated[str | None, typer.Option(help="a date like 2026-11-01; all, if it is left out")] = None,
) -> None:
    """How many answered and paid after each of two wordings, and whether they differ by more than chance."""
    with plainly():
        if settings().sandbox:
            clock.follow(settings().clock_file)
        with database().reading() as session:
            figures = variant_figures.of(session, _day(since))
        if not figures:
            console.print("Nothing was sent yet, so there is nothing to compare.")
            return
        table = Table("kind", "wording", "people", "answered (95 %)", "paid (95 %)")
        for one in figures:
            people = str(max(one.answered.of, one.paid.of))
            table.add_row(one.kind, one.variant, people, _share(one.answered), _share(one.paid))
        console.print(table)
        for line in map(_verdict, variant_figures.comparisons(figures)):
            console.print(line)
        _holdout(figures)


def _customer(account: str) -> Customer:
    with database().reading() as session:
        customer = session.scalar(sa.select(Customer).where(Customer.account_key == account_key(account)))
        if customer is None:
            raise NotFound(f"There is no account {account}.")
        session.expunge(customer)
        return customer


def _tone(given: str, customer: Customer | None, language: str) -> Tone:
    if given:
        if given not in list(Tone):
            raise InvalidInput(f"--tone: one of {', '.join(Tone)} is expected, not {given}.")
        return Tone(given)
    if customer is None:
        return tones.usual("", language)
    with database().reading() as session:
        return tones.of(session, customer, language)


def _show(one: Preview) -> None:
    head = f"{one.kind} {one.step:+d} · {one.medium} · {one.language} · {one.tone} · {one.register}"
    console.rule(head.replace("+0", "0"), align="left")
    if one.rendered.subject:
        console.print(f"Subject: {escape(one.rendered.subject)}", soft_wrap=True)
    console.print(escape(one.shown), soft_wrap=True)
    for button in one.rendered.buttons or []:
        console.print(escape(f"[{button['title']}]"))
    facts = [f"{len(one.shown)} characters"]
    if one.segments is not None:
        facts.append(f"{one.segments} segment{'s' if one.segments != 1 else ''}")
    if one.grade is not None:
        facts.append(f"{one.grade.measure.name} {one.grade.value:.1f}")
    console.print(" · ".join(facts), style="dim")
    for fault in one.faults:
        console.print(escape(f"Mend this: {fault}"))


def _faults() -> None:
    count = faulty = 0
    for one in previews.every():
        count += 1
        faulty += bool(one.faults)
        for fault in one.faults:
            console.print(escape(f"{one.rendered.name}, {one.medium}: {fault}"), soft_wrap=True)
    console.print(f"{count} messages, {faulty} to mend.")
    if faulty:
        raise typer.Exit(1)


def _day(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)
    except ValueError:
        raise InvalidInput(f"--since: a date like 2026-11-01 is expected, not {text}.") from None


def _share(share: Share) -> str:
    if not share.of:
        return "too early"
    low, high = share.interval
    return f"{share.hits} of {share.of}, {share.rate:.1%} ({low:.1%} to {high:.1%})"


def _verdict(one: Comparison) -> str:
    where = f"{one.kind}, {one.outcome}"
    if one.chance is None:
        return f"{where}: too little to say; {policies.variants().least} people with each wording are the least."
    if one.is_sure:
        return f"{where}: a and b differ by more than chance explains (p = {one.chance:.3f}, Fisher's exact, Holm)."
    return f"{where}: no difference that chance would not explain (p = {one.chance:.3f}, Fisher's exact, Holm)."


def _holdout(figures: list[Figures]) -> None:
    if any(one.variant == "holdout" for one in figures):
        console.print("The holdout gets the words that stand, whatever is tried: compare with it over a long time.")
    console.print("Looking often makes chance look like more. Settle beforehand when you will look.", style="dim")
