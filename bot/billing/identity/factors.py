"""Knowledge factors: what a customer can know about the account, kept as keyed hashes only (design section 6)."""

from __future__ import annotations

import re
import uuid

from bot.keyed_hash import keyed_hash, same
from bot.models import FactorKind
from bot.models.customer import account_key

# 78006-1234: what comes after the first five figures is known to few who live there.
_US_LONG = re.compile(r"\s*(\d{5})\s*-\s*\d{4}\s*")


def normal(kind: FactorKind, text: str) -> str:
    """`text` as it is compared: a postcode's letters and digits in capitals, a birth date as 1988-04-12."""
    if kind is FactorKind.BIRTH_DATE:
        return text.strip()
    long = _US_LONG.fullmatch(text)
    return account_key(long[1] if long else text)


def digest(customer_id: uuid.UUID | str, kind: FactorKind, value: str) -> str:
    """The keyed hash of the normal form `value`; other customers with the same postcode have another."""
    return keyed_hash(_purpose(kind), f"{customer_id}:{value}")


def is_same(digest: str, customer_id: uuid.UUID, kind: FactorKind, value: str) -> bool:
    """Whether `digest` is that of the normal form `value`, compared in constant time."""
    return same(digest, _purpose(kind), f"{customer_id}:{value}")


def _purpose(kind: FactorKind) -> str:
    return f"factor {kind}"
