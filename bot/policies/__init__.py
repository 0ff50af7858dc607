"""Policies: the operator's choices, from `policies/*.yml`, checked when they are first needed (design section 1, 6).

A wrong one fails with its file, its key and what is expected; `check_all` does that for all of them at start.
"""

from __future__ import annotations

from functools import cache

from bot.policies.adjustment import AdjustmentsPolicy
from bot.policies.answer import AnswersPolicy, Method, facts_in
from bot.policies.assignment import AssignmentPolicy
from bot.policies.canned_answer import CannedAnswersPolicy
from bot.policies.copy_words import DataCopyPolicy
from bot.policies.desk import DeskPolicy
from bot.policies.disclosure import DisclosuresPolicy
from bot.policies.document import Brand, DocumentsPolicy
from bot.policies.email import EmailPolicy
from bot.policies.escalation import EscalationPolicy
from bot.policies.file import FOLDER, Policy, PolicyInvalid, in_language, load, read
from bot.policies.hold import HoldsPolicy, Stop
from bot.policies.jurisdiction import Jurisdiction, strictest
from bot.policies.keyword import KeywordsPolicy
from bot.policies.kindness import KindnessPolicy
from bot.policies.language import LanguagesShown
from bot.policies.outreach import OutreachPolicy
from bot.policies.pack_check import check as check_packs
from bot.policies.payment import AutopayPolicy, PaymentsPolicy
from bot.policies.plan import PlansPolicy
from bot.policies.proof import IdentityPolicy
from bot.policies.reading import ReadingPolicy
from bot.policies.refusal import RefusalsPolicy
from bot.policies.right import RightsPolicy, in_country
from bot.policies.telling import TellingPolicy
from bot.policies.template import STEPS, FrameFile, KindFile
from bot.policies.template_variant import VariantsPolicy
from bot.policies.tone import Tone, TonesPolicy
from bot.policies.whatsapp_template import WhatsAppTemplate, WhatsAppTemplatesPolicy
from bot.policies.wrap_up import WrapUpPolicy

