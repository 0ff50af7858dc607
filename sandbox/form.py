"""Stripe's form-encoded requests: nested names decoded, then held against what the library says may be sent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from sandbox.refusal import StripeRefusal

_TREES: dict[str, Any] = json.loads((Path(__file__).parent / "parameters.json").read_text())
API_VERSION: str = _TREES.pop("api_version")
OPERATIONS = tuple(_TREES)
_PART = re.compile(r"\[([^\[\]]*)\]")


def read(operation: str, encoded: str) -> dict[str, Any]:
    """Decode and check the parameters of `operation` ("POST /v1/refunds"); gives typed values.

    Raises `StripeRefusal` as Stripe does: unknown, missing, empty or malformed parameters, each by its name.
    """
    checked: dict[str, Any] = _check(decode(encoded), _TREES[operation], "")
    return checked


def decode(encoded: str) -> dict[str, Any]:
    """`a[b][0][c]=x&d[]=y` → {"a": {"b": {"0": {"c": "x"}}}, "d": {"0": "y"}}; lists are told apart later."""
    values: dict[str, Any] = {}
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=2000)
    except ValueError as error:
        raise StripeRefusal("Invalid request: more than 2000 parameters.") from error
    for name, value in pairs:
        head, _, rest = name.partition("[")
        parts = [head, *_PART.findall("[" + rest)] if rest else [head]
        place = values
        for part in parts[:-1]:
            place = place.setdefault(part or str(len(place)), {})
            if not isinstance(place, dict):
                raise StripeRefusal(f"Invalid request: {name} is both a value and a container.", param=head)
        place[parts[-1] or str(len(place))] = value
    return values


def _check(value: Any, node: Any, name: str) -> Any:
    if isinstance(node, dict):
        if "any" in node:
            return _check_any(value, node["any"], name)
        if "enum" in node:
            return _one_of(value, node["enum"], name)
        if "list" in node:
            return _list(value, node["list"], name)
        return _object(value, node, name)
    if node == "map":
        return _map(value, name)
    return _scalar(value, node, name)


def _check_any(value: Any, nodes: list[Any], name: str) -> Any:
    # A dictionary goes to what takes one; a word goes first to a list of words, then to the plain kinds.
    takes_containers = [node for node in nodes if node == "map" or (isinstance(node, dict) and "enum" not in node)]
    rest = [node for node in nodes if node not in takes_containers]
    candidates = takes_containers if isinstance(value, dict) else rest
    if not candidates:
        candidates = nodes
    refusal: StripeRefusal | None = None
    for node in candidates:
        try:
            return _check(value, node, name)
        except StripeRefusal as error:
            refusal = error
    raise refusal or StripeRefusal(f"Invalid {name}", param=name)


def _object(value: Any, node: dict[str, Any], name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise StripeRefusal("Invalid object", code="parameter_invalid_object", param=name)
    checked = {}
    for key, inner in value.items():
        full = f"{name}[{key}]" if name else key
        if key not in node["fields"]:
            raise StripeRefusal(f"Received unknown parameter: {full}", code="parameter_unknown", param=full)
        checked[key] = _check(inner, node["fields"][key], full)
    for key in node.get("required", ()):
        if key not in checked:
            full = f"{name}[{key}]" if name else key
            raise StripeRefusal(f"Missing required param: {full}.", code="parameter_missing", param=full)
    return checked


def _list(value: Any, node: Any, name: str) -> list[Any]:
    if not isinstance(value, dict) or not all(key.isdigit() for key in value):
        raise StripeRefusal("Invalid array", code="parameter_invalid_array", param=name)
    return [_check(value[key], node, f"{name}[{key}]") for key in sorted(value, key=int)]


def _map(value: Any, name: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(inner, str) for inner in value.values()):
        raise StripeRefusal("Invalid object", code="parameter_invalid_object", param=name)
    # Stripe's limits on metadata (S4).
    if len(value) > 50:
        raise StripeRefusal("Metadata can have at most 50 keys.", param=name)
    for key, inner in value.items():
        if len(key) > 40:
            raise StripeRefusal(
                f"Metadata keys can have up to 40 characters. You passed in a key with {len(key)}.", param=name
            )
        if len(inner) > 500:
            message = (
                f"Metadata values can have up to 500 characters, but you passed in one of {len(inner)} characters."
            )
            raise StripeRefusal(message, param=name)
    return dict(value)


def _one_of(value: Any, words: list[str], name: str) -> str:
    if not isinstance(value, str) or value not in words:
        raise StripeRefusal(f"Invalid {name}: must be one of {', '.join(word for word in words if word)}", param=name)
    return value


def _scalar(value: Any, kind: str, name: str) -> Any:
    if not isinstance(value, str):
        raise StripeRefusal("Invalid string: a container was sent", code="parameter_invalid_string", param=name)
    if value == "":
        message = (
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{name}' cannot be unset. You should remove '{name}' from your request or supply a "
            "non-empty value."
        )
        raise StripeRefusal(message, code="parameter_invalid_empty", param=name)
    if kind == "int":
        if not re.fullmatch(r"-?\d{1,18}", value):
            raise StripeRefusal(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
        return int(value)
    if kind == "bool":
        if value not in ("true", "false"):
            raise StripeRefusal(f"Invalid boolean: {value}", param=name)
        return value == "true"
    if kind == "decimal" and not re.fullmatch(r"-?\d+(\.\d{1,12})?", value):
        raise StripeRefusal(f"Invalid decimal: {value}", param=name)
    return value
