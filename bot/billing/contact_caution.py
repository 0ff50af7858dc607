"""When one agent alone may not change what proves identity: a second person looks at it (docs/decisions/0018)."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import holds
from bot.billing.contact_fields import KEYS
from bot.billing.identity import addresses
from bot.models import (
    Channel,
    Consent,
    ContactEdit,
    ContactField,
    Conversation,
    Customer,
    EditStatus,
    Hold,
    HoldStatus,
)
from bot.phone_numbers import alike
from bot.policies import Stop


def second_person(session: Session, customer: Customer, field: ContactField, after: str | None = None) -> str | None:
    """Why a change of `field` (to `after`, in its normal form) takes a second person, as a sentence; None when one
    agent may make it alone."""
    if field not in KEYS:
        return None
    if not _is_proven(session, customer.id):
        return "They have not proven who they are just now, so a second person decides."
    if not is_warned(session, customer):
        return "Nobody can be told of it at the number on file, so a second person decides."
    hours = policies.identity().contact_alone_hours
    since = clock.now() - dt.timedelta(hours=hours)
    if _changed_since(session, customer, field, since):
        return f"Another contact or proof of theirs was changed within {hours} hours, so a second person decides."
    if _answered_since(session, customer, since):
        return f"Whether we may write to them was changed here within {hours} hours, so a second person decides."
    return shared(session, customer.id, field, after)


def is_warned(session: Session, customer: Customer) -> bool:
    """Whether a text to the number on file arrives that contact details were changed: there is one, it is theirs (P4),
    it has not refused messages (C5), and no hold stops news (C8)."""
    phone = customer.phone
    if not phone or not addresses.may_get_code(session, phone):
        return False
    stopping = sorted(policies.holds().stopping(Stop.NEWS))
    held = sa.select(Hold.id).where(
        Hold.address.in_(alike(phone)), Hold.kind.in_(stopping), Hold.status != HoldStatus.LIFTED
    )
    return session.scalar(held.limit(1)) is None and not holds.is_stopped(session, customer.id, Stop.NEWS)


def shared(session: Session, customer_id: uuid.UUID, field: ContactField, after: str | None) -> str | None:
    """The sentence that somebody else has this phone or e-mail address on file, too."""
    if not after or field not in (ContactField.PHONE, ContactField.EMAIL):
        return None
    same = Customer.phone.in_(alike(after)) if field == ContactField.PHONE else Customer.email == after
    if session.scalar(sa.select(Customer.id).where(same, Customer.id != customer_id).limit(1)) is None:
        return None
    what = "number" if field == ContactField.PHONE else "e-mail address"
    return f"Another customer has this {what} on file, too, so a second person decides."


def _is_proven(session: Session, customer_id: uuid.UUID) -> bool:
    proven = sa.select(Conversation.id).where(
        Conversation.customer_id == customer_id, Conversation.verified_until > clock.now()
    )
    return session.scalar(proven.limit(1)) is not None


def _changed_since(session: Session, customer: Customer, field: ContactField, since: dt.datetime) -> bool:
    """Another key; or the language, in which the old number is told."""
    lately = sa.select(ContactEdit.id).where(
        ContactEdit.customer_id == customer.id,
        ContactEdit.field.in_((*KEYS, ContactField.LANGUAGE)),
        ContactEdit.field != field,
        ContactEdit.status == EditStatus.MADE,
        sa.func.coalesce(ContactEdit.decided_at, ContactEdit.proposed_at) > since,
    )
    return session.scalar(lately.limit(1)) is not None


def _answered_since(session: Session, customer: Customer, since: dt.datetime) -> bool:
    """A yes or no to messages that an agent wrote down."""
    lately = sa.select(Consent.id).where(
        Consent.channel.in_((Channel.SMS, Channel.WHATSAPP)),
        sa.or_(Consent.customer_id == customer.id, Consent.address.in_(alike(customer.phone or ""))),
        Consent.agent_id.is_not(None),
        Consent.created_at > since,
    )
    return session.scalar(lately.limit(1)) is not None
