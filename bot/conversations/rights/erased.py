"""What becomes of each table when a customer is forgotten (P5): each part is a transaction, and may be done again.

What the law asks to keep stays: postings, invoices, payments, plans and who did what, without words about a person.
Refusals outlive their address as its keyed hash, so that nobody is written to who had asked for silence (C5).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot import clock, policies
from bot.billing.identity import refusals
from bot.billing.identity import verification_locks as locks
from bot.conversations.rights.theirs import Theirs, about, addresses
from bot.db import Base
from bot.models import (
    Adjustment,
    Attachment,
    AttachmentStatus,
    Callback,
    CallbackEvent,
    Case,
    CaseEvent,
    CaseStatus,
    Channel,
    Consent,
    ContactChange,
    ContactEdit,
    Conversation,
    Customer,
    CustomerFactor,
    Delivery,
    DeliveryStatus,
    Document,
    EditStatus,
    Erasure,
    ErasureScope,
    Feedback,
    FollowUp,
    Handoff,
    HandoffEvent,
    Hold,
    HoldEvent,
    Invoice,
    Mandate,
    Message,
    Mismatch,
    OutreachPause,
    Payment,
    Preference,
    Proposal,
    Refund,
    Review,
    SentFile,
    ToneWish,
    VerificationChallenge,
    VerificationLock,
    VerificationUnlock,
)
from bot.phone_numbers import alike

GOING = (DeliveryStatus.QUEUED, DeliveryStatus.UNCERTAIN)
WAITING = (*GOING, DeliveryStatus.HELD)
NOBODY = "Erased"

Column = InstrumentedAttribute[Any]


Part = Callable[[Session, Theirs], None]


def parts(scope: ErasureScope) -> tuple[Part, ...]:
    """The parts of an erasure in their order: who they are comes last, because by it the others find what is theirs."""
    return WORDS if scope == ErasureScope.WORDS else EVERYTHING


def is_on_its_way(session: Session, of: Theirs) -> bool:
    """Whether something is being sent to them, or they wait for the assistant's answer."""
    asked = sa.select(Message.id).where(Message.conversation_id.in_(of.conversations), Message.pending.is_(True))
    going = sa.select(Delivery.id).where(Delivery.conversation_id.in_(of.conversations), Delivery.status.in_(GOING))
    return any(session.scalar(each.limit(1)) is not None for each in (asked, going))


def end_proofs(session: Session, of: Theirs) -> None:
    """Nobody is taken for them any more, from the approval on."""
    _set(session, Conversation, Conversation.customer_id == of.customer.id, verified_until=None)


def _gather(session: Session, of: Theirs) -> None:
    """What was said on their number or e-mail address before anybody proved who they are is theirs, where nobody else
    has it.
    What they have proven ends."""
    end_proofs(session, of)
    _gather_from(session, of, Customer.phone, alike(of.customer.phone) if of.customer.phone else ())
    _gather_from(session, of, Customer.email, (of.customer.email,) if of.customer.email else ())


def _gather_from(session: Session, of: Theirs, on_file: Any, own: Sequence[str]) -> None:
    others = sa.select(Customer.id).where(on_file.in_(own), Customer.id != of.customer.id)
    if not own or session.scalar(others.limit(1)) is not None:
        return
    _set(
        session,
        Conversation,
        sa.and_(
            Conversation.customer_id.is_(None),
            Conversation.channel != Channel.WEB,
            Conversation.address.in_(own),
        ),
        customer_id=of.customer.id,
    )


def _deliveries(session: Session, of: Theirs) -> None:
    """What is still on its way stays here; of what went out, only that it did."""
    mine = sa.or_(Delivery.conversation_id.in_(of.conversations), Delivery.address.in_(addresses(session, of)))
    _set(
        session,
        Delivery,
        sa.and_(mine, Delivery.status.in_(WAITING)),
        status=DeliveryStatus.WITHHELD,
        error="erased",
        changed_at=clock.now(),
    )
    _set(session, Delivery, mine, address="", body="", content=None, provider_id=None)


