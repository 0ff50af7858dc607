"""All tables, one group a file."""

from bot.models.adjustment import Adjustment, AdjustmentKind, AdjustmentStatus
from bot.models.agent import Agent, AgentSession, AuditEntry, RecoveryCode, Role, SignInThrottle
from bot.models.attachment import Attachment, AttachmentStatus
from bot.models.callback import Callback, CallbackEvent, CallbackEventKind, ContactChange, ContactKind
from bot.models.canned_answer import CannedAnswer
from bot.models.consent import Consent, ConsentSource, Purpose
from bot.models.contact_edit import ContactEdit, ContactField, EditStatus, VerificationUnlock
from bot.models.conversation import (
    Author,
    Channel,
    Conversation,
    Holder,
    Message,
    Provider,
)
from bot.models.customer import Customer, CustomerFactor, FactorKind
from bot.models.decision import CaseEvent, CaseEventKind, CaseOutcome, DisputeOutcome, HoldEnd, HoldEvent, HoldEventKind
from bot.models.delivery import Delivery, DeliveryStatus, StoredContent
from bot.models.document import Document, DocumentKind
from bot.models.erasure import Erasure, ErasureScope, ErasureStatus
from bot.models.external_event import ExternalEvent, Source
from bot.models.feedback import Feedback
from bot.models.follow_up import FollowUp
from bot.models.handoff import (
    Case,
    CaseStatus,
    Handoff,
    HandoffEvent,
    HandoffEventKind,
    Hold,
    HoldKind,
    HoldStatus,
)
from bot.models.heartbeat import Heartbeat
from bot.models.invoice import Invoice
from bot.models.ledger import Posting
from bot.models.mandate import Mandate, MandateStatus
from bot.models.mention import Mention
from bot.models.offer import HandoffTarget, Offer, OfferOutcome
from bot.models.outreach import GateDecision, OutreachPause, Reminder, ReminderKind, ReminderStatus
from bot.models.payment import (
    Payment,
    PaymentOrigin,
    PaymentShare,
    PaymentStatus,
    Refund,
    RefundStatus,
    Reversal,
    ReversalKind,
    ReversalStatus,
)
from bot.models.plan import (
    Approval,
    Frequency,
    Instalment,
    Plan,
    PlanEvent,
    PlanEventKind,
    PlanInvoice,
    PlanKind,
    PlanStatus,
    Promise,
    PromiseStatus,
    Proposal,
    ProposalOutcome,
)
from bot.models.preference import Medium, Preference, PreferenceKind
from bot.models.presence import Ability, Availability, Notice, NoticeKind, Presence
from bot.models.read_mark import ReadMark
from bot.models.reconciliation import Cursor, Mismatch, MismatchKind, MismatchStatus
from bot.models.review import Review, ReviewKind, ReviewStatus, Unfit
from bot.models.sent_file import SentFile
from bot.models.tone_wish import ToneWish
from bot.models.verification import VerificationChallenge, VerificationLock
from bot.models.wrap_up import WrapUp

__all__ = [
    "Ability",
    "Adjustment",
    "AdjustmentKind",
    "AdjustmentStatus",
    "Agent",
    "AgentSession",
    "Approval",
    "Attachment",
    "AttachmentStatus",
    "AuditEntry",
    "Author",
    "Availability",
    "Callback",
    "CallbackEvent",
    "CallbackEventKind",
    "CannedAnswer",
    "Case",
    "CaseEvent",
    "CaseEventKind",
    "CaseOutcome",
    "CaseStatus",
    "Channel",
    "Consent",
    "ConsentSource",
    "ContactChange",
    "ContactEdit",
    "ContactField",
    "ContactKind",
    "Conversation",
    "Cursor",
    "Customer",
    "CustomerFactor",
    "Delivery",
    "DeliveryStatus",
    "DisputeOutcome",
    "Document",
    "DocumentKind",
    "EditStatus",
    "Erasure",
    "ErasureScope",
    "ErasureStatus",
    "ExternalEvent",
    "FactorKind",
    "Feedback",
    "FollowUp",
    "Frequency",
    "GateDecision",
    "Handoff",
    "HandoffEvent",
    "HandoffEventKind",
    "HandoffTarget",
    "Heartbeat",
    "Hold",
    "HoldEnd",
    "HoldEvent",
    "HoldEventKind",
    "HoldKind",
    "HoldStatus",
    "Holder",
    "Instalment",
    "Invoice",
    "Mandate",
    "MandateStatus",
    "Medium",
    "Mention",
    "Message",
    "Mismatch",
    "MismatchKind",
    "MismatchStatus",
    "Notice",
    "NoticeKind",
    "Offer",
    "OfferOutcome",
    "OutreachPause",
    "Payment",
    "PaymentOrigin",
    "PaymentShare",
    "PaymentStatus",
    "Plan",
    "PlanEvent",
    "PlanEventKind",
    "PlanInvoice",
    "PlanKind",
    "PlanStatus",
    "Posting",
    "Preference",
    "PreferenceKind",
    "Presence",
    "Promise",
    "PromiseStatus",
    "Proposal",
    "ProposalOutcome",
    "Provider",
    "Purpose",
    "ReadMark",
    "RecoveryCode",
    "Refund",
    "RefundStatus",
    "Reminder",
    "ReminderKind",
    "ReminderStatus",
    "Reversal",
    "ReversalKind",
    "ReversalStatus",
    "Review",
    "ReviewKind",
    "ReviewStatus",
    "Role",
    "SentFile",
    "SignInThrottle",
    "Source",
    "StoredContent",
    "ToneWish",
    "Unfit",
    "VerificationChallenge",
    "VerificationLock",
    "VerificationUnlock",
    "WrapUp",
]  # fmt: skip
