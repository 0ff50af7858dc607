"""Policies: the operator's choices, from `policies/*.yml`, checked when they are first needed (design section 1, 6).

A wrong one fails with its file, its key and what is expected; `check_all` does that for all of them at start.
"""

from __future__ import annotations

from functools import cache

from bot.policies.adjustment import AdjustmentsPolicy
from bot.policies.answer import AnswersPolicy, Method, facts_in
from bot.policies.desk import DeskPolicy
from bot.policies.document import Brand, DocumentsPolicy
from bot.policies.file import FOLDER, Policy, PolicyInvalid, in_language, load, read
from bot.policies.hold import HoldsPolicy, Stop
from bot.policies.keyword import KeywordsPolicy
from bot.policies.payment import AutopayPolicy, PaymentsPolicy
from bot.policies.plan import PlansPolicy
from bot.policies.proof import IdentityPolicy
from bot.policies.right import RightsPolicy, in_country
from bot.policies.whatsapp_template import WhatsAppTemplate, WhatsAppTemplatesPolicy

__all__ = [
    "FOLDER",
    "AdjustmentsPolicy",
    "AnswersPolicy",
    "AutopayPolicy",
    "Brand",
    "DeskPolicy",
    "DocumentsPolicy",
    "HoldsPolicy",
    "IdentityPolicy",
    "KeywordsPolicy",
    "Method",
    "PaymentsPolicy",
    "PlansPolicy",
    "Policy",
    "PolicyInvalid",
    "RightsPolicy",
    "Stop",
    "WhatsAppTemplate",
    "WhatsAppTemplatesPolicy",
    "adjustments",
    "answers",
    "autopay",
    "brand",
    "brand_name",
    "check_all",
    "desk",
    "documents",
    "facts_in",
    "holds",
    "identity",
    "in_country",
    "in_language",
    "keywords",
    "payments",
    "plans",
    "read",
    "rights",
    "whatsapp_templates",
]


@cache
def plans() -> PlansPolicy:
    """`policies/plans.yml`. Raises `PolicyInvalid`."""
    return read(PlansPolicy, FOLDER / "plans.yml")


@cache
def payments() -> PaymentsPolicy:
    """`policies/payments.yml`. Raises `PolicyInvalid`."""
    return read(PaymentsPolicy, FOLDER / "payments.yml")


@cache
def autopay() -> AutopayPolicy:
    """`policies/autopay.yml`. Raises `PolicyInvalid`."""
    return read(AutopayPolicy, FOLDER / "autopay.yml")


@cache
def adjustments() -> AdjustmentsPolicy:
    """`policies/adjustments.yml`. Raises `PolicyInvalid`."""
    return read(AdjustmentsPolicy, FOLDER / "adjustments.yml")


@cache
def holds() -> HoldsPolicy:
    """`policies/holds.yml`. Raises `PolicyInvalid`."""
    return read(HoldsPolicy, FOLDER / "holds.yml")


@cache
def rights() -> RightsPolicy:
    """`policies/rights.yml`. Raises `PolicyInvalid`."""
    return read(RightsPolicy, FOLDER / "rights.yml")


@cache
def answers() -> AnswersPolicy:
    """`policies/answers.yml`. Raises `PolicyInvalid`."""
    return read(AnswersPolicy, FOLDER / "answers.yml")


@cache
def identity() -> IdentityPolicy:
    """`policies/identity.yml`. Raises `PolicyInvalid`."""
    return read(IdentityPolicy, FOLDER / "identity.yml")


@cache
def keywords() -> KeywordsPolicy:
    """`policies/keywords.yml`. Raises `PolicyInvalid`."""
    return read(KeywordsPolicy, FOLDER / "keywords.yml")


@cache
def desk() -> DeskPolicy:
    """`policies/desk.yml`. Raises `PolicyInvalid`."""
    return read(DeskPolicy, FOLDER / "desk.yml")


@cache
def whatsapp_templates() -> WhatsAppTemplatesPolicy:
    """`policies/whatsapp_templates.yml`. Raises `PolicyInvalid`."""
    return read(WhatsAppTemplatesPolicy, FOLDER / "whatsapp_templates.yml")


@cache
def documents() -> DocumentsPolicy:
    """`policies/documents.yml`. Raises `PolicyInvalid`."""
    return read(DocumentsPolicy, FOLDER / "documents.yml")


@cache
def brand() -> Brand:
    """What documents say of the business, from `policies/brand.yml`. Raises `PolicyInvalid`."""
    return read(Brand, FOLDER / "brand.yml")


@cache
def brand_name() -> str:
    """The business's name: `name` in `policies/brand.yml`, which holds more than that. Raises `PolicyInvalid`."""
    name = load(FOLDER / "brand.yml").get("name")
    if not isinstance(name, str) or not name.strip():
        raise PolicyInvalid("policies/brand.yml: name: the business's name is expected")
    return name.strip()


def check_all() -> None:
    """Read every policy, so that a wrong one is found at start. Raises `PolicyInvalid`."""
    plans()
    payments()
    autopay()
    adjustments()
    answers()
    holds()
    rights()
    identity()
    keywords()
    desk()
    whatsapp_templates()
    documents()
    brand()
    brand_name()