def _sent(session: Session, of: Theirs) -> None:
    """The same while they stay a customer. What is being sent has gone out by now (`is_on_its_way`); what waited for
    them to write again would go without its words, and stays here."""
    mine = Delivery.conversation_id.in_(of.conversations)
    is_held = sa.and_(mine, Delivery.status == DeliveryStatus.HELD)
    _set(session, Delivery, is_held, status=DeliveryStatus.WITHHELD, error="erased", changed_at=clock.now())
    _set(session, Delivery, sa.and_(mine, Delivery.status.not_in(WAITING)), body="", content=None)


def _files(session: Session, of: Theirs) -> None:
    _set(
        session,
        Attachment,
        Attachment.message_id.in_(of.messages),
        status=AttachmentStatus.LOST,
        reference="",
        file_name=None,
        body=None,
    )
    _set(session, SentFile, SentFile.conversation_id.in_(of.conversations), file_name="", body=None)


def _messages(session: Session, of: Theirs) -> None:
    """A line stays where something was said, so that counts of what was said stay right; sentences that agents proposed
    to learn go."""
    session.execute(
        sa.delete(Review).where(Review.message_id.in_(of.messages)).execution_options(synchronize_session=False)
    )
    words = policies.in_language(policies.rights().erased, of.customer.language)
    # What is gone already is not written again: the last part looks once more.
    columns = (Message.payload, Message.buttons, Message.card, Message.client_id)
    is_left = sa.or_(Message.text != words, Message.pending.is_(True), *(each.is_not(None) for each in columns))
    _set(
        session,
        Message,
        sa.and_(Message.conversation_id.in_(of.conversations), is_left),
        text=words,
        payload=None,
        buttons=None,
        card=None,
        client_id=None,
        pending=False,
    )
    _set(session, Conversation, Conversation.customer_id == of.customer.id, dialogue_reset=True)


def _hand_overs(session: Session, of: Theirs) -> None:
    mine = sa.select(Handoff.id).where(Handoff.conversation_id.in_(of.conversations))
    _set(session, HandoffEvent, HandoffEvent.handoff_id.in_(mine), note=None)
    _set(session, Handoff, Handoff.conversation_id.in_(of.conversations), summary={})
    _set(session, FollowUp, FollowUp.conversation_id.in_(of.conversations), note="")
    _set(session, Feedback, about(Feedback, of), comment=None)


def _latest(session: Session, of: Theirs) -> None:
    """What was said while the parts before were done."""
    _files(session, of)
    _messages(session, of)
    _hand_overs(session, of)


def _cases(session: Session, of: Theirs) -> None:
    mine = sa.select(Case.id).where(about(Case, of))
    calls = sa.select(Callback.id).where(about(Callback, of))
    _set(session, CaseEvent, CaseEvent.case_id.in_(mine), note="")
    _set(session, CallbackEvent, CallbackEvent.callback_id.in_(calls), note=None)
    _set(session, Callback, about(Callback, of), phone=None)
    _set(session, Case, about(Case, of), summary="", status=CaseStatus.DONE)


def _holds(session: Session, of: Theirs) -> None:
    mine = sa.or_(about(Hold, of), sa.and_(Hold.customer_id.is_(None), Hold.address.in_(addresses(session, of))))
    _set(session, HoldEvent, HoldEvent.hold_id.in_(sa.select(Hold.id).where(mine)), reason="")
    _set(session, Hold, mine, reason="", address=None)


def _wishes(session: Session, of: Theirs) -> None:
    session.execute(sa.delete(Preference).where(about(Preference, of)).execution_options(synchronize_session=False))
    _set(session, OutreachPause, OutreachPause.customer_id == of.customer.id, reason="")
    toned = ToneWish.customer_id == of.customer.id
    session.execute(sa.delete(ToneWish).where(toned).execution_options(synchronize_session=False))
    _set(session, Proposal, Proposal.customer_id == of.customer.id, asked={})


