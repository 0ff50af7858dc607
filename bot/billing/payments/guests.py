"""Guests: somebody pays an amount that they name towards an account number that they give, and learns nothing of the
account, not even that there is one (P2, P4; design section 10, 9; docs/decisions/0012-a-guest-pays-blind.md).

What is given for a number that is nobody's is kept apart as credit, and the desk has a case to give it back.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing.payments.payment_states import UNPAID
from bot.billing.stripe.stripe_amounts import check_amount
from bot.db import lock
from bot.errors import TooMany
from bot.keyed_hash import new_token
from bot.models import Conversation, Customer, Payment, PaymentOrigin
from bot.models.customer import account_key
from bot.money import Money

UNMATCHED = "UNMATCHED"
DAY = dt.timedelta(days=1)


def open_guest_link(session: Session, conversation: Conversation, account_number: str, amount: Money) -> Payment:
    """A payment of `amount` towards `account_number`, for `conversation`: the same for a number that is nobody's.

    It is never measured against what is owed, has no shares, and replaces only the guest's own older links; what is
    above the balance will be credit (S5). The same again is the same link. Raises `InvalidInput` for an amount that
    Stripe would not charge, `TooMany` when this conversation has asked for too many in a day.
    """
    check_amount(amount)
    lock(session, Conversation, conversation.id)
    payee = _payee(session, account_number, amount.currency)
    lock(session, Customer, payee.id)
    asked = [str(conversation.id), account_key(account_number), amount.minor, amount.currency]
    digest = hashlib.sha256(json.dumps(["guest", *asked]).encode()).hexdigest()
    given = _given(session, conversation)
    live = [payment for payment in given if payment.status in UNPAID and payment.superseded_at is None]
    for payment in live:
        if payment.input_hash == digest:
            return payment
    _check_rate(given)
    for payment in live:
        payment.superseded_at = clock.now()
    payment = Payment(
        customer_id=payee.id,
        conversation_id=conversation.id,
        amount=amount.minor,
        currency=amount.currency,
        token=new_token(),
        input_hash=digest,
        origin=PaymentOrigin.GUEST,
    )
    session.add(payment)
    session.flush()
    return payment


def is_unmatched(customer: Customer) -> bool:
    """Whether `customer` stands for the account numbers that are nobody's."""
    return customer.account_number.startswith(f"{UNMATCHED}-")


def _payee(session: Session, account_number: str, currency: str) -> Customer:
    """Whose account it is, if it is kept in `currency`; both are asked for each time, known or not (P2)."""
    keys = (account_key(account_number), account_key(f"{UNMATCHED}-{currency}"))
    found = session.scalars(sa.select(Customer).where(Customer.account_key.in_(keys))).all()
    by_key = {customer.account_key: customer for customer in found}
    unmatched = by_key.get(keys[1]) or _new_unmatched(session, currency)
    known = by_key.get(keys[0])
    return known if known is not None and known.currency == currency else unmatched


def _new_unmatched(session: Session, currency: str) -> Customer:
    number = f"{UNMATCHED}-{currency}"
    try:
        with session.begin_nested():
            # Nobody can prove to be this customer: there is no contact, and no factor to know.
            made = Customer(
                account_number=number, name=UNMATCHED, language="en", time_zone="UTC", country="US", currency=currency
            )
            session.add(made)
            session.flush()
    except IntegrityError:
        return session.scalars(sa.select(Customer).where(Customer.account_number == number)).one()
    return made


def _given(session: Session, conversation: Conversation) -> list[Payment]:
    """The guest's links of the last day."""
    return list(
        session.scalars(
            sa.select(Payment).where(
                Payment.conversation_id == conversation.id,
                Payment.origin == PaymentOrigin.GUEST,
                Payment.created_at > clock.now() - DAY,
            )
        )
    )


def _check_rate(given: list[Payment]) -> None:
    if len(given) >= policies.payments().guest_links_a_day:
        first = min(payment.created_at for payment in given)
        wait = int((first + DAY - clock.now()).total_seconds()) + 1
        raise TooMany("Several links were asked for today. Please wait a little.", retry_after=wait)
