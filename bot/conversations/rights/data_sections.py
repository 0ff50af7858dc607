"""What a copy of a customer's data holds (P5), table by table; what a column may not tell is not selected.

Left out are secrets and hashes, ids at providers, and who else is meant: agents are "desk". Notes that agents made of
the customer are in it (decision 18). What sections and columns are called says `policies/data_copy.yml`.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from bot.billing import ledger
from bot.conversations.rights.data_section import About, Query, Rows, Section, around, of, paid, talked
from bot.models import (
    Adjustment,
    Attachment,
    AuditEntry,
    Callback,
    CallbackEvent,
    Case,
    CaseEvent,
    Consent,
    ContactChange,
    ContactEdit,
    ContactField,
    Conversation,
    Customer,
    CustomerFactor,
    Delivery,
    Feedback,
    FollowUp,
    GateDecision,
    Handoff,
    HandoffEvent,
    Hold,
    HoldEvent,
    Instalment,
    Invoice,
    Mandate,
    Message,
    OutreachPause,
    Payment,
    PaymentShare,
    Plan,
    PlanEvent,
    Posting,
    Preference,
    Promise,
    Proposal,
    Refund,
    Reminder,
    Reversal,
    SentFile,
    ToneWish,
    VerificationUnlock,
)
from bot.phone_numbers import alike


def _person(about: About) -> Rows:
    c = Customer
    columns = (c.account_number, c.name, c.email, c.phone, c.language, c.time_zone, c.country, c.currency)
    return sa.select(c.id, *columns, c.customer_since, c.created_at).where(c.id == about.customer.id)


def _factors(about: About) -> Rows:
    """That there is one; of what it is, only a hash is kept."""
    return sa.select(CustomerFactor.kind, sa.literal("hash_only").label("value")).where(
        CustomerFactor.customer_id == about.customer.id
    )


def _conversations(about: About) -> Rows:
    c = Conversation
    return sa.select(c.id, c.channel, c.address, c.locale, c.created_at, c.last_message_at, c.closed_at).where(
        c.customer_id == about.customer.id
    )


def _attachments(about: About) -> Rows:
    a = Attachment
    messages = sa.select(Message.id).where(Message.conversation_id.in_(about.talks))
    return sa.select(a.id, a.message_id, a.file_name, a.content_type, a.size, a.status, a.created_at).where(
        a.message_id.in_(messages)
    )


def _shares(about: About) -> Rows:
    s = PaymentShare
    return sa.select(s.payment_id, s.position, s.invoice_id, s.amount, Payment.currency).where(
        Payment.id == s.payment_id, about.of_payments(s.payment_id)
    )


def _instalments(about: About) -> Rows:
    i = Instalment
    return sa.select(i.plan_id, i.number, i.due_on, i.amount, Plan.currency).where(
        Plan.id == i.plan_id, about.of_plans(i.plan_id)
    )


def _plan_events(about: About) -> Rows:
    e = PlanEvent
    return sa.select(e.id, e.plan_id, e.kind, e.at, e.terms).where(about.of_plans(e.plan_id))


def _postings(about: About) -> Rows:
    """The ledger's movements on their invoices and their credit."""
    p = Posting
    accounts = [*map(ledger.invoice_account, about.invoices), ledger.credit_account(about.customer.id)]
    return sa.select(p.id, p.source, p.destination, p.amount, p.currency, p.reverses, p.created_at).where(
        sa.or_(p.source.in_(accounts), p.destination.in_(accounts))
    )


def _consents(about: About) -> Rows:
    c = Consent
    own = (about.customer.phone, about.customer.email)
    addresses = [form for each in own if each for form in alike(each)]
    return sa.select(c.id, c.channel, c.address, c.purpose, c.granted, c.source, c.created_at).where(
        sa.or_(about.mine(c), c.address.in_(addresses))
    )


def _steps(kind: Any, parent: Any, *columns: InstrumentedAttribute[Any]) -> Query:
    """Steps of cases, holds and calls of theirs, without who took them."""
    link = getattr(kind, f"{parent.__name__.lower()}_id")
    return lambda about: sa.select(kind.id, link, kind.kind, *columns, kind.at).where(
        link.in_(sa.select(parent.id).where(about.mine(parent)))
    )


def _handoff_steps(about: About) -> Rows:
    e = HandoffEvent
    mine = sa.select(Handoff.id).where(Handoff.conversation_id.in_(about.talks))
    return sa.select(e.id, e.handoff_id, e.kind, e.note, e.at).where(e.handoff_id.in_(mine))


def _edits(about: About) -> Rows:
    """Of a postcode only that it changed: what is kept of it is a hash."""
    e, is_plain = ContactEdit, ContactEdit.field != ContactField.POSTCODE
    before, after = (sa.case((is_plain, column)).label(column.key) for column in (e.before, e.after))
    return sa.select(e.id, e.field, before, after, e.status, e.reason, e.proposed_at).where(
        e.customer_id == about.customer.id
    )


def _looks(about: About) -> Rows:
    """When somebody at the desk looked or acted; who it was is theirs."""
    a = AuditEntry
    subjects = [f"customer:{about.customer.id}", *(f"conversation:{talk}" for talk in about.talks)]
    return sa.select(a.id, a.at, a.action, sa.literal("desk").label("who")).where(a.subject.in_(subjects))


