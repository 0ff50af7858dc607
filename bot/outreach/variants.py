"""Which of two wordings a customer gets: by a hash, so that it is the same every time (docs/templates.md). Pure."""

from __future__ import annotations

import hashlib
import uuid

from bot import policies
from bot.outreach.templates import STANDING, TRIED

HOLDOUT = "holdout"
SHARES = 10_000


def of(customer_id: uuid.UUID, kind: str) -> str:
    """`a` or `b`, or `holdout` for who is in no experiment at all and gets what stands. A kind that nothing is tried
    with has `a`."""
    policy = policies.variants()
    experiment = policy.experiment_of(kind)
    if experiment is None:
        return STANDING
    if _place(HOLDOUT, customer_id) < policy.holdout * SHARES // 100:
        return HOLDOUT
    return STANDING if _place(experiment, customer_id) < SHARES // 2 else TRIED


def _place(name: str, customer_id: uuid.UUID) -> int:
    """Where a customer stands among `SHARES` equal shares of `name`: even, and unrelated from name to name."""
    digest = hashlib.sha256(f"{name}:{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8]) * SHARES >> 64
