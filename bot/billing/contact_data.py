"""Changing who a customer is and how they are reached: checked as an import is, and careful with what proves identity.

Phone, e-mail address and postcode are keys: who holds them can pass for the customer. One agent may change one key of
somebody who has just proven who they are; more takes a second person (`contact_caution`, docs/decisions/0018). Whoever
had the old contact is told, and what was proven by it ends.
"""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import contact_proofs
from bot.billing.contact_caution import is_warned, second_person, shared
from bot.billing.contact_fields import FIELD_OF, KEYS, on_file, read
from bot.billing.identity import addresses
from bot.billing.identity.forgotten import is_forgotten
from bot.db import lock
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound
from bot.models import (
    Agent,
    Case,
    CaseStatus,
    Channel,
    ContactChange,
    ContactEdit,
    ContactField,
    Customer,
    CustomerFactor,
    Delivery,
    EditStatus,
    FactorKind,
)
from bot.words import say

__all__ = ["FIELD_OF", "KEYS", "change", "decide", "decline", "edits", "is_warned", "second_person", "shared", "wishes"]

TOLD_WITHIN = dt.timedelta(days=1)


def change(
    session: Session,
    agent: Agent,
    customer_id: uuid.UUID,
    field: ContactField,
    text: str,
    reason: str,
    *,
    client_id: uuid.UUID,
    wish: ContactChange | None = None,
) -> ContactEdit:
    """Change `field`, or propose it where that takes a second person. The same `client_id` again is the same change;
    `wish` is what the customer asked for in the chat, whose case is done with it.

    Raises `InvalidInput`; `NotFound`; `Conflict` when it is on file already, waits already, or is a number that is
    marked as somebody else's (P4).
    """
    customer = _locked(session, customer_id, field)
    made = session.get(ContactEdit, client_id)
    if made is not None:
        if (made.customer_id, made.field, made.proposed_by) != (customer.id, field, agent.id):
            raise InvalidInput("That client_id was used for something else.")
        return made
    after, before = read(customer, field, text), on_file(session, customer, field)
    if after == before:
        raise Conflict("That is on file already.")
    if field == ContactField.PHONE and after and addresses.is_marked(session, after):
        raise Conflict("That number is marked as somebody else's. Lift that hold first, if it was a mistake.")
    if _waiting(session, customer, field) is not None:
        raise Conflict("A change of this already waits for a second person.")
    needs = second_person(session, customer, field, after)
    edit = ContactEdit(
        id=client_id,
        customer_id=customer.id,
        change_id=wish.id if wish else None,
        field=field,
        before=None if field == ContactField.POSTCODE else before,
        after=after,
        reason=_reason(reason),
        status=EditStatus.PROPOSED if needs else EditStatus.MADE,
        proposed_by=agent.id,
    )
    session.add(edit)
    session.flush()
    if not needs:
        _make(session, customer, edit)
    return edit


def decide(session: Session, edit_id: uuid.UUID, agent: Agent, *, approve: bool) -> ContactEdit:
    """Make or refuse a proposed change, as the second person: a supervisor, and never who proposed it. Decided the same
    way again, it stays as it is. Raises `NotFound`, `NotAllowed`, `Conflict`."""
    proposed = session.get(ContactEdit, edit_id)
    if proposed is None:
        raise NotFound("There is no such change.", about=edit_id)
    customer = _locked(session, proposed.customer_id, proposed.field)
    edit = lock(session, ContactEdit, edit_id)
    assert edit is not None
    if edit.proposed_by == agent.id:
        raise NotAllowed("Somebody else has to look at what you proposed.", about=edit_id)
    if not agent.supervises:
        raise NotAllowed("A supervisor has to look at this.", about=edit_id)
    wanted = EditStatus.MADE if approve else EditStatus.REFUSED
    if edit.status != EditStatus.PROPOSED:
        if edit.status == wanted:
            return edit
        raise Conflict(f"This change was {edit.status} already.", about=edit_id)
    edit.status, edit.decided_by, edit.decided_at = wanted, agent.id, clock.now()
    session.flush()
    if approve:
        _make(session, customer, edit)
    else:
        _close_case(session, edit)
    return edit