SECTIONS = (
    Section("customer", _person),
    Section("knowledge", _factors, parts=True),
    Section(
        "invoices",
        of(
            Invoice,
            Invoice.number,
            Invoice.description,
            Invoice.issued_on,
            Invoice.due_on,
            Invoice.amount,
            Invoice.currency,
        ),
    ),
    Section("ledger", _postings),
    Section(
        "payments",
        of(
            Payment,
            Payment.amount,
            Payment.currency,
            Payment.status,
            Payment.origin,
            Payment.created_at,
            Payment.settled_at,
        ),
    ),
    Section("payment_shares", _shares, parts=True),
    Section(
        "money_back",
        paid(
            Reversal,
            Reversal.payment_id,
            Reversal.kind,
            Reversal.amount,
            Reversal.currency,
            Reversal.status,
            Reversal.created_at,
        ),
    ),
    Section(
        "refunds",
        paid(Refund, Refund.payment_id, Refund.amount, Refund.currency, Refund.reason, Refund.status, Refund.asked_at),
    ),
    Section(
        "adjustments",
        of(
            Adjustment,
            Adjustment.invoice_id,
            Adjustment.kind,
            Adjustment.amount,
            Adjustment.currency,
            Adjustment.reason,
            Adjustment.status,
            Adjustment.proposed_at,
        ),
    ),
    Section(
        "plans",
        of(Plan, Plan.status, Plan.kind, Plan.frequency, Plan.total, Plan.discount, Plan.currency, Plan.created_at),
    ),
    Section("instalments", _instalments, parts=True),
    Section("plan_events", _plan_events),
    Section("proposals", of(Proposal, Proposal.asked, Proposal.outcome, Proposal.created_at)),
    Section(
        "promises",
        of(Promise, Promise.amount, Promise.currency, Promise.due_on, Promise.status, Promise.created_at),
    ),
    Section(
        "mandates",
        of(
            Mandate,
            Mandate.status,
            Mandate.wording,
            Mandate.card_brand,
            Mandate.card_last4,
            Mandate.consented_at,
            Mandate.withdrawn_at,
        ),
    ),
    Section("conversations", _conversations),
    Section(
        "messages",
        talked(
            Message,
            Message.conversation_id,
            Message.seq,
            Message.created_at,
            Message.author,
            Message.hidden,
            Message.text,
            Message.intent,
        ),
    ),
    Section("files", _attachments),
    Section(
        "sent_files", talked(SentFile, SentFile.file_name, SentFile.content_type, SentFile.size, SentFile.created_at)
    ),
    Section(
        "deliveries",
        talked(Delivery, Delivery.channel, Delivery.address, Delivery.status, Delivery.sent_at),
    ),
    Section("handoffs", talked(Handoff, Handoff.reason, Handoff.summary, Handoff.created_at)),
    Section("handoff_steps", _handoff_steps),
    Section(
        "follow_ups", talked(FollowUp, FollowUp.conversation_id, FollowUp.due_at, FollowUp.note, FollowUp.created_at)
    ),
    Section(
        "cases",
        around(Case, Case.kind, Case.status, Case.summary, Case.created_at),
    ),
    Section(
        "holds",
        around(Hold, Hold.kind, Hold.status, Hold.reason, Hold.created_at, Hold.lifted_at),
    ),
    Section("consents", _consents),
    Section(
        "preferences",
        around(Preference, Preference.kind, Preference.medium, Preference.value, Preference.created_at),
    ),
    Section("tone_wishes", of(ToneWish, ToneWish.tone, ToneWish.created_at)),
    Section(
        "reminders",
        of(
            Reminder,
            Reminder.kind,
            Reminder.step,
            Reminder.due_on,
            Reminder.status,
            Reminder.rule,
            Reminder.medium,
            Reminder.template,
            Reminder.language,
            Reminder.tone,
            Reminder.variant,
            Reminder.created_at,
            Reminder.settled_at,
        ),
    ),
    Section(
        "gate_decisions",
        of(GateDecision, GateDecision.about, GateDecision.medium, GateDecision.rule, GateDecision.at),
    ),
    Section(
        "outreach_pauses",
        of(OutreachPause, OutreachPause.reason, OutreachPause.until, OutreachPause.created_at, OutreachPause.ended_at),
    ),
    Section(
        "callbacks",
        around(Callback, Callback.phone, Callback.starts_at, Callback.ends_at, Callback.created_at),
    ),
    Section("case_steps", _steps(CaseEvent, Case, CaseEvent.outcome, CaseEvent.note)),
    Section("hold_steps", _steps(HoldEvent, Hold, HoldEvent.outcome, HoldEvent.reason)),
    Section("callback_steps", _steps(CallbackEvent, Callback, CallbackEvent.note)),
    Section(
        "feedback",
        around(Feedback, Feedback.rating, Feedback.comment, Feedback.about, Feedback.given_at),
    ),
    Section(
        "contact_wishes",
        of(ContactChange, ContactChange.kind, ContactChange.value, ContactChange.created_at),
    ),
    Section("contact_edits", _edits),
    Section(
        "unlocks",
        around(VerificationUnlock, VerificationUnlock.reason, VerificationUnlock.at),
    ),
    Section("access", _looks),
)
