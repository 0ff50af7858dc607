"""What a person at the desk has done with a customer, said in the conversation by that person: a link, a plan to agree,
a plan agreed, a promise (K8). The words are the customer's language; the cards are the assistant's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from babel.dates import format_date
from sqlalchemy.orm import Session

from bot.billing import payments
from bot.billing.plans.progress import unpaid
from bot.conversations import handoff, sent_offers
from bot.models import Agent, Conversation, Instalment, Message, Payment, Plan, Promise
from bot.money import Money
from bot.words import say

SHOWN = 8  # lines of a plan; the card has all of them

Card = dict[str, Any]


def send_link(session: Session, conversation: Conversation, agent: Agent, payment: Payment, client_id: str) -> Message:
    """The link to pay by, with its card (design section 10, 6)."""
    amount, url = Money(payment.amount, payment.currency), payments.link(payment)
    card = {"kind": "pay_link", "url": url, "amount": amount.minor, "currency": amount.currency}
    text = say("desk_pay_link", conversation.locale, amount=amount.format(conversation.locale), url=url)
    return handoff.reply(session, conversation.id, agent, text, client_id, card)


def send_offer(session: Session, conversation: Conversation, agent: Agent, plan: Plan, client_id: str) -> Message:
    """The exact terms, with one choice: to say yes. Chosen while an agent is there, they read it; chosen later, the
    assistant states the terms and asks for a clear yes."""
    option = {
        "id": str(plan.id),
        "payload": sent_offers.payload(plan.id),
        "title": say("button_agree_plan", conversation.locale),
        "instalments": [{"due_on": part.due_on.isoformat(), "amount": part.amount} for part in plan.instalments],
    }
    card = {"kind": "plan_options", "currency": plan.currency, "total": plan.total, "options": [option]}
    text = say("desk_plan_offer", conversation.locale, total=_total(plan, conversation), lines=_all(plan, conversation))
    return handoff.reply(session, conversation.id, agent, text, client_id, card)


def confirm_plan(session: Session, conversation: Conversation, agent: Agent, plan: Plan, client_id: str) -> Message:
    """The terms that were agreed, repeated in writing (K8)."""
    said = {"total": _total(plan, conversation), "lines": _all(plan, conversation)}
    text = say("desk_plan_agreed", conversation.locale, **said)
    return handoff.reply(session, conversation.id, agent, text, client_id, _schedule(plan, 0))


def confirm_change(session: Session, conversation: Conversation, agent: Agent, plan: Plan, client_id: str) -> Message:
    """What is still to come of a plan whose dates have changed (K8)."""
    ahead = unpaid(session, plan)
    text = say("desk_plan_changed", conversation.locale, lines=_lines(ahead, plan.currency, conversation.locale))
    card = _schedule(plan, len(plan.instalments) - len(ahead))
    return handoff.reply(session, conversation.id, agent, text, client_id, card)


def confirm_end(session: Session, conversation: Conversation, agent: Agent, left: Money, client_id: str) -> Message:
    """That the plan has ended, and what of it is open again (K3)."""
    text = say("desk_plan_ended", conversation.locale, left=left.format(conversation.locale))
    return handoff.reply(session, conversation.id, agent, text, client_id)


def confirm_promise(
    session: Session, conversation: Conversation, agent: Agent, promise: Promise, client_id: str
) -> Message:
    """What was promised, and that there is silence until then (design section 10, 4)."""
    amount = Money(promise.amount, promise.currency).format(conversation.locale)
    text = say("desk_promise", conversation.locale, amount=amount, day=_day(promise.due_on, conversation.locale))
    return handoff.reply(session, conversation.id, agent, text, client_id)


def _total(plan: Plan, conversation: Conversation) -> str:
    return Money(plan.total, plan.currency).format(conversation.locale)


def _all(plan: Plan, conversation: Conversation) -> str:
    return _lines([(part, part.amount) for part in plan.instalments], plan.currency, conversation.locale)


def _lines(parts: Sequence[tuple[Instalment, int]], currency: str, locale: str) -> str:
    """A line for each part with its minor units; of a long row the first, how many follow, and the last."""
    lines = [
        say("card_instalment", locale, amount=Money(minor, currency).format(locale), day=_day(part.due_on, locale))
        for part, minor in parts
    ]
    if len(lines) > SHOWN:
        lines[SHOWN - 2 : -1] = [say("card_more_between", locale, count=len(lines) - SHOWN + 1)]
    return "\n".join(lines)


def _schedule(plan: Plan, paid: int) -> Card:
    parts = [
        {"due_on": part.due_on.isoformat(), "amount": part.amount, "status": "paid" if number <= paid else "due"}
        for number, part in enumerate(plan.instalments, start=1)
    ]
    named = {"currency": plan.currency, "total": plan.total, "status": str(plan.status), "id": str(plan.id)}
    return {"kind": "plan_schedule", **named, "instalments": parts}


def _day(day: dt.date, locale: str) -> str:
    return str(format_date(day, format="long", locale=locale.replace("-", "_")))
