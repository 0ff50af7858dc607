"""What a customer is told about a payment, in the transcript, when Stripe's word about it is taken in.

Each function is called in the transaction in which the thing happens, so that each is told once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from babel.dates import format_date
from sqlalchemy.orm import Session

from bot import clock
from bot.billing import invoices, plans
from bot.billing.cases import MoneyCase, open_case
from bot.billing.holds import is_stopped, is_stopped_at
from bot.billing.invoices import Standing
from bot.billing.payments.reversals import Change
from bot.billing.payments.settlement import Settlement
from bot.billing.plans.progress import left_of
from bot.conversations import reach, transcript
from bot.db import lock
from bot.models import (
    Author,
    Conversation,
    Customer,
    Holder,
    Payment,
    PaymentOrigin,
    PaymentStatus,
    ReversalKind,
)
from bot.money import Money
from bot.policies import Stop
from bot.words import say


def listener(session: Session, payment: Payment) -> Conversation | None:
    """Where the customer hears of `payment`, locked: its own conversation, else the one in which they were last.

    Call it before the customer's row is locked, as the dialogue does it, so that the two never wait for each other.
    """
    newest = None if payment.conversation_id else reach.newest(session, payment.customer_id)
    conversation_id = payment.conversation_id or (newest.id if newest else None)
    return lock(session, Conversation, conversation_id) if conversation_id else None


def may_tell(session: Session, conversation: Conversation, customer_id: uuid.UUID) -> bool:
    """Whether the customer may be told there what they did not ask for: no hold stops contact with them (C8, P4)."""
    return not (is_stopped(session, customer_id, Stop.NEWS) or is_stopped_at(session, conversation, Stop.NEWS))


def receipt(session: Session, settlement: Settlement, conversation: Conversation | None = None) -> uuid.UUID | None:
    """The receipt in the transcript: thanks, what is open now and a way that suits (K3, K9). Credit is said (S5), and
    of a plan how far it is; what is disputed is not asked for (C9).

    Where the customer neither paid by a link given there nor has proven who they are, only that there is news (P1). A
    guest is thanked, and told nothing of the account (P4).
    """
    payment = settlement.payment
    conversation = conversation or listener(session, payment)
    if conversation is None:
        return None
    locale = conversation.locale
    if not _may_know(conversation, payment):
        payment.receipt_message_id = tell_of_news(session, conversation)
        return conversation.id
    if payment.origin == PaymentOrigin.GUEST:
        text = say("receipt_guest", locale, amount=settlement.amount.format(locale))
        payment.receipt_message_id = _say(session, conversation, text)
        return conversation.id
    customer = session.get_one(Customer, payment.customer_id)
    standing = invoices.standing(session, customer)
    said = list(_what_is_open(session, customer, standing, locale))
    if settlement.credit:
        said.append(say("receipt_credit", locale, credit=settlement.credit.format(locale)))
    message = transcript.append(
        session,
        conversation,
        unasked=True,
        author=_author(conversation),
        text=say("receipt", locale, amount=settlement.amount.format(locale), standing=" ".join(said)).rstrip(),
        card={
            "kind": "receipt",
            "payment_id": str(payment.id),
            "amount": settlement.amount.minor,
            "currency": settlement.amount.currency,
            "paid_at": (payment.settled_at or clock.now()).isoformat(),
            "balance": standing.payable.minor,
            "review": (standing.total - standing.payable).minor,
        },
    )
    session.flush()
    payment.receipt_message_id = message.id
    return conversation.id


def progress(session: Session, payment: Payment, conversation: Conversation | None = None) -> uuid.UUID | None:
    """That a payment is on its way or did not go through (S2); of the latter the desk hears by a case (S6)."""
    key = {PaymentStatus.PROCESSING: "payment_processing", PaymentStatus.FAILED: "payment_failed"}.get(payment.status)
    if key is None:
        return None
    conversation = conversation or listener(session, payment)
    if payment.status == PaymentStatus.FAILED:
        open_case(session, MoneyCase.PAYMENT_RETURNED, payment)
    if conversation is None or not _may_hear(session, conversation, payment):
        return None
    if not _may_know(conversation, payment):
        tell_of_news(session, conversation)
        return conversation.id
    amount = Money(payment.amount, payment.currency).format(conversation.locale)
    _say(session, conversation, say(key, conversation.locale, amount=amount))
    return conversation.id


def money_back(
    session: Session, changes: Sequence[Change], conversation: Conversation | None = None
) -> uuid.UUID | None:
    """That money of a payment went back, or came again, with what that means and a way forward (S6, K3).

    Where nobody has proven who they are, only that there is news (P1).
    """
    told = None
    for change in changes:
        conversation = conversation or listener(session, change.payment)
        if conversation is None or not _may_hear(session, conversation, change.payment):
            continue
        if change.payment.origin == PaymentOrigin.GUEST or proven(conversation):
            _say(session, conversation, _words(session, change, conversation.locale), _buttons(conversation))
        else:
            tell_of_news(session, conversation)
        told = conversation.id
    return told


def proven(conversation: Conversation) -> bool:
    """Whether the customer has proven there who they are, and it holds."""
    return conversation.verified_until is not None and conversation.verified_until > clock.now()


def tell_of_news(session: Session, conversation: Conversation) -> uuid.UUID:
    """Say that there is news about a payment, and nothing of it (P1). The message's id."""
    return _say(session, conversation, say("payment_news", conversation.locale), _buttons(conversation))


