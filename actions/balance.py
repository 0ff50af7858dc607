"""What is owed, since when and what for: the customer's standing in words and as a card (K1, K3, K6)."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from actions import cards
from actions.deed import Deed
from actions.phrases import Phrases
from actions.turn import Events, Turn, first_name
from bot import clock
from bot.billing import invoices, plans
from bot.billing.holds import is_stopped
from bot.billing.invoices import Standing
from bot.billing.plans import Progress
from bot.models import Customer, Plan
from bot.money import Money, total
from bot.policies import Stop

_ABOUT_A_DEBT = re.compile(r"\babout (?:a|an|any|some|my|the) (?:debt|bill|loan|money|account|balance)\b")


@dataclass(frozen=True, slots=True)
class Account:
    """A verified customer's account at this moment, with the phrases of the conversation's locale.

    `plan` is the plan in force, `progress` how it stands. What a plan covers is not called overdue any more. `is_held`:
    a hold keeps us from naming ways to pay beside what they asked (C8).
    """

    customer: Customer
    standing: Standing
    plan: Plan | None
    progress: Progress | None
    today: dt.date
    phrases: Phrases
    is_held: bool = False

    @property
    def name(self) -> str:
        """How we address the customer."""
        return first_name(self.customer)

    @property
    def planned(self) -> frozenset[uuid.UUID]:
        """The invoices that the plan covers."""
        return frozenset(part.invoice_id for part in self.plan.invoices) if self.plan else frozenset()

    @property
    def overdue(self) -> Money:
        """What is past its due date, in no plan and not disputed: what may be spoken of as late (C9)."""
        late = (item for item in self.standing.items if item.days_late and not item.disputed)
        return total((item.owed for item in late if item.invoice.id not in self.planned), self.standing.currency)

    @property
    def card(self) -> dict[str, Any]:
        """The card of what is open."""
        return cards.invoices(self.standing, self.overdue, self.planned)

    def choices(self, payload: Callable[[str], str]) -> list[dict[str, str]]:
        """A button for each open invoice, and one for all; `payload` makes what is sent of a number, or of "all"."""
        items = [(item.invoice.number, self.phrases.money(item.owed)) for item in self.standing.items]
        one = [{"title": f"{number}, {owed}", "payload": payload(number)} for number, owed in items]
        return [*one, {"title": self.phrases.say("all_invoices"), "payload": payload("all")}]

    @property
    def lines(self) -> str:
        """A line for each open invoice."""
        items = self.standing.items
        return "\n".join(self.phrases.invoice(item, self.today, item.invoice.id in self.planned) for item in items)


def account(session: Session, turn: Turn) -> Account:
    """The account of the conversation's customer. Raises `NotVerified`."""
    conversation = turn.conversation(session)
    customer = turn.customer(session)
    plan = plans.current(session, customer)
    return Account(
        customer,
        invoices.standing(session, customer),
        plan,
        plans.progress(session, plan) if plan else None,
        clock.today(customer.time_zone),
        Phrases(conversation.locale),
        is_stopped(session, customer.id, Stop.OFFERS),
    )


class CheckBalance(Deed):
    """How much is owed: what is overdue, and all, invoice by invoice; then ways forward."""

    title = "action_check_balance"
    intent = "check_balance"

    async def act(self, turn: Turn) -> Events:
        """Say it. Raises `NotVerified`."""
        mine = await turn.write(lambda session: account(session, turn))
        if say_if_clear(turn, mine) or _say_if_held(turn, mine):
            return []
        turn.say(
            _balance(mine),
            card=mine.card,
            name=mine.name,
            total=mine.phrases.money(mine.standing.total),
            overdue=mine.phrases.money(mine.overdue),
            lines=mine.lines,
            **_plan(mine),
        )
        return []


def _balance(mine: Account) -> str:
    if mine.progress is not None and mine.progress.next is not None:
        return "utter_balance_on_plan" if mine.progress.paid else "utter_balance_plan_begins"
    if mine.overdue:
        return "utter_balance_all_overdue" if mine.overdue == mine.standing.total else "utter_balance_overdue"
    return "utter_balance_on_hold" if mine.standing.overdue else "utter_balance_not_due"


def _plan(mine: Account) -> dict[str, Any]:
    if mine.plan is None or mine.progress is None or mine.progress.next is None:
        return {}
    return {
        "paid": mine.phrases.money(mine.progress.paid),
        "planned": mine.phrases.money(Money(mine.plan.total, mine.plan.currency)),
        "next_amount": mine.phrases.money(mine.progress.next_amount),
        "next_day": mine.phrases.day(mine.progress.next.due_on),
    }


class CheckDueDate(Deed):
    """When it is due, and how late it is, said gently."""

    title = "action_check_due_date"
    intent = "check_due_date"

    async def act(self, turn: Turn) -> Events:
        """Say it. Raises `NotVerified`."""
        mine = await turn.write(lambda session: account(session, turn))
        if say_if_clear(turn, mine) or _say_if_held(turn, mine):
            return []
        lines = [mine.lines]
        if mine.progress is not None and mine.progress.next is not None:
            day = mine.phrases.day(mine.progress.next.due_on)
            amount = mine.phrases.money(mine.progress.next_amount)
            lines.append(mine.phrases.say("next_instalment", amount=amount, day=day))
        turn.say("utter_due_dates_planned" if mine.plan else "utter_due_dates", card=mine.card, lines="\n".join(lines))
        return []


class ExplainBalance(Deed):
    """What it is for: each invoice, what was billed and what is left of it."""

    title = "action_explain_balance"
    intent = "explain_balance"

    async def act(self, turn: Turn) -> Events:
        """Say it. Raises `NotVerified`; but whether it is about a debt is answered before a proof, too (P1)."""
        if _ABOUT_A_DEBT.search(turn.words.lower()) and await turn.write(turn.customer_if_known) is None:
            turn.say("utter_nothing_known_here_general" if turn.loop else "utter_nothing_known_general")
            return []
        mine = await turn.write(lambda session: account(session, turn))
        if say_if_clear(turn, mine) or _say_if_held(turn, mine):
            return []
        turn.say(
            "utter_explain",
            card=mine.card,
            total=mine.phrases.money(mine.standing.total),
            lines="\n".join(
                mine.phrases.billed(item, mine.today, item.invoice.id in mine.planned) for item in mine.standing.items
            ),
        )
        return []


def say_if_clear(turn: Turn, mine: Account) -> bool:
    """Celebrate when nothing is owed (K9). Whether that was so."""
    if mine.standing.total:
        return False
    turn.say("utter_nothing_owed", name=mine.name)
    if mine.standing.credit:
        turn.say("utter_credit", credit=mine.phrases.money(mine.standing.credit))
    return True


def _say_if_held(turn: Turn, mine: Account) -> bool:
    """Answer what they asked, and no more, while a hold is on the account (C8). Whether that was so."""
    if mine.is_held:
        turn.say("utter_balance_held", card=mine.card, total=mine.phrases.money(mine.standing.total), lines=mine.lines)
    return mine.is_held
