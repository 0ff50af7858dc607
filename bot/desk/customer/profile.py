"""Who the customer is, for the pane beside their conversation: contacts, proofs, consents, wishes, earlier talks."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import contact_data
from bot.billing.identity import unlocking
from bot.conversations import consents, preferences, tone_wishes
from bot.desk.auth import Seat
from bot.desk.identity import Known, known, language
from bot.desk.sight import may_open
from bot.desk.thread.lines import agent_names, instant
from bot.models import (
    ContactEdit,
    ContactField,
    Conversation,
    Customer,
    CustomerFactor,
    EditStatus,
    FactorKind,
    Feedback,
    Handoff,
    Holder,
    Preference,
    VerificationUnlock,
)

NEWEST = 12
LISTED = 200

Json = dict[str, Any]


def profile(session: Session, seat: Seat, conversation: Conversation) -> Json:
    """The person behind `conversation`. Contacts and history only while their proof holds, and for a supervisor (P1);
    whether the proof is locked is for whoever may open the conversation. `may` is what this agent may do."""
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    identity = known(conversation, customer)
    own = conversation.holder == Holder.AGENT and conversation.agent_id == seat.agent.id
    sees = customer is not None and (identity == Known.VERIFIED or seat.supervises)
    person = _person(session, customer) if customer is not None and sees else None
    return {
        "locked_until": instant(unlocking.locked_until(session, conversation)),
        "unlocks": _unlocks(session, conversation) if own or seat.supervises else [],
        "may": {
            "change": person is not None and (own or seat.supervises),
            "unlock": own or seat.supervises,
            "rights": person is not None and seat.supervises,
        },
        "person": person,
        "conversations": _conversations(session, seat, conversation, customer) if customer is not None and sees else [],
        "ratings": _ratings(session, customer) if customer is not None and sees else [],
        "wishes": wishes(session, conversation, customer if sees else None),
    }


def edit(made: ContactEdit, names: dict[uuid.UUID, str]) -> Json:
    """A change of contact data; of a postcode only that there was one."""
    is_hash = made.field == ContactField.POSTCODE
    return {
        "id": str(made.id),
        "field": made.field,
        "before": None if is_hash else made.before,
        "after": None if is_hash else made.after,
        "reason": made.reason,
        "status": made.status,
        "by": names.get(made.proposed_by, "A colleague"),
        "decided_by": names.get(made.decided_by, "A colleague") if made.decided_by else None,
        "at": instant(made.proposed_at),
    }


def waiting_edits(session: Session, seat: Seat) -> list[Json]:
    """Changes that this agent may decide as the second person, so many, oldest first."""
    if not seat.supervises:
        return []
    names = agent_names(session)
    rows = session.execute(
        sa.select(ContactEdit, Customer.account_number)
        .join(Customer, Customer.id == ContactEdit.customer_id)
        .where(ContactEdit.status == EditStatus.PROPOSED, ContactEdit.proposed_by != seat.agent.id)
        .order_by(ContactEdit.proposed_at, ContactEdit.id)
        .limit(LISTED)
    )
    return [
        edit(made, names)
        | {
            "account_number": number,
            "shared": contact_data.shared(session, made.customer_id, ContactField(made.field), made.after),
        }
        for made, number in rows
    ]


def wishes(session: Session, conversation: Conversation, customer: Customer | None) -> Json:
    """What they want when we write or call: what binds now, and as it was said, the newest first (C7)."""
    standing = preferences.of(session, conversation.id, customer.id if customer else None)
    said = [Preference.conversation_id == conversation.id]
    if customer is not None:
        said.append(Preference.customer_id == customer.id)
    rows = session.scalars(
        sa.select(Preference)
        .where(sa.or_(*said))
        .order_by(Preference.created_at.desc(), Preference.id.desc())
        .limit(NEWEST)
    )
    return {
        "refused": sorted(standing.refused),
        "welcome": sorted(standing.welcome),
        "hours": list(standing.hours) if standing.hours else None,
        "days": sorted(standing.days) if standing.days is not None else None,
        "quiet_until": standing.quiet_until.isoformat() if standing.quiet_until else None,
        "language": standing.language,
        "tone": tone_wishes.of(session, customer.id) if customer is not None else None,
        "history": [
            {"kind": row.kind, "medium": row.medium, "value": row.value, "at": instant(row.created_at)} for row in rows
        ],
    }


def _person(session: Session, customer: Customer) -> Json:
    names = agent_names(session)
    has_postcode = session.get(CustomerFactor, (customer.id, FactorKind.POSTCODE)) is not None
    return {
        "customer_id": str(customer.id),
        "name": customer.name,
        "account_number": customer.account_number,
        "phone": customer.phone,
        "email": customer.email,
        "has_postcode": has_postcode,
        "language": customer.language,
        "language_name": language(customer.language),
        "time_zone": customer.time_zone,
        "country": customer.country,
        "second_person": {
            field.value: contact_data.second_person(session, customer, field) for field in contact_data.KEYS
        },
        "warned": contact_data.is_warned(session, customer),
        "asked": [
            {
                "id": str(wish.id),
                "field": contact_data.FIELD_OF[wish.kind],
                "kind": wish.kind,
                "value": wish.value,
                "at": instant(wish.created_at),
            }
            for wish in contact_data.wishes(session, customer.id)
        ],
        "edits": [edit(made, names) for made in contact_data.edits(session, customer.id, NEWEST)],
        "consents": _consents(session, customer),
    }


def _consents(session: Session, customer: Customer) -> list[Json]:
    """By the number and e-mail address on file and medium: what holds, and every yes and no, the newest first."""
    names = agent_names(session)
    found: dict[str, list[Json]] = {"sms": [], "whatsapp": []} if customer.phone else {}
    if customer.email:
        found["email"] = []
    for one in consents.history(session, [each for each in (customer.phone, customer.email) if each]):
        found.setdefault(one.channel, []).append(
            {
                "granted": one.granted,
                "purpose": one.purpose,
                "source": one.source,
                "detail": one.detail,
                "by": names.get(one.agent_id) if one.agent_id else None,
                "at": instant(one.created_at),
            }
        )
    return [
        {
            "channel": channel,
            "granted": history[0]["granted"] if history else None,
            "history": history[:NEWEST],
        }
        for channel, history in found.items()
    ]


def _conversations(session: Session, seat: Seat, here: Conversation, customer: Customer) -> list[Json]:
    """The others of the customer, on every channel, the newest first; `opens` whether this agent may read it."""
    rows = session.scalars(
        sa.select(Conversation)
        .where(Conversation.customer_id == customer.id, Conversation.id != here.id)
        .order_by(sa.nulls_last(Conversation.last_message_at.desc()), Conversation.created_at.desc())
        .limit(NEWEST)
    ).all()
    reasons = _reasons(session, [row.id for row in rows])
    names = agent_names(session)
    return [
        {
            "id": str(row.id),
            "channel": row.channel,
            "holder": row.holder,
            "agent": names.get(row.agent_id) if row.agent_id else None,
            "reason": reasons.get(row.id),
            "began": instant(row.created_at),
            "at": instant(row.last_message_at or row.created_at),
            "opens": may_open(seat, row),
        }
        for row in rows
    ]


def _reasons(session: Session, ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Why each went to a person last."""
    rows = session.execute(
        sa.select(Handoff.conversation_id, Handoff.reason)
        .where(Handoff.conversation_id.in_(ids))
        .order_by(Handoff.created_at)
    )
    return {row.conversation_id: row.reason for row in rows}


def _ratings(session: Session, customer: Customer) -> list[Json]:
    rows = session.scalars(
        sa.select(Feedback)
        .where(Feedback.customer_id == customer.id, Feedback.given_at.is_not(None))
        .order_by(Feedback.given_at.desc())
        .limit(NEWEST)
    )
    return [
        {"rating": row.rating, "comment": row.comment, "about": row.about, "at": instant(row.given_at)} for row in rows
    ]


def _unlocks(session: Session, conversation: Conversation) -> list[Json]:
    names = agent_names(session)
    mine = [VerificationUnlock.conversation_id == conversation.id]
    if conversation.customer_id:
        mine.append(VerificationUnlock.customer_id == conversation.customer_id)
    rows = session.scalars(
        sa.select(VerificationUnlock).where(sa.or_(*mine)).order_by(VerificationUnlock.at.desc()).limit(NEWEST)
    )
    return [{"by": names.get(row.agent_id, "A colleague"), "reason": row.reason, "at": instant(row.at)} for row in rows]
