"""One call of Stripe's API, read: what the modules that play calls are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.events import Cause
from sandbox.refusal import StripeRefusal

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """`id` is the object's in the path, if any; `parameters` are checked for their kinds and typed."""

    id: str
    path: str
    parameters: Object
    cause: Cause


Handlers = dict[str, Callable[[Call], Object]]


def limit(parameters: Object, played: set[str]) -> None:
    """Raise `StripeRefusal` for a parameter that Stripe knows and the sandbox would not heed."""
    for name in parameters:
        if name not in played:
            message = (
                f"The sandbox does not play `{name}`. Stripe itself knows it: use a test key without STRIPE_API_BASE."
            )
            raise StripeRefusal(message, code="sandbox_limit", param=name)
