"""All tables, one group a file."""

from bot.models.adjustment import Adjustment, AdjustmentKind, AdjustmentStatus
from bot.models.agent import Agent, AgentSession, AuditEntry, RecoveryCode, Role, SignInThrottle
from bot.models.attachment import Attachment, AttachmentStatus
from bot.models.callback import Callback, ContactChange, ContactKind
from bot.models.consent import Consent, ConsentSource, Purpose
from bot.models.conversation import (
    Author,
    Channel,
    Conversation,
    Holder,
    Message,
    Provider,
)
from bot.models.customer import Customer, CustomerFactor, FactorKind
from bot.models.delivery import Delivery, DeliveryStatus, StoredContent
from bot.models.document import Document, DocumentKind
from bot.models.external_event import ExternalEvent, Source
from bot.models.feedback import Feedback
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
from bot.models.reconciliation import Cursor, Mismatch, MismatchKind, MismatchStatus
from bot.models.review import Review, ReviewKind, ReviewStatus, Unfit
from bot.models.verification import VerificationChallenge, VerificationLock

__all__ = [
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
    "Callback",
    "Case",
    "CaseStatus",
    "Channel",
    "Consent",
    "ConsentSource",
    "ContactChange",
    "ContactKind",
    "Conversation",
    "Cursor",
    "Customer",
    "CustomerFactor",
    "Delivery",
    "DeliveryStatus",
    "Document",
    "DocumentKind",
    "ExternalEvent",
    "FactorKind",
    "Feedback",
    "Frequency",
    "Handoff",
    "HandoffEvent",
    "HandoffEventKind",
    "Heartbeat",
    "Hold",
    "HoldKind",
    "HoldStatus",
    "Holder",
    "Instalment",
    "Invoice",
    "Mandate",
    "MandateStatus",
    "Medium",
    "Message",
    "Mismatch",
    "MismatchKind",
    "MismatchStatus",
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
    "Promise",
    "PromiseStatus",
    "Proposal",
    "ProposalOutcome",
    "Provider",
    "Purpose",
    "RecoveryCode",
    "Refund",
    "RefundStatus",
    "Reversal",
    "ReversalKind",
    "ReversalStatus",
    "Review",
    "ReviewKind",
    "ReviewStatus",
    "Role",
    "SignInThrottle",
    "Source",
    "StoredContent",
    "Unfit",
    "VerificationChallenge",
    "VerificationLock",
]  # fmt: skip
