"""Lists, cursors, filters and `expand`, as Stripe's API has them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from sandbox.refusal import StripeRefusal
from sandbox.store import Store

Object = dict[str, Any]
_NOT_FILTERS = {"limit", "starting_after", "ending_before", "expand", "created", "type", "types", "delivery_success"}


def page(things: list[Object], parameters: dict[str, Any], url: str) -> Object:
    """One page of `things` (newest first) for a list request. Raises `StripeRefusal` for a bad cursor or limit."""
    limit = parameters.get("limit", 10)
    if not 1 <= limit <= 100:
        raise StripeRefusal(f"Invalid limit: {limit} is not between 1 and 100", param="limit")
    matching = [thing for thing in things if _matches(thing, parameters)]
    after, before = parameters.get("starting_after"), parameters.get("ending_before")
    if after and before:
        raise StripeRefusal("You may only specify one of these parameters: ending_before, starting_after.")
    if after:
        # The cursor need not match the filters: it marks a place in time.
        matching = _older(matching, things, after, "starting_after")
    if before:
        newer = _newer(matching, things, before)
        kept = newer[-limit:]
        return _list(kept, len(newer) > limit, url)
    return _list(matching[:limit], len(matching) > limit, url)


def expand(thing: Object, paths: list[str], store: Store) -> Object:
    """Replace ids by their objects along each dotted path ("payment_intent.latest_charge", "data.customer")."""
    for path in paths:
        _expand(thing, path.split("."), path, store)
    return thing


def _list(data: list[Object], has_more: bool, url: str) -> Object:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def _matches(thing: Object, parameters: dict[str, Any]) -> bool:
    created = parameters.get("created")
    if isinstance(created, int) and thing["created"] != created:
        return False
    if isinstance(created, dict) and not _within(thing["created"], created):
        return False
    kinds = parameters.get("types") or ([parameters["type"]] if "type" in parameters else None)
    if kinds and not any(fnmatchcase(thing["type"], kind) for kind in kinds):
        return False
    if "delivery_success" in parameters and parameters["delivery_success"] != (thing["pending_webhooks"] == 0):
        return False
    filters = {name: value for name, value in parameters.items() if name not in _NOT_FILTERS}
    return all(_alike(thing.get(name), value) for name, value in filters.items())


def _alike(actual: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return all(_alike((actual or {}).get(name), value) for name, value in wanted.items())
    return bool(actual == wanted)


def _within(moment: int, bounds: dict[str, int]) -> bool:
    return (
        moment > bounds.get("gt", -1)
        and moment >= bounds.get("gte", 0)
        and moment < bounds.get("lt", 1 << 62)
        and moment <= bounds.get("lte", 1 << 62)
    )


def _older(matching: list[Object], things: list[Object], cursor: str, param: str) -> list[Object]:
    places = {thing["id"]: place for place, thing in enumerate(things)}
    if cursor not in places:
        raise StripeRefusal(f"No such object: '{cursor}'", code="resource_missing", param=param)
    return [thing for thing in matching if places[thing["id"]] > places[cursor]]


def _newer(matching: list[Object], things: list[Object], cursor: str) -> list[Object]:
    older = _older(matching, things, cursor, "ending_before")
    return [thing for thing in matching if thing not in older and thing["id"] != cursor]


def _expand(thing: Object, parts: list[str], path: str, store: Store) -> None:
    head, rest = parts[0], parts[1:]
    if head == "line_items" and thing.get("object") == "checkout.session":
        thing["line_items"] = session_lines(thing["id"], store)
        return
    if head not in thing:
        raise StripeRefusal(f"This property cannot be expanded ({path}).", param="expand")
    inner = thing[head]
    if isinstance(inner, str):
        inner = thing[head] = store.find(inner) or inner
    for each in inner if isinstance(inner, list) else [inner]:
        if rest and isinstance(each, dict):
            _expand(each, rest, path, store)


def session_lines(session: str, store: Store) -> Object:
    """The list of a session's line items."""
    kept = store.find(f"{session}:lines") or {"data": []}
    return _list(kept["data"], False, f"/v1/checkout/sessions/{session}/line_items")
