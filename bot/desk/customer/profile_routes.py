"""The desk's JSON for who the customer is: contact data, proofs, wishes and consents; each write audited with it."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from bot.billing import contact_data, identity
from bot.billing.identity import unlocking
from bot.db import Database, lock
from bot.desk import audit, bells
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.auth import Seat
from bot.desk.customer import profile, wishes
from bot.desk.customer.money import find_customer
from bot.desk.text import clean, reason
from bot.desk.thread.lines import agent_names
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound, NotVerified
from bot.models import (
    Channel,
    ContactChange,
    ContactEdit,
    ContactField,
    ContactKind,
    Conversation,
    Customer,
    EditStatus,
)

router = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)

REASON_LEAST = 5

Json = dict[str, Any]


class Reasoned(BaseModel):
    """Why."""

    reason: str = Field(max_length=2_000)


class Change(Reasoned):
    """An empty `value` takes a phone or an e-mail address off the file. The page makes `client_id`, so that trying
    again is not doing it twice."""

    client_id: uuid.UUID
    field: ContactField
    value: str = Field(max_length=300)


class Confirmation(BaseModel):
    """A customer's wish is followed. `value` is for an address alone: its postcode, which is what goes on file."""

    client_id: uuid.UUID
    value: str | None = Field(None, max_length=300)


class Consenting(BaseModel):
    """A yes or no to messages on one medium, on the customer's word."""

    channel: Channel
    granted: bool


@router.post("/customers/{customer_id}/contact")
def change(customer_id: uuid.UUID, body: Change, request: Request, db: Db, seat: Writer) -> Json:
    """Change one thing on file: `made` at once, or `proposed` where it takes a second person."""
    with db.transaction() as session:
        find_customer(session, seat, customer_id)
        made = contact_data.change(
            session,
            seat.agent,
            customer_id,
            body.field,
            _plain(body.value, body.field),
            reason(body.reason),
            client_id=body.client_id,
        )
        answer = _edited(session, seat, made)
    bells.ring(request)
    return answer


@router.post("/contact-changes/{change_id}/confirm")
def confirm(change_id: uuid.UUID, body: Confirmation, request: Request, db: Db, seat: Writer) -> Json:
    """Put on file what the customer asked for in the chat."""
    with db.transaction() as session:
        again = session.get(ContactEdit, body.client_id)
        if again is not None and (again.change_id, again.proposed_by) == (change_id, seat.agent.id):
            return _edited(session, seat, again)
        wish = _wish(session, seat, change_id)
        field = contact_data.FIELD_OF[ContactKind(wish.kind)]
        made = contact_data.change(
            session,
            seat.agent,
            wish.customer_id,
            field,
            _plain(_wished(wish, body.value), field),
            "The customer asked for it in the chat.",
            client_id=body.client_id,
            wish=wish,
        )
        answer = _edited(session, seat, made)
    bells.ring(request)
    return answer


