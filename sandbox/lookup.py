"""Objects by id, or the refusal that Stripe gives for one that is not there."""

from __future__ import annotations

from typing import Any

from sandbox.refusal import SandboxRefusal, StripeRefusal
from sandbox.store import Store


def found(store: Store, id: str, kind: str, *, param: str | None = None) -> dict[str, Any]:
    """The object `id` of `kind` ("charge").

    Raises `StripeRefusal`: 404 when the id stood in the path, 400 when it was the value of `param`.
    """
    thing = store.find(id, kind)
    if thing is None:
        message = f"No such {kind.removesuffix('.session')}: '{id}'"
        status = 400 if param else 404
        raise StripeRefusal(message, status=status, code="resource_missing", param=param or "id")
    return thing


def played(store: Store, id: str, kind: str) -> dict[str, Any]:
    """The same for the sandbox's own pages and switches. Raises `SandboxRefusal` (404)."""
    thing = store.find(id, kind)
    if thing is None:
        raise SandboxRefusal(f"There is no such {kind.replace('_', ' ')} here.", status=404, code="not_found")
    return thing
