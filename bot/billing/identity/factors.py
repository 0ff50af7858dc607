"""Knowledge factors: what a customer can know about the account, kept as keyed hashes only (design section 6)."""

from __future__ import annotations

import uuid

from bot.keyed_hash import keyed_hash
from bot.models import FactorKind
from bot.models.customer import account_key


def normal(kind: FactorKind, text: str) -> str:
    """`text` as it is compared: a postcode's letters and digits in capitals, a birth date as 1988-04-12."""
    return account_key(text) if kind is FactorKind.POSTCODE else text.strip()


def digest(customer_id: uuid.UUID | str, kind: FactorKind, value: str) -> str:
    """The keyed hash of the normal form `value`; other customers with the same postcode have another."""
    return keyed_hash(f"factor {kind}", f"{customer_id}:{value}")
