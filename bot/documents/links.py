"""Links to documents: `/documents/<token>`, handed to a verified customer, good for the policy's hours (K15, P1)."""

from __future__ import annotations

import datetime as dt
import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import ledger
from bot.db import lock
from bot.documents import receipt, statement
from bot.documents.receipt import Receipt
from bot.documents.statement import Statement
from bot.errors import Expired, NotFound
from bot.keyed_hash import new_token
from bot.models import Customer, Document, DocumentKind, Hold, Invoice, Payment, Plan, PlanEvent, Posting
from bot.settings import settings


def issue(
    session: Session, customer: Customer, kind: DocumentKind, *, payment: Payment | None = None, locale: str
) -> Document:
    """A link to the receipt of `payment`, or to the statement of `customer` as of now, in `locale` (BCP 47).

    The same request within the policy's hours gives the same link, with its time begun anew, while it says what is so
    (C11): once something has changed on the account there is a new one. Raises `NotFound` for no payment or another's;
    `Conflict` for one that has not arrived.
    """
    lock(session, Customer, customer.id)
    now = clock.now()
    payment_id = None
    if kind is DocumentKind.RECEIPT:
        if payment is None or payment.customer_id != customer.id:
            raise NotFound("There is no such payment on this account.", about=payment and payment.id)
        receipt.read(session, payment, locale=locale, as_of=now)
        payment_id = payment.id
    hours = dt.timedelta(hours=policies.documents().link_hours)
    for document in _recent(session, customer, kind, now - hours):
        if (document.payment_id, document.locale) == (payment_id, locale) and not _outdated(session, document):
            document.expires_at = now + hours
            session.flush()
            return document
    document = Document(
        token=new_token(),
        kind=kind,
        customer_id=customer.id,
        payment_id=payment_id,
        as_of=now,
        locale=locale,
        expires_at=now + hours,
    )
    session.add(document)
    session.flush()
    return document


def url(document: Document) -> str:
    """The address of `document`."""
    return f"{settings().public_url}/documents/{document.token}"


def find(session: Session, token: str) -> Document:
    """The document behind `/documents/<token>`. Raises `NotFound`; `Expired` when its time is over."""
    # What no token can be is not asked for: a database refuses some characters with an error of its own.
    known = sa.select(Document).where(Document.token == token)
    document = session.scalars(known).first() if re.fullmatch(r"[\w-]{1,64}", token, re.ASCII) else None
    if document is None:
        raise NotFound("There is no document at this address. Ask in the chat for a new link.")
    if document.expires_at <= clock.now():
        raise Expired("This link has run out. Ask in the chat for a new one.", about=document)
    return document


def read(session: Session, document: Document) -> Receipt | Statement:
    """The facts of `document` as of its instant; `render` them without a session."""
    if document.kind == DocumentKind.RECEIPT:
        payment = session.get_one(Payment, document.payment_id)
        return receipt.read(session, payment, locale=document.locale, as_of=document.as_of)
    customer = session.get_one(Customer, document.customer_id)
    return statement.read(session, customer, locale=document.locale, as_of=document.as_of)


def render(facts: Receipt | Statement) -> bytes:
    """The PDF of what `read` gave."""
    return receipt.render(facts) if isinstance(facts, Receipt) else statement.render(facts)


def _recent(session: Session, customer: Customer, kind: DocumentKind, after: dt.datetime) -> list[Document]:
    return list(
        session.scalars(
            sa.select(Document)
            .where(Document.customer_id == customer.id, Document.kind == kind, Document.as_of > after)
            .order_by(Document.as_of.desc())
        )
    )


def _outdated(session: Session, document: Document) -> bool:
    """Whether something was posted, agreed or disputed on the account since."""
    since, theirs = document.as_of, document.customer_id
    names = [ledger.credit_account(theirs)]
    names += map(ledger.invoice_account, session.scalars(sa.select(Invoice.id).where(Invoice.customer_id == theirs)))
    held = sa.or_(Hold.created_at > since, Hold.lifted_at > since)
    plans = sa.select(Plan.id).where(Plan.customer_id == theirs)
    changes = (
        sa.select(Posting.id).where(Posting.source.in_(names), Posting.created_at > since),
        sa.select(Posting.id).where(Posting.destination.in_(names), Posting.created_at > since),
        sa.select(PlanEvent.id).where(PlanEvent.plan_id.in_(plans), PlanEvent.at > since),
        sa.select(Hold.id).where(Hold.customer_id == theirs, held),
    )
    return any(session.scalar(change.limit(1)) is not None for change in changes)
