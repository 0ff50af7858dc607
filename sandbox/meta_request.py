"""The bodies that the Cloud API takes for a message, written down as shapes, and its refusals of all others."""

from __future__ import annotations

import json
from typing import Any

from sandbox.meta_errors import refusal
from sandbox.refusal import MetaRefusal
from sandbox.shape import Fields, Many, Misshapen, Node, Text, check
from sandbox.shape import Flag as Bool

Object = dict[str, Any]
_REPLY = Fields({"id": Text(256), "title": Text(20)}, ("id", "title"))
_BUTTON = Fields({"type": Text(one_of=("reply",)), "reply": _REPLY}, ("type", "reply"))
_ROW = Fields({"id": Text(200), "title": Text(24), "description": Text(72)}, ("id", "title"))
_SECTION = Fields({"title": Text(24), "rows": Many(_ROW, 1, 10)}, ("rows",))
_HEADER = Fields({"type": Text(one_of=("text",)), "text": Text(60)}, ("type", "text"))
_ACTIONS: dict[str, Fields] = {
    "button": Fields({"buttons": Many(_BUTTON, 1, 3)}, ("buttons",)),
    "list": Fields({"button": Text(20), "sections": Many(_SECTION, 1, 10)}, ("button", "sections")),
}
_PARAMETER = Fields({"type": Text(one_of=("text", "payload")), "text": Text(32768), "payload": Text(256)}, ("type",))
_COMPONENT = Fields(
    {
        "type": Text(one_of=("header", "body", "button")),
        "sub_type": Text(one_of=("quick_reply", "url")),
        "index": Text(2, pattern=r"\d"),
        "parameters": Many(_PARAMETER, 1, 20),
    },
    ("type",),
)
_LANGUAGE = Fields({"policy": Text(one_of=("deterministic",)), "code": Text(10)}, ("policy", "code"))
# By type: the shape of the field of that name. What this stand-in does not play is refused.
TYPES: dict[str, Fields] = {
    "text": Fields({"body": Text(4096), "preview_url": Bool()}, ("body",)),
    "template": Fields(
        {"name": Text(512, pattern=r"[a-z0-9_]+"), "language": _LANGUAGE, "components": Many(_COMPONENT, 0, 20)},
        ("name", "language"),
    ),
    "reaction": Fields({"message_id": Text(), "emoji": Text(16, least=0)}, ("message_id", "emoji")),
}
_ENVELOPE: dict[str, Node] = {
    "messaging_product": Text(one_of=("whatsapp",)),
    "recipient_type": Text(one_of=("individual",)),
    "to": Text(pattern=r"\+?[\d\s()-]{6,24}"),
    "type": Text(one_of=(*TYPES, "interactive")),
    "context": Fields({"message_id": Text()}, ("message_id",)),
    "biz_opaque_callback_data": Text(512),
}
READ = Fields(
    {
        "messaging_product": Text(one_of=("whatsapp",)),
        "status": Text(one_of=("read",)),
        "message_id": Text(),
        "typing_indicator": Fields({"type": Text(one_of=("text",))}, ("type",)),
    },
    ("message_id",),
)


def read(encoded: bytes) -> Object:
    """The checked body of a call. Raises `MetaRefusal`: 100 for unknown names, 131008 for lacks, 131009 for limits."""
    try:
        given = json.loads(encoded)
    except ValueError as error:
        raise refusal(100, "The request is no JSON") from error
    if not isinstance(given, dict) or "messaging_product" not in given:
        raise MetaRefusal(100, "The parameter messaging_product is required.")
    try:
        check(given, READ if "status" in given else _message(given), "")
    except Misshapen as fault:
        code = {"unknown": 100, "missing": 131008, "wrong": 131009}[fault.problem]
        raise refusal(code, str(fault)) from fault
    if given.get("type") == "interactive":
        _check_unlike(given["interactive"])
    return given


def choices(interactive: Object) -> list[Object]:
    """What a customer may tap."""
    action = interactive["action"]
    if interactive["type"] == "button":
        return [button["reply"] for button in action["buttons"]]
    return [row for section in action["sections"] for row in section["rows"]]


def _message(given: Object) -> Fields:
    type = given.get("type", "text")
    known = TYPES.get(type) if isinstance(type, str) else None
    if type == "interactive":
        known = _interactive(given.get("interactive"))
    own: dict[str, Node] = {type: known} if known is not None else {}
    return Fields({**_ENVELOPE, **own}, ("to", *own))


def _interactive(given: Any) -> Fields:
    kind = given.get("type") if isinstance(given, dict) else None
    body, footer = (Fields({"text": Text(most)}, ("text",)) for most in (1024, 60))
    action = _ACTIONS.get(kind, Fields()) if isinstance(kind, str) else Fields()
    fields: dict[str, Node] = {"type": Text(one_of=tuple(_ACTIONS)), "header": _HEADER, "body": body, "footer": footer}
    return Fields({**fields, "action": action}, ("type", "body", "action"))


def _check_unlike(interactive: Object) -> None:
    offered = choices(interactive)
    if len(offered) > 10:
        raise refusal(131009, f"Total row count exceed max allowed count: {len(offered)} > 10")
    names = ("id", "title") if interactive["type"] == "button" else ("id",)
    for name in names:
        if len({one[name] for one in offered}) < len(offered):
            raise refusal(131009, f"Duplicated {name} of a button or row")
    sections = interactive["action"].get("sections", [])
    if len(sections) > 1 and not all(section.get("title") for section in sections):
        raise refusal(131009, "Sections need a title when there is more than one")
