"""What stands with a customer, named when a person hands them back to the assistant (design section 10, 12)."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from babel.dates import format_date
from sqlalchemy.orm import Session

from bot.billing import plans
from bot.billing.holds import holds_on
from bot.billing.plans.progress import unpaid
from bot.conversations import payment_news, sent_offers
from bot.models import Conversation, Customer, Hold, HoldKind, HoldStatus, Promise, PromiseStatus
from bot.money import Money
from bot.words import say


def named(session: Session, conversation: Conversation) -> str | None:
    """The plan with what is next, the day of a promise, and what waits, in the customer's words, with the way to change
    it (K3). None when nothing stands, and for whoever has not proven who they are (P1)."""
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    if customer is None or not payment_news.proven(conversation):
        return None
    lines = [*_plan(session, customer, conversation.locale), *_promises(session, customer, conversation.locale)]
    lines += _offers(session, customer, conversation.locale)
    lines += _waits(session, customer, conversation.locale)
    return say("stands", conversation.locale, lines="\n".join(lines)) if lines else None


def choices(session: Session, conversation: Conversation) -> list[dict[str, str]]:
    """Beside what is named: a yes to the plan that was sent last and still waits for it."""
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    if customer is None or not payment_news.proven(conversation):
        return []
    title = say("button_agree_plan", conversation.locale)
    return [
        {"title": title, "payload": sent_offers.payload(plan.id)}
        for plan, _ in sent_offers.waiting(session, customer)[-1:]
    ]


def _plan(session: Session, customer: Customer, locale: str) -> list[str]:
    plan = plans.current(session, customer)
    ahead = unpaid(session, plan) if plan else []
    if plan is None or not ahead:
        return []
    part, minor = ahead[0]
    amount = Money(minor, plan.currency).format(locale)
    return [say("stands_plan", locale, amount=amount, day=_day(part.due_on, locale))]


def _promises(session: Session, customer: Customer, locale: str) -> list[str]:
    theirs = sa.select(Promise).where(Promise.customer_id == customer.id, Promise.status == PromiseStatus.OPEN)
    return [
        say(
            "stands_promise",
            locale,
            amount=Money(one.amount, one.currency).format(locale),
            day=_day(one.due_on, locale),
        )
        for one in session.scalars(theirs.order_by(Promise.due_on))
    ]


def _offers(session: Session, customer: Customer, locale: str) -> list[str]:
    return [
        say("stands_offer", locale, total=Money(plan.total, plan.currency).format(locale))
        for plan, _ in sent_offers.waiting(session, customer)[-1:]
    ]


def _waits(session: Session, customer: Customer, locale: str) -> list[str]:
    disputed = sa.select(Hold.id).where(
        Hold.customer_id == customer.id, Hold.kind == HoldKind.DISPUTE, Hold.status != HoldStatus.LIFTED
    )
    waits = [say("stands_dispute", locale)] if session.scalar(disputed.limit(1)) else []
    return waits + ([say("stands_hardship", locale)] if HoldKind.HARDSHIP in holds_on(session, customer.id) else [])


def _day(day: dt.date, locale: str) -> str:
    return str(format_date(day, format="long", locale=locale.replace("-", "_")))