def _what_is_open(session: Session, customer: Customer, standing: Standing, locale: str) -> Iterator[str]:
    """What a receipt says of the account. Of ways to pay nothing, where a hold keeps us from naming any (C8)."""
    if not standing.total:
        yield say("receipt_clear", locale)
    elif not is_stopped(session, customer.id, Stop.OFFERS):
        yield from _what_is_payable(session, customer, standing, locale)
        if standing.total != standing.payable:
            yield say("receipt_review", locale)


def _what_is_payable(session: Session, customer: Customer, standing: Standing, locale: str) -> Iterator[str]:
    """How far the plan in force is, and what is open beside it, without what is disputed (C9, K9)."""
    plan = plans.current(session, customer)
    progress = plans.progress(session, plan) if plan else None
    planned: dict[uuid.UUID, int] = {}
    if plan is not None and progress is not None and progress.next is not None:
        planned = {part.invoice_id: left for part, left in left_of(session, plan)}
        yield say(
            "receipt_plan",
            locale,
            paid=progress.paid.format(locale),
            total=Money(plan.total, plan.currency).format(locale),
            next=progress.next_amount.format(locale),
            day=format_date(progress.next.due_on, format="long", locale=locale.replace("-", "_")),
        )
    undisputed = {item.invoice.id: item.owed.minor for item in standing.items if not item.disputed}
    beside = sum(owed - planned.get(id_, 0) for id_, owed in undisputed.items())
    if beside:
        balance = Money(beside, standing.currency).format(locale)
        yield say("receipt_beside" if planned else "receipt_rest", locale, balance=balance)


def _may_hear(session: Session, conversation: Conversation, payment: Payment) -> bool:
    """The same of `payment`; what holds there are on another's account does not show to a guest (P4)."""
    if payment.origin == PaymentOrigin.GUEST:
        return not is_stopped_at(session, conversation, Stop.NEWS)
    return may_tell(session, conversation, payment.customer_id)


def _may_know(conversation: Conversation, payment: Payment) -> bool:
    own = payment.origin != PaymentOrigin.AUTOPAY and payment.conversation_id == conversation.id
    return own or proven(conversation)


def _buttons(conversation: Conversation) -> list[dict[str, str]] | None:
    account = {"title": say("button_account", conversation.locale), "payload": "/check_balance"}
    return [account] if conversation.holder == Holder.BOT else None


def _words(session: Session, change: Change, locale: str) -> str:
    if change.kind == ReversalKind.CHARGEBACK:
        key = "charged_back" if change.gone else "given_back"
    else:
        key = "refunded" if change.gone else "refund_failed"
    said = say(key, locale, amount=change.amount.format(locale))
    if change.payment.origin == PaymentOrigin.GUEST:
        return said
    if change.gone and change.owed.minor > 0:
        standing = invoices.standing(session, session.get_one(Customer, change.payment.customer_id))
        if standing.payable:
            said = f"{said} {say('open_again', locale, balance=standing.payable.format(locale))}"
        if standing.total != standing.payable:
            said = f"{said} {say('receipt_review', locale)}"
    elif not change.gone and change.credit.minor > 0:
        said = f"{said} {say('receipt_credit', locale, credit=change.credit.format(locale))}"
    return said


def _say(
    session: Session, conversation: Conversation, text: str, buttons: list[dict[str, str]] | None = None
) -> uuid.UUID:
    author = _author(conversation)
    message = transcript.append(session, conversation, author=author, text=text, buttons=buttons, unasked=True)
    session.flush()
    return message.id


def _author(conversation: Conversation) -> Author:
    return Author.BOT if conversation.holder == Holder.BOT else Author.SYSTEM