def _consents(session: Session, of: Theirs) -> None:
    """A yes or no stays under the keyed hash of its address."""
    own = addresses(session, of)
    mine = sa.or_(about(Consent, of), Consent.address.in_(own))
    for address in session.scalars(sa.select(Consent.address).where(mine).distinct()).all():
        if address in own and not refusals.is_forgotten(address):
            _set(session, Consent, Consent.address == address, address=refusals.forgotten(address), detail=None)


def _money(session: Session, of: Theirs) -> None:
    """Amounts, dates and who decided stay; reasons, and the customer's name in a description, go."""
    _set(session, Adjustment, Adjustment.customer_id == of.customer.id, reason="", reversed_for=None)
    _set(session, Refund, Refund.payment_id.in_(of.payments), reason="")
    _set(session, Mismatch, Mismatch.payment_id.in_(of.payments), note=None)
    _set(session, Payment, Payment.customer_id == of.customer.id, checkout_url=None)
    _set(
        session,
        Mandate,
        Mandate.customer_id == of.customer.id,
        wording="",
        stripe_customer=None,
        payment_method=None,
        card_brand=None,
        card_last4=None,
        card_exp_month=None,
        card_exp_year=None,
    )
    session.execute(
        sa.delete(Document).where(Document.customer_id == of.customer.id).execution_options(synchronize_session=False)
    )
    for invoice in session.scalars(sa.select(Invoice).where(Invoice.customer_id == of.customer.id)):
        invoice.description = without_person(of.customer, invoice.description)


def _proofs(session: Session, of: Theirs) -> None:
    mine = sa.or_(
        VerificationChallenge.customer_id == of.customer.id,
        VerificationChallenge.conversation_id.in_(of.conversations),
    )
    for doomed in (
        sa.delete(VerificationChallenge).where(mine),
        sa.delete(CustomerFactor).where(CustomerFactor.customer_id == of.customer.id),
        sa.delete(VerificationLock).where(VerificationLock.subject == locks.account(of.customer.id)),
    ):
        session.execute(doomed.execution_options(synchronize_session=False))
    _set(session, VerificationUnlock, about(VerificationUnlock, of), reason="")


def _person(session: Session, of: Theirs) -> None:
    """Who they are, last, with what came meanwhile: language, zone and country stay, because amounts and dates are read
    by them."""
    for again in (_gather, _deliveries, _latest, _cases, _holds, _consents):
        again(session, of)
    _set(session, ContactChange, ContactChange.customer_id == of.customer.id, value="")
    edits = ContactEdit.customer_id == of.customer.id
    _set(session, ContactEdit, sa.and_(edits, ContactEdit.status == EditStatus.PROPOSED), status=EditStatus.REFUSED)
    _set(session, ContactEdit, edits, before=None, after=None, reason="")
    _set(session, Erasure, Erasure.customer_id == of.customer.id, reason="")
    mine = Conversation.customer_id == of.customer.id
    _set(session, Conversation, mine, address=None, provider=None, verified_until=None)
    of.customer.name = NOBODY
    of.customer.email = of.customer.phone = of.customer.customer_since = None
    session.flush()


WORDS: tuple[Part, ...] = (_sent, _files, _messages, _hand_overs, _latest)
EVERYTHING: tuple[Part, ...] = (
    _gather, _deliveries, _files, _messages, _hand_overs, _cases, _holds, _wishes, _consents, _money, _proofs, _person,
)  # fmt: skip


def without_person(customer: Customer, text: str) -> str:
    """`text` without the customer's name, e-mail address and number where they stand as whole words."""
    for own in sorted((customer.name, customer.email or "", customer.phone or ""), key=len, reverse=True):
        if own.strip():
            text = re.sub(rf"(?<!\w){re.escape(own.strip())}(?!\w)", "…", text, flags=re.IGNORECASE)
    return text


def _set(session: Session, kind: type[Base], which: sa.ColumnElement[bool], **values: Any) -> None:
    session.execute(sa.update(kind).where(which).values(values).execution_options(synchronize_session=False))
