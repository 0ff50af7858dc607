"""What a customer is told of autopay: what came of a charge, and that a card will not do for much longer (K3, K9)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from babel.dates import format_date, format_skeleton
from sqlalchemy.orm import Session

from bot.billing import autopay, payments
from bot.billing.autopay import Outcome, card_expiry
from bot.billing.gateway import Intent
from bot.conversations import payment_news, reach, transcript
from bot.db import lock
from bot.errors import NotFound
from bot.models import Author, Conversation, Holder, Mandate, Payment
from bot.money import Money
from bot.words import say


def take_over(session: Session, payment_id: uuid.UUID, intent: Intent | None) -> uuid.UUID | None:
    """Bring an autopay payment to what Stripe says of it, and tell the customer what came of it, once.

    Where they have not proven who they are, only that there is news (P1). `intent` None: there was no charge, since
    Stripe does not know the card any more. The conversation that was told, if any. Raises as `autopay.follow` does.
    """
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise NotFound("There is no such payment.", about=payment_id)
    conversation = payment_news.listener(session, payment)
    outcome = autopay.follow(session, payment_id, intent) if intent else autopay.card_gone(session, payment_id)
    if outcome is None:
        return None
    if outcome.settlement is not None:
        return payment_news.receipt(session, outcome.settlement, conversation)
    if conversation is None or not payment_news.may_tell(session, conversation, payment.customer_id):
        return None
    if outcome.retry_on is None and outcome.link is None:
        return None
    if payment_news.proven(conversation):
        _tell_declined(session, conversation, outcome)
    else:
        payment_news.tell_of_news(session, conversation)
    return conversation.id


def tell_expiring(session: Session, mandate_id: uuid.UUID) -> uuid.UUID | None:
    """Tell the customer, once, that the card ends before the next instalment, with a link by which another is saved.

    Where they have not proven who they are, only that there is news (P1). The conversation that was told; None when
    there is nothing to tell or nowhere to tell it.
    """
    customer_id = session.scalars(sa.select(Mandate.customer_id).where(Mandate.id == mandate_id)).one()
    newest = reach.newest(session, customer_id)
    # The conversation is locked first, as the dialogue does it, so that the two never wait for each other.
    conversation = lock(session, Conversation, newest.id) if newest else None
    if conversation is not None and not payment_news.may_tell(session, conversation, customer_id):
        return None
    ending = card_expiry.notice(session, mandate_id, conversation.id if conversation else None)
    if ending is None or conversation is None:
        return None
    if not payment_news.proven(conversation):
        payment_news.tell_of_news(session, conversation)
        return conversation.id
    locale = conversation.locale
    month = format_skeleton("yMMMM", ending.ends_on, locale=locale.replace("-", "_"))
    key = "autopay_card_ends" if ending.link else "autopay_card_ends_no_link"
    values = {"last4": ending.last4, "month": month, **_link_values(ending.link, locale)}
    _say(session, conversation, key, ending.link, **values)
    return conversation.id


def _tell_declined(session: Session, conversation: Conversation, outcome: Outcome) -> None:
    locale = conversation.locale
    amount = Money(outcome.payment.amount, outcome.payment.currency).format(locale)
    if outcome.retry_on is not None:
        _say(session, conversation, "autopay_again", None, amount=amount, day=_day(outcome.retry_on, locale))
    elif outcome.link is not None:
        _say(session, conversation, "autopay_link", outcome.link, **_link_values(outcome.link, locale))


def _link_values(link: Payment | None, locale: str) -> dict[str, str]:
    if link is None:
        return {}
    return {"amount": Money(link.amount, link.currency).format(locale), "url": payments.link(link)}


def _say(session: Session, conversation: Conversation, key: str, link: Payment | None, **values: str) -> None:
    card: dict[str, Any] | None = None
    if link is not None:
        card = {"kind": "pay_link", "url": payments.link(link), "amount": link.amount, "currency": link.currency}
    author = Author.BOT if conversation.holder == Holder.BOT else Author.SYSTEM
    transcript.append(
        session, conversation, author=author, text=say(key, conversation.locale, **values), card=card, unasked=True
    )


def _day(day: dt.date, locale: str) -> str:
    return format_date(day, "full", locale=locale.replace("-", "_"))
