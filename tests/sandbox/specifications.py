"""The providers' own descriptions of their APIs, and every call held to them: no unknown name, nothing missing, nothing
of a wrong type, length or form. Only where the descriptions lie beside the checkout.

Stricter than the descriptions in one thing: a name that they do not know is wrong even where they leave others open.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml

Json = Any
SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"
with_specs = pytest.mark.skipif(not SPECS.is_dir(), reason="the providers' descriptions are not beside this checkout")
_FILES = {
    "twilio": "twilio_api_v2010.json",
    "content": "twilio_content_v1.json",
    "meta": "whatsapp_business_messaging_v23.yaml",
}
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
# Twilio's description has this as an extension of its own, in the spelling of its libraries.
_ONE_OF = (("From", "MessagingServiceSid"), ("Body", "MediaUrl", "ContentSid"))
# In Meta's reference and in this description's own example, but not in its schemas.
_OPAQUE = {"biz_opaque_callback_data": {"type": "string", "maxLength": 512}}
_TYPING = {"type": "object", "properties": {"type": {"type": "string", "enum": ["text"]}}, "required": ["type"]}
# Meta's description names the parts of incoming messages as it names those of outgoing ones; these are meant.
_INCOMING = {
    "BaseMessageProperties": "BaseMessageProperties_1",
    "TextMessage": "TextMessage_2",
    "ReactionMessage": "ReactionMessage_1",
    "AudioMessage": "AudioMessage_1",
    "DocumentMessage": "DocumentMessage_1",
    "ImageMessage": "ImageMessage_1",
    "StickerMessage": "StickerMessage_1",
    "LocationMessage": "LocationMessage_1",
    "ErrorObject": "ErrorObject_2",
}


def faults(calls: list[dict[str, str]]) -> list[str]:
    """What is wrong with calls as `GET /sandbox/calls` lists them; without the descriptions, nothing is known."""
    if not SPECS.is_dir():
        return []
    return [f"{call['service']} {fault}" for call in calls for fault in _faults_of(call)]


def _faults_of(call: dict[str, str]) -> Iterator[str]:
    spec = Spec(call["service"])
    found = spec.operation(call["method"], call["path"])
    if found is None:
        yield f"has no {call['method']} {call['path']}"
        return
    operation, in_path = found
    yield from spec.parameters(operation, in_path, call["query"])
    if call["method"] != "POST":
        return
    content = operation["requestBody"]["content"]
    media_type = call["content_type"].partition(";")[0]
    if media_type not in content:
        yield f"takes no {media_type or 'body without a type'}"
    elif call["service"] == "twilio":
        yield from spec.form(content[media_type]["schema"], call["body"])
    else:
        yield from spec.body(content[media_type]["schema"], json.loads(call["body"]))


class Spec:
    """One description. Of what comes in (`incoming`), unknown names are nobody's fault."""

    def __init__(self, service: str, *, incoming: bool = False) -> None:
        self._service = service
        self._incoming = incoming
        self._all = _load(service)

    def operation(self, method: str, path: str) -> tuple[Json, dict[str, str]] | None:
        """The operation that a path belongs to, the most literal one first, and what its places hold."""
        paths = sorted(self._all["paths"], key=lambda one: one.count("{"))
        for template in paths:
            pattern = re.sub(r"\\{([^}]+)\\}", "([^/]+)", re.escape(template))
            there = re.fullmatch(pattern, path)
            if there and method.lower() in self._all["paths"][template]:
                names = re.findall(r"{([^}]+)}", template)
                operation = self._all["paths"][template][method.lower()]
                return operation, dict(zip(names, there.groups(), strict=True))
        return None

    def parameters(self, operation: Json, in_path: dict[str, str], query: str) -> Iterator[str]:
        """What is wrong with the places of the path and with the query."""
        listed = [self._resolved(one) for one in operation.get("parameters", [])]
        known = {(one["in"], one["name"]): one["schema"] for one in listed}
        given = [("query", name, value) for name, value in parse_qsl(query, keep_blank_values=True)]
        given += [("path", name, value) for name, value in in_path.items() if ("path", name) in known]
        for where, name, value in given:
            if (where, name) not in known:
                yield f"knows no {name} in the {where}"
            else:
                yield from self.check(_typed(value, known[where, name]), known[where, name], name)

    def form(self, schema: Json, encoded: str) -> Iterator[str]:
        """What is wrong with a form."""
        values: dict[str, Json] = {}
        for name, value in parse_qsl(encoded, keep_blank_values=True):
            kind = self._resolved(schema["properties"].get(name, {}))
            if kind.get("type") == "array":
                values.setdefault(name, []).append(value)
            elif name in values:
                yield f"{name} comes twice"
            else:
                values[name] = _typed(value, kind)
        yield from self.check(values, schema, "")
        for names in _ONE_OF:
            if not any(values.get(name) for name in names):
                yield f"needs one of {', '.join(names)}"

    def body(self, schema: Json, value: Json) -> Iterator[str]:
        """What is wrong with a JSON body."""
        if self._service == "meta" and "status" in value:
            known = self._all["components"]["schemas"]["MarkMessageRequestPayload"]
            schema = {**known, "properties": {**known["properties"], "typing_indicator": _TYPING}}
        yield from self.check(value, schema, "")

    def named(self, name: str, value: Json) -> Iterator[str]:
        """What is wrong with a value of a schema by its name."""
        yield from self.check(value, {"$ref": f"#/components/schemas/{name}"}, "")

    def check(self, value: Json, schema: Json, path: str) -> Iterator[str]:
        """What is wrong with a value."""
        schema = self._chosen(value, self._merged(self._resolved(schema)))
        if value is None and schema.get("nullable"):
            return
        kind = schema.get("type")
        if kind and (not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean")):
            yield f"{path} is no {kind}: {value!r}"
        elif "enum" in schema and value not in schema["enum"]:
            yield f"{path} is {value!r}, none of {schema['enum']}"
        elif isinstance(value, str):
            yield from _text(value, schema, path)
        elif isinstance(value, list):
            if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
                yield f"{path} has {len(value)} items"
            for place, one in enumerate(value):
                yield from self.check(one, schema.get("items", {}), f"{path}[{place}]")
        elif isinstance(value, dict):
            yield from self._object(value, schema, path)
        elif isinstance(value, int | float) and not _is_within(value, schema):
            yield f"{path} is {value}"

    def _object(self, value: Json, schema: Json, path: str) -> Iterator[str]:
        for name in schema.get("required", []):
            if name not in value:
                yield f"{path}.{name} lacks"
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, inner in value.items():
            if name in known:
                yield from self.check(inner, known[name], f"{path}.{name}")
            elif isinstance(others, dict):
                yield from self.check(inner, others, f"{path}.{name}")
            elif (known or others is False) and not self._incoming:
                yield f"{path}.{name} is unknown"

    def _resolved(self, schema: Json) -> Json:
        while "$ref" in schema:
            place = self._all
            *folders, name = schema["$ref"].removeprefix("#/").split("/")
            for part in (*folders, _INCOMING.get(name, name) if self._incoming else name):
                place = place[part]
            schema = place
        return schema

    def _merged(self, schema: Json) -> Json:
        """All of `allOf` as one: each part alone would forbid what the others name."""
        if "allOf" not in schema:
            return schema
        parts = [self._merged(self._resolved(part)) for part in schema["allOf"]]
        merged: dict[str, Json] = {"type": "object", "properties": {}, "required": []}
        for part in parts:
            merged["properties"] |= part.get("properties", {})
            merged["required"] += part.get("required", [])
        if "messaging_product" in merged["properties"]:
            merged["properties"] |= _OPAQUE
        return merged

    def _chosen(self, value: Json, schema: Json) -> Json:
        """The one of `oneOf` that is meant: by its mark, else the one that fits."""
        mark = schema.get("discriminator")
        if mark and isinstance(value, dict) and value.get(mark["propertyName"]) in mark.get("mapping", {}):
            named = {"$ref": mark["mapping"][value[mark["propertyName"]]]}
            return self._merged(self._resolved(named))
        if "oneOf" not in schema:
            return schema
        variants = [self._merged(self._resolved(one)) for one in schema["oneOf"]]
        fitting = [one for one in variants if not list(self.check(value, one, ""))]
        return fitting[0] if fitting else variants[0]


@functools.cache
def _load(service: str) -> Json:
    text = (SPECS / _FILES[service]).read_text()
    if service != "meta":
        return json.loads(text)
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _typed(value: str, schema: Json) -> Json:
    """A parameter as its schema means it; what cannot be read stays a string, and is wrong."""
    if schema.get("type") in ("integer", "number") and re.fullmatch(r"-?\d+", value):
        return int(value)
    return {"true": True, "false": False}.get(value, value) if schema.get("type") == "boolean" else value


def _is_within(value: float, schema: Json) -> bool:
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


def _text(value: str, schema: Json, path: str) -> Iterator[str]:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{path} has {len(value)} characters"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{path} is {value!r}, not {schema['pattern']}"
    form = schema.get("format")
    if form == "phone-number" and not re.fullmatch(r"(whatsapp:)?\+[1-9]\d{6,14}", value):
        yield f"{path} is no phone number"
    if form == "uri" and not (urlsplit(value).scheme in ("http", "https") and urlsplit(value).netloc):
        yield f"{path} is no address"
