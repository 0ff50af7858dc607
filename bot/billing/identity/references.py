"""What a customer may call an account by: its number, an e-mail address or a phone number, as people write them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import phonenumbers
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.models import Customer
from bot.models.customer import account_key

LONGEST = 254


def find_customer(session: Session, reference: str, regions: Iterable[str]) -> Customer | None:
    """The one customer whom `reference` names, by one query; None when there is none, or more than one.

    `regions` are the countries (ISO 3166) that a phone number written without its country code may be from.
    """
    cleaned = unicodedata.normalize("NFKC", reference[:LONGEST]).strip()
    # Always the same three conditions, so that one kind of reference takes as long as another (P2).
    found = session.scalars(
        sa.select(Customer)
        .where(
            sa.or_(
                Customer.account_key == account_key(cleaned),
                Customer.email == cleaned.lower(),
                Customer.phone.in_(phones(cleaned, regions) or [""]),
            )
        )
        .limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def phones(text: str, regions: Iterable[str]) -> list[str]:
    """The numbers in E.164 that `text` may mean, one for each region in which it is possible; sorted."""
    found = set()
    for region in dict.fromkeys(regions):
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            found.add(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return sorted(found)