@router.post("/contact-changes/{change_id}/decline")
def decline(change_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """Leave on file what is there; the case is done."""
    with db.transaction() as session:
        wish = _wish(session, seat, change_id)
        contact_data.decline(session, wish)
        audit.record(session, seat.agent, "contact.declined", f"customer:{wish.customer_id}", change=str(change_id))
    bells.ring(request)
    return {"declined": str(change_id)}


@router.post("/contact-edits/{edit_id}/approve")
def approve(edit_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """Make a proposed change, as the second person."""
    return _decided(request, db, seat, edit_id, approve=True)


@router.post("/contact-edits/{edit_id}/refuse")
def refuse(edit_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """Refuse it, as the second person."""
    return _decided(request, db, seat, edit_id, approve=False)


@router.post("/conversations/{conversation_id}/unlock")
def unlock(conversation_id: uuid.UUID, body: Reasoned, request: Request, db: Db, seat: Writer) -> Json:
    """Lift what wrong tries have locked, so that the customer can prove who they are at once."""
    with db.transaction() as session:
        conversation = _speaks(session, seat, conversation_id)
        why = reason(body.reason).strip()
        if len(why) < REASON_LEAST:
            raise InvalidInput("Please say in a few words why.")
        made = unlocking.unlock(session, seat.agent, conversation, why)
        audit.record(session, seat.agent, "verification.unlocked", audit.conversation(conversation_id), id=str(made.id))
    bells.ring(request, conversation_id)
    return {"unlocked": str(made.id)}


@router.post("/conversations/{conversation_id}/verification/end")
def end_proof(conversation_id: uuid.UUID, request: Request, db: Db, seat: Writer) -> Json:
    """The proof ends now: whoever is there has to prove anew who they are. Raises `Conflict` when there is none."""
    with db.transaction() as session:
        conversation = _speaks(session, seat, conversation_id)
        if conversation.verified_until is None:
            raise Conflict("Nobody has proven who they are here.")
        identity.end(session, conversation)
        audit.record(session, seat.agent, "verification.ended", audit.conversation(conversation_id))
    bells.ring(request, conversation_id)
    return {"ended": str(conversation_id)}


@router.post("/conversations/{conversation_id}/preferences")
def prefer(conversation_id: uuid.UUID, body: wishes.Said, request: Request, db: Db, seat: Writer) -> Json:
    """Write down when or how the customer wants to hear from us; it binds at once (C7)."""
    with db.transaction() as session:
        conversation = _speaks(session, seat, conversation_id)
        customer = _known(session, conversation)
        made = wishes.note(session, seat.agent, conversation, customer, body)
        if made is not None:
            audit.record(
                session,
                seat.agent,
                "preference.recorded",
                audit.conversation(conversation_id),
                preference=str(made.id),
                kind=body.kind,
            )
        answer = {"wishes": profile.wishes(session, conversation, customer)}
    bells.ring(request, conversation_id)
    return answer


@router.post("/conversations/{conversation_id}/consents")
def consent(conversation_id: uuid.UUID, body: Consenting, request: Request, db: Db, seat: Writer) -> Json:
    """Write down a yes or no to messages to the phone on file."""
    with db.transaction() as session:
        conversation = _speaks(session, seat, conversation_id)
        customer = _known(session, conversation)
        if customer is None:
            raise Conflict("We do not know yet who this is.")
        made = wishes.consent(session, seat.agent, customer, conversation, body.channel, yes=body.granted)
        if made is not None:
            subject = audit.conversation(conversation_id)
            audit.record(session, seat.agent, "consent.recorded", subject, consent=str(made.id), granted=made.granted)
    bells.ring(request, conversation_id)
    return {"changed": made is not None}


@router.get("/contact-edits")
def waiting(db: Db, seat: Reader) -> Json:
    """Changes of contact data that wait for this agent as the second person. Audited as approvals are."""
    with db.reading() as session:
        found = profile.waiting_edits(session, seat)
        ids = sorted(each["id"] for each in found)
        news = bool(ids) and audit.last(session, seat.agent, "contacts.read") != {"ids": ids}
    if news:
        with db.transaction() as session:
            audit.record(session, seat.agent, "contacts.read", "contacts", ids=ids)
    return {"contacts": found}


def _edited(session: Session, seat: Seat, made: ContactEdit, what: str | None = None) -> Json:
    alone = made.status == EditStatus.MADE and made.decided_by is None
    done = what or ("changed" if alone else "proposed")
    subject = f"customer:{made.customer_id}"
    audit.record_once(session, seat.agent, f"contact.{done}", subject, edit=str(made.id), field=made.field)
    also = contact_data.shared(session, made.customer_id, ContactField(made.field), made.after)
    return {"edit": profile.edit(made, agent_names(session)) | {"shared": also}}


def _decided(request: Request, db: Database, seat: Seat, edit_id: uuid.UUID, *, approve: bool) -> Json:
    with db.transaction() as session:
        made = contact_data.decide(session, edit_id, seat.agent, approve=approve)
        answer = _edited(session, seat, made, "approved" if approve else "refused")
    bells.ring(request)
    return answer


def _wish(session: Session, seat: Seat, change_id: uuid.UUID) -> ContactChange:
    wish = session.get(ContactChange, change_id)
    if wish is None:
        raise NotFound("There is no such wish.", about=change_id)
    find_customer(session, seat, wish.customer_id)
    if not any(each.id == wish.id for each in contact_data.wishes(session, wish.customer_id)):
        raise Conflict("That was decided already.", about=change_id)
    return wish


def _wished(wish: ContactChange, value: str | None) -> str:
    """What goes on file. What the customer did not ask for is a change of its own, with its own reason."""
    if wish.kind == ContactKind.ADDRESS:
        if not value:
            raise InvalidInput("Please write the postcode of the new address: that is what is kept.")
        return value
    if value not in (None, "", wish.value):
        raise InvalidInput("They asked for something else. Please use Change for this, and say why.")
    return wish.value


def _speaks(session: Session, seat: Seat, conversation_id: uuid.UUID) -> Conversation:
    """The conversation, locked: one's own, and for a supervisor any."""
    conversation = lock(session, Conversation, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation.", about=conversation_id)
    if conversation.agent_id != seat.agent.id and not seat.supervises:
        raise NotAllowed("Claim the conversation first.", about=conversation_id)
    return conversation


def _known(session: Session, conversation: Conversation) -> Customer | None:
    """The customer that this conversation has proven to be, as long as that holds."""
    try:
        return identity.customer_of(session, conversation, touch=False)
    except NotVerified:
        return None


def _plain(value: str, field: ContactField) -> str:
    """One line, without what no screen shows, and without card numbers (P3). A phone number may look like one."""
    line = "".join(letter for letter in clean(value) if letter.isprintable()).strip()
    return line if field == ContactField.PHONE else reason(line)