def decline(session: Session, wish: ContactChange) -> None:
    """The customer's wish is not followed; its case is done."""
    _done(session, wish)


def wishes(session: Session, customer_id: uuid.UUID) -> list[ContactChange]:
    """What the customer asked for in the chat and nobody has decided yet, oldest first."""
    handled = sa.select(ContactEdit.change_id).where(
        ContactEdit.customer_id == customer_id, ContactEdit.change_id.is_not(None)
    )
    return list(
        session.scalars(
            sa.select(ContactChange)
            .join(Case, ContactChange.case_id == Case.id)
            .where(
                ContactChange.customer_id == customer_id,
                Case.status == CaseStatus.OPEN,
                ContactChange.id.not_in(handled),
            )
            .order_by(ContactChange.created_at)
        )
    )


def edits(session: Session, customer_id: uuid.UUID, newest: int) -> list[ContactEdit]:
    """What the desk changed or proposed, the `newest` of it first."""
    mine = sa.select(ContactEdit).where(ContactEdit.customer_id == customer_id)
    return list(session.scalars(mine.order_by(ContactEdit.proposed_at.desc(), ContactEdit.id.desc()).limit(newest)))


def _make(session: Session, customer: Customer, edit: ContactEdit) -> None:
    field = ContactField(edit.field)
    if field in KEYS and is_warned(session, customer):
        _tell(session, customer)
    if field == ContactField.POSTCODE:
        _renew_postcode(session, customer, edit.after or "")
    else:
        setattr(customer, field.value, edit.after)
    if field in KEYS:
        contact_proofs.end(session, customer, edit)
    _close_case(session, edit)
    session.flush()


def _renew_postcode(session: Session, customer: Customer, digest: str) -> None:
    factor = session.get(CustomerFactor, (customer.id, FactorKind.POSTCODE))
    if factor is None:
        session.add(CustomerFactor(customer_id=customer.id, kind=FactorKind.POSTCODE, digest=digest))
    else:
        factor.digest = digest


def _tell(session: Session, customer: Customer) -> None:
    """A text to the number that is on file until now, in words that name no account (P1); the outbox asks for consent
    again (C5)."""
    policy = policies.identity().contact_changed
    text = policies.in_language(policy, customer.language).format(brand=policies.brand_name())
    session.add(
        Delivery(
            channel=Channel.SMS,
            address=customer.phone or "",
            body=f"{text} {say('way_out', customer.language)}",
            unasked=True,
            expires_at=clock.now() + TOLD_WITHIN,
        )
    )


def _close_case(session: Session, edit: ContactEdit) -> None:
    wish = session.get(ContactChange, edit.change_id) if edit.change_id else None
    if wish is not None:
        _done(session, wish)


def _done(session: Session, wish: ContactChange) -> None:
    """The case is done once nothing else in it waits."""
    session.flush()
    case = lock(session, Case, wish.case_id) if wish.case_id else None
    others = [each for each in wishes(session, wish.customer_id) if each.case_id == wish.case_id and each.id != wish.id]
    if case is not None and not others:
        case.status = CaseStatus.DONE
    elif others:
        wish.case_id = None
    session.flush()


def _waiting(session: Session, customer: Customer, field: ContactField) -> ContactEdit | None:
    return session.scalars(
        sa.select(ContactEdit)
        .where(
            ContactEdit.customer_id == customer.id,
            ContactEdit.field == field,
            ContactEdit.status == EditStatus.PROPOSED,
        )
        .limit(1)
    ).first()


def _reason(text: str) -> str:
    least = policies.identity().contact_reason_least
    if len(reason := text.strip()) < least:
        raise InvalidInput(f"Please give a reason of {least} letters or more.")
    return reason


def _locked(session: Session, customer_id: uuid.UUID, field: str) -> Customer:
    """The customer, locked; before that the conversations whose proof a changed key ends."""
    if field in KEYS:
        contact_proofs.lock_theirs(session, customer_id)
    customer = lock(session, Customer, customer_id)
    if customer is None:
        raise NotFound("There is no such customer.", about=customer_id)
    if is_forgotten(session, customer_id):
        raise Conflict("This customer's data was erased.", about=customer_id)
    return customer
