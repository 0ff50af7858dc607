"""Which tone a customer is written to in: as they wish, else by their language and country (K12)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot import policies
from bot.conversations import tone_wishes
from bot.models import Customer
from bot.outreach.templates import language_of
from bot.policies import Tone


def of(session: Session, customer: Customer, language: str) -> Tone:
    """The tone for `customer`, who is written to in `language` (ISO 639-1 or BCP 47)."""
    return tone_wishes.of(session, customer.id) or usual(customer.country, language)


def usual(country: str, language: str) -> Tone:
    """The tone of who has wished for none."""
    return policies.tones().tone_of(language_of(language), country)
