"""Receipts and statements, and what of the business stands on them."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, field_validator, model_validator

from bot.policies.file import Policy, fields_of

Sentence = Annotated[str, Field(min_length=1, max_length=400)]
# What a sentence fills in; one that is not named here fills in nothing.
FIELDS = {
    "page": {"page", "pages"},
    "reach_contact": {"contact"},
    "more_invoices": {"count"},
    "receipt_returned": {"amount"},
    "receipt_balance": {"balance"},
    "statement_thanks": {"amount", "start"},
    "settled_unlisted": {"count"},
    "adjusted": {"amount"},
    "plan_progress": {"paid", "total"},
    "plan_begun": {"total"},
    "plan_discount": {"discount"},
    "line_closing": {"date"},
    "line_billed": {"number"},
}


class DocumentWords(Policy):
    """Every word of a document in one language (K12). `receipt_file` and `statement_file` name the downloads."""

    page: Sentence
    customer: Sentence
    account: Sentence
    reach: Sentence
    reach_contact: Sentence
    receipt_title: Sentence
    receipt_file: str = Field(pattern="^[a-z-]{1,40}$")
    receipt_thanks: Sentence
    receipt_number: Sentence
    receipt_paid_at: Sentence
    receipt_applied: Sentence
    more_invoices: Sentence
    receipt_credit: Sentence
    receipt_total: Sentence
    receipt_returned: Sentence
    receipt_balance: Sentence
    statement_title: Sentence
    statement_file: str = Field(pattern="^[a-z-]{1,40}$")
    statement_as_of: Sentence
    statement_open: Sentence
    statement_review: Sentence
    statement_credit: Sentence
    line_balance: Sentence
    statement_clear: Sentence
    statement_way: Sentence
    statement_review_note: Sentence
    statement_thanks: Sentence
    invoices_title: Sentence
    settled_unlisted: Sentence
    invoice: Sentence
    description: Sentence
    issued: Sentence
    due: Sentence
    amount: Sentence
    paid: Sentence
    open: Sentence
    under_review: Sentence
    adjusted: Sentence
    plan_title: Sentence
    plan_progress: Sentence
    plan_begun: Sentence
    plan_discount: Sentence
    plan_due: Sentence
    lines_title: Sentence
    line_date: Sentence
    line_what: Sentence
    line_opening: Sentence
    line_closing: Sentence
    line_billed: Sentence
    line_payment: Sentence
    line_earlier: Sentence
    line_returned: Sentence
    line_let_off: Sentence
    line_discount: Sentence
    line_adjusted: Sentence
    lines_minus: Sentence
    expired_title: Sentence
    expired_body: Sentence
    unknown_title: Sentence
    unknown_body: Sentence
    busy_title: Sentence
    busy_body: Sentence

    @model_validator(mode="after")
    def _fields(self) -> DocumentWords:
        for name in type(self).model_fields:
            wanted = FIELDS.get(name, set())
            if fields_of(getattr(self, name)) != wanted:
                raise ValueError(f"{name} has to use {', '.join(sorted(wanted)) or 'nothing'} in braces, each plainly")
        return self


class DocumentsPolicy(Policy):
    """Receipts and statements (K15). `statement_lines` bounds the size of a PDF; `letter` are ISO 3166 codes."""

    link_hours: int = Field(ge=1, le=24 * 31)
    statement_months: int = Field(ge=1, le=120)
    statement_lines: int = Field(ge=10, le=200)
    letter: list[Annotated[str, Field(pattern="^[A-Z]{2}$")]]
    words: dict[Annotated[str, Field(pattern="^[a-z]{2,3}$")], DocumentWords]

    @field_validator("words")
    @classmethod
    def _english(cls, words: dict[str, DocumentWords]) -> dict[str, DocumentWords]:
        if "en" not in words:
            raise ValueError("words need an English entry, which serves where a language is missing")
        return words


class Brand(Policy):
    """What a document says of the business: `policies/brand.yml`, which holds more than that. `registration` is the
    number by which it is registered, with its name, by country (ISO 3166) or `any` (C10)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = Field(min_length=1, max_length=100)
    address: list[str] = Field(default_factory=list, max_length=6)
    registration: dict[Annotated[str, Field(pattern="^(?:any|[A-Z]{2})$")], str] = Field(default_factory=dict)
    email: str | None = None
    phone: str | None = None
    website: str | None = None
