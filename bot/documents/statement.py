"""The statement of an account: what is open, the plan in force, what came and went; as of an instant (S7, C11)."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot import clock, disclosures, policies
from bot.documents import account as accounts
from bot.documents import agreement, billed, lines
from bot.documents.agreement import Agreement
from bot.documents.billed import Billed, Listed
from bot.documents.legible import legible
from bot.documents.letter import Letter
from bot.documents.lines import History, Line
from bot.documents.paper import press
from bot.models import Customer
from bot.money import Money

# K15. Only descriptions in very many different letters reach it; then the numbers of the invoices do alone.
MOST_BYTES = 90_000


@dataclass(frozen=True, slots=True)
class Statement:
    """The facts of a statement. What is `open` on all invoices, less `credit`, is `balance`; `history` closes with it.

    `disputed` is the part of `open` that is under review. `since` and `until` are days in the customer's zone.
    `disclosures` are what the law has us say (C10).
    """

    letter: Letter
    as_of: dt.datetime
    since: dt.date
    until: dt.date
    invoices: Listed
    plan: Agreement | None
    history: History
    open: Money
    disputed: Money
    credit: Money
    balance: Money
    disclosures: list[str]


def read(session: Session, customer: Customer, *, locale: str, as_of: dt.datetime | None = None) -> Statement:
    """What the ledger says of the account of `customer` at `as_of` (now), in `locale` (BCP 47): everything open, and
    the policy's months before."""
    as_of = as_of or clock.now()
    letter, policy = Letter.to(customer, locale), policies.documents()
    account = accounts.read(session, customer, as_of)
    until = as_of.astimezone(letter.zone).date()
    since = _months_before(until, policy.statement_months)
    return Statement(
        letter=letter,
        as_of=as_of,
        since=since,
        until=until,
        invoices=billed.listed(account, letter.zone, since, policy.statement_lines // 2),
        plan=agreement.in_force(session, customer, account, as_of),
        history=lines.history(account, letter.zone, since, policy.statement_lines),
        open=account.open,
        disputed=billed.disputed(account),
        credit=account.credit,
        balance=account.balance,
        disclosures=disclosures.on_statement(customer.country, str(letter.locale)),
    )


def render(statement: Statement) -> bytes:
    """The PDF of `statement`; the same facts give the same bytes."""
    pdf = press("statement", _content(statement), made_at=statement.as_of)
    if len(pdf) > MOST_BYTES:
        pdf = press("statement", _content(statement, described=False), made_at=statement.as_of)
    return pdf


def _months_before(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _content(statement: Statement, *, described: bool = True) -> dict[str, Any]:
    letter, words = statement.letter, statement.letter.words
    return letter.content(words.statement_title) | {
        "details": [*letter.addressee(), [words.statement_as_of, letter.instant(statement.as_of)]],
        "summary": _summary(statement),
        "notes": _notes(statement),
        "plan": _plan(letter, statement.plan) if statement.plan else None,
        "invoices": _invoices(letter, statement.invoices, described),
        "lines": _lines(statement),
        "disclosures": [legible(sentence, 600) for sentence in statement.disclosures],
    }


def _summary(statement: Statement) -> list[list[str]]:
    letter, words = statement.letter, statement.letter.words
    summary = [[words.statement_open, letter.money(statement.open)]]
    if statement.disputed:
        summary.append([words.statement_review, letter.money(statement.disputed)])
    if statement.credit:
        summary.append([words.statement_credit, letter.money(statement.credit)])
        summary.append([words.line_balance, letter.money(statement.balance)])
    return summary


def _notes(statement: Statement) -> list[str]:
    """Thanks (K9), and while something is open a way to settle it that suits (K3). Nothing is called late (K2)."""
    letter, words = statement.letter, statement.letter.words
    notes = []
    if (paid := statement.history.paid).minor > 0:
        notes.append(words.statement_thanks.format(amount=letter.money(paid), start=letter.date(statement.since)))
    if statement.disputed:
        notes.append(words.statement_review_note)
    if statement.open > statement.disputed:
        notes.append(words.statement_way)
    elif not statement.open:
        notes.append(words.statement_clear)
    return notes


def _plan(letter: Letter, plan: Agreement) -> dict[str, Any]:
    words = letter.words
    said = words.plan_progress if plan.paid else words.plan_begun
    notes = [said.format(paid=letter.money(plan.paid), total=letter.money(plan.total))]
    if plan.discount:
        notes.append(words.plan_discount.format(discount=letter.money(plan.discount)))
    rows = [[letter.date(part.due_on), letter.money(part.amount), letter.money(part.paid)] for part in plan.parts]
    return {"title": words.plan_title, "head": [words.plan_due, words.amount, words.paid], "rows": rows, "notes": notes}


def _invoices(letter: Letter, invoices: Listed, described: bool) -> dict[str, Any]:
    words = letter.words
    rows = [_invoice(letter, each, described) for each in invoices.shown]
    if invoices.more_open:
        more = words.more_invoices.format(count=invoices.more_open)
        rows.append([more, "", "", "", "", letter.money(invoices.more_sum)])
    return {
        "title": words.invoices_title,
        "head": [words.invoice, words.issued, words.due, words.amount, words.paid, words.open],
        "rows": rows,
        "notes": [words.settled_unlisted.format(count=invoices.unlisted)] if invoices.unlisted else [],
    }


def _invoice(letter: Letter, invoice: Billed, described: bool) -> list[str | list[str]]:
    words = letter.words
    name = [legible(invoice.number, 64), legible(invoice.description, 80) if described else ""]
    remarks = []
    if invoice.adjusted:
        remarks.append(words.adjusted.format(amount=letter.money(invoice.adjusted)))
    if invoice.disputed:
        remarks.append(words.under_review)
    return [
        [" · ".join(part for part in name if part), *remarks],
        letter.short_date(invoice.issued_on),
        letter.short_date(invoice.due_on),
        letter.money(invoice.amount),
        letter.money(invoice.paid),
        letter.money(invoice.open),
    ]


def _lines(statement: Statement) -> dict[str, Any]:
    letter, words, history = statement.letter, statement.letter.words, statement.history
    rows = [_line(letter, line) for line in history.lines]
    if history.opening:
        rows.insert(0, ["", words.line_opening, "", letter.money(history.opening)])
    if rows:
        closing = words.line_closing.format(date=letter.date(statement.until))
        rows.append(["", closing, "", letter.money(history.closing)])
    below = any(balance.minor < 0 for balance in (history.opening, *(line.balance for line in history.lines)))
    return {
        "title": words.lines_title,
        "head": [words.line_date, words.line_what, words.amount, words.line_balance],
        "rows": rows,
        "notes": [words.lines_minus] if below else [],
    }


def _line(letter: Letter, line: Line) -> list[str]:
    what = str(getattr(letter.words, f"line_{line.kind}")).format(number=legible(line.number or "", 64))
    return [letter.short_date(line.on), what, letter.money(line.amount), letter.money(line.balance)]
