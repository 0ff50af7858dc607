"""All tables, one group a file."""

from bot.models.agent import Agent, AgentSession, AuditEntry, Role, SignInThrottle
from bot.models.conversation import (
    Author,
    Channel,
    Conversation,
    Delivery,
    DeliveryStatus,
    Holder,
    Message,
)
from bot.models.customer import Customer, CustomerFactor, FactorKind
from bot.models.external_event import ExternalEvent, Source
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
from bot.models.payment import Payment, PaymentShare, PaymentStatus
from bot.models.plan import Instalment, Plan, PlanEvent, PlanInvoice, PlanStatus, Promise, PromiseStatus
from bot.models.verification import VerificationChallenge, VerificationLock

__all__ = [
    "Agent",
    "AgentSession",
    "AuditEntry",
    "Author",
    "Case",
    "CaseStatus",
    "Channel",
    "Conversation",
    "Customer",
    "CustomerFactor",
    "Delivery",
    "DeliveryStatus",
    "ExternalEvent",
    "FactorKind",
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
    "Message",
    "Payment",
    "PaymentShare",
    "PaymentStatus",
    "Plan",
    "PlanEvent",
    "PlanInvoice",
    "PlanStatus",
    "Posting",
    "Promise",
    "PromiseStatus",
    "Role",
    "SignInThrottle",
    "Source",
    "VerificationChallenge",
    "VerificationLock",
]  # fmt: skip