__all__ = [
    "FOLDER",
    "AdjustmentsPolicy",
    "AnswersPolicy",
    "AssignmentPolicy",
    "AutopayPolicy",
    "Brand",
    "CannedAnswersPolicy",
    "DeskPolicy",
    "DisclosuresPolicy",
    "DocumentsPolicy",
    "EmailPolicy",
    "EscalationPolicy",
    "HoldsPolicy",
    "IdentityPolicy",
    "Jurisdiction",
    "KeywordsPolicy",
    "KindnessPolicy",
    "LanguagesShown",
    "Method",
    "OutreachPolicy",
    "PaymentsPolicy",
    "PlansPolicy",
    "Policy",
    "PolicyInvalid",
    "ReadingPolicy",
    "RefusalsPolicy",
    "RightsPolicy",
    "Stop",
    "Tone",
    "TonesPolicy",
    "VariantsPolicy",
    "WhatsAppTemplate",
    "WhatsAppTemplatesPolicy",
    "WrapUpPolicy",
    "adjustments",
    "answers",
    "assignment",
    "autopay",
    "brand",
    "brand_name",
    "canned_answers",
    "check_all",
    "data_copy",
    "desk",
    "disclosures",
    "documents",
    "email",
    "escalation",
    "facts_in",
    "holds",
    "identity",
    "in_country",
    "in_language",
    "jurisdiction",
    "keywords",
    "kindness",
    "languages",
    "outreach",
    "payments",
    "plans",
    "read",
    "reading",
    "refusals",
    "rights",
    "telling",
    "template",
    "template_frame",
    "tones",
    "variants",
    "whatsapp_templates",
    "wrap_up",
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
def refusals() -> RefusalsPolicy:
    """`policies/refusals.yml`. Raises `PolicyInvalid`."""
    return read(RefusalsPolicy, FOLDER / "refusals.yml")


@cache
def rights() -> RightsPolicy:
    """`policies/rights.yml`. Raises `PolicyInvalid`."""
    return read(RightsPolicy, FOLDER / "rights.yml")


@cache
def reading(language: str) -> ReadingPolicy:
    """`policies/reading/<language>.yml` (ISO 639-1). Raises `PolicyInvalid`."""
    return read(ReadingPolicy, FOLDER / "reading" / f"{language}.yml")


@cache
def telling(language: str) -> TellingPolicy:
    """`policies/telling/<language>.yml` (ISO 639-1). Raises `PolicyInvalid`."""
    return read(TellingPolicy, FOLDER / "telling" / f"{language}.yml")


@cache
def data_copy() -> DataCopyPolicy:
    """`policies/data_copy.yml`. Raises `PolicyInvalid`."""
    return read(DataCopyPolicy, FOLDER / "data_copy.yml")


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
def languages() -> LanguagesShown:
    """`policies/languages.yml`. Raises `PolicyInvalid`."""
    return read(LanguagesShown, FOLDER / "languages.yml")


@cache
def kindness() -> KindnessPolicy:
    """`policies/kindness.yml`. Raises `PolicyInvalid`."""
    return read(KindnessPolicy, FOLDER / "kindness.yml")


@cache
def desk() -> DeskPolicy:
    """`policies/desk.yml`. Raises `PolicyInvalid`."""
    return read(DeskPolicy, FOLDER / "desk.yml")


@cache
def email() -> EmailPolicy:
    """`policies/email.yml`. Raises `PolicyInvalid`."""
    return read(EmailPolicy, FOLDER / "email.yml")


@cache
def escalation() -> EscalationPolicy:
    """`policies/escalation.yml`. Raises `PolicyInvalid`."""
    return read(EscalationPolicy, FOLDER / "escalation.yml")


@cache
def outreach() -> OutreachPolicy:
    """`policies/outreach.yml`. Raises `PolicyInvalid`."""
    return read(OutreachPolicy, FOLDER / "outreach.yml")


@cache
def jurisdiction(country: str) -> Jurisdiction:
    """What the law of `country` (ISO 3166) asks, by `policies/jurisdictions/`; where the operator has chosen no file
    for it, the strictest of all that are chosen. Raises `PolicyInvalid`."""
    chosen = outreach().jurisdictions
    if country in chosen:
        return read(Jurisdiction, FOLDER / "jurisdictions" / f"{chosen[country]}.yml")
    return strictest([jurisdiction(one) for one in sorted(chosen)])


@cache
def disclosures() -> DisclosuresPolicy:
    """`policies/disclosures.yml`. Raises `PolicyInvalid`."""
    return read(DisclosuresPolicy, FOLDER / "disclosures.yml")


@cache
def assignment() -> AssignmentPolicy:
    """`policies/assignment.yml`. Raises `PolicyInvalid`."""
    return read(AssignmentPolicy, FOLDER / "assignment.yml")


@cache
def whatsapp_templates() -> WhatsAppTemplatesPolicy:
    """`policies/whatsapp_templates.yml`. Raises `PolicyInvalid`."""
    return read(WhatsAppTemplatesPolicy, FOLDER / "whatsapp_templates.yml")


@cache
def tones() -> TonesPolicy:
    """`policies/tones.yml`. Raises `PolicyInvalid`."""
    return read(TonesPolicy, FOLDER / "tones.yml")


@cache
def template(language: str, kind: str) -> KindFile:
    """The messages of `kind` in `language`, one of `tones().languages`. Raises `PolicyInvalid`."""
    return read(KindFile, FOLDER / "templates" / language / f"{kind}.yml")


@cache
def template_frame(language: str) -> FrameFile:
    """What stands around messages in `language`, one of `tones().languages`. Raises `PolicyInvalid`."""
    return read(FrameFile, FOLDER / "templates" / language / "frame.yml")


@cache
def variants() -> VariantsPolicy:
    """`policies/variants.yml`. Raises `PolicyInvalid`."""
    return read(VariantsPolicy, FOLDER / "variants.yml")


@cache
def canned_answers() -> CannedAnswersPolicy:
    """`policies/canned_answers.yml`. Raises `PolicyInvalid`."""
    return read(CannedAnswersPolicy, FOLDER / "canned_answers.yml")


@cache
def wrap_up() -> WrapUpPolicy:
    """`policies/wrap_up.yml`. Raises `PolicyInvalid`."""
    return read(WrapUpPolicy, FOLDER / "wrap_up.yml")


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
    refusals()
    rights()
    data_copy()
    identity()
    keywords()
    kindness()
    languages()
    desk()
    email()
    escalation()
    whatsapp_templates()
    canned_answers()
    wrap_up()
    documents()
    for language in tones().languages:
        template_frame(language)
        for kind in STEPS:
            template(language, kind)
    variants()
    for path in sorted((FOLDER / "jurisdictions").glob("*.yml")):
        read(Jurisdiction, path)
    check_packs(
        {country: (name, jurisdiction(country)) for country, name in outreach().jurisdictions.items()},
        disclosures=disclosures(),
        languages=tones().languages,
        brand=brand(),
        keywords=keywords(),
        plans=plans(),
    )
    for path in sorted((FOLDER / "reading").glob("*.yml")):
        reading(path.stem)
    for path in sorted((FOLDER / "telling").glob("*.yml")):
        telling(path.stem)
    brand()
    brand_name()
