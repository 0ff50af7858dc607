"""Twilio's Content resource: texts with buttons or a list, kept under an id: https://www.twilio.com/docs/content"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from typing import Any

from sandbox.approved import Approved
from sandbox.clock import Clock
from sandbox.refusal import TwilioRefusal
from sandbox.shape import Fields, Many, Misshapen, Text, check
from sandbox.store import Store

Object = dict[str, Any]
KIND = "twilio.content"
_BODY = Text(1024)
_LISTED = Fields({"id": Text(200), "item": Text(24), "description": Text(72, least=0)}, ("id", "item"))
_BUTTON = Fields({"type": Text(one_of=("QUICK_REPLY",)), "title": Text(25), "id": Text(200)}, ("title",))
TYPES = Fields(
    {
        "twilio/text": Fields({"body": Text(1600)}, ("body",)),
        "twilio/quick-reply": Fields({"body": _BODY, "actions": Many(_BUTTON, 1, 10)}, ("body", "actions")),
        "twilio/list-picker": Fields(
            {"body": _BODY, "button": Text(20), "items": Many(_LISTED, 1, 10)}, ("body", "button", "items")
        ),
    }
)
REQUEST = Fields(
    {"friendly_name": Text(least=0), "variables": Fields(others=Text(least=0)), "language": Text(20), "types": TYPES},
    ("language", "types"),
)
APPROVAL = Fields(
    {
        "name": Text(512, pattern=r"[a-z0-9_]+"),
        "category": Text(one_of=("UTILITY", "MARKETING", "AUTHENTICATION")),
    },
    ("name", "category"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A content as a customer sees it: `style` plain, buttons or list; `template` is its name once it is approved."""

    body: str
    style: str
    choices: list[Object]
    button: str
    template: str | None


@dataclass(frozen=True, slots=True)
class Contents:
    """Kept in the store. Errors are Twilio's. A content that bears the name and language of an `approved` template is
    one for which the operator has asked long ago.
    """

    account_sid: str
    store: Store
    clock: Clock
    base: str
    approved: Approved

    def create(self, encoded: bytes) -> Object:
        """Keep a content; gives the resource."""
        given = {name: value for name, value in _read(encoded, REQUEST).items() if value is not None}
        given["types"] = {name: type for name, type in given["types"].items() if type is not None}
        if not given["types"]:
            raise TwilioRefusal(20001, "types needs at least one content type")
        sid, now = "HX" + secrets.token_hex(16), self.clock.now().isoformat(timespec="seconds")
        url, now = f"{self.base}/v1/Content/{sid}", now.replace("+00:00", "Z")
        content = {
            "sid": sid,
            "account_sid": self.account_sid,
            "friendly_name": given.get("friendly_name", ""),
            "language": given["language"],
            "variables": given.get("variables", {}),
            "types": given["types"],
            "url": url,
            "date_created": now,
            "date_updated": now,
            "links": {
                "approval_create": f"{url}/ApprovalRequests/whatsapp",
                "approval_fetch": f"{url}/ApprovalRequests",
            },
        }
        known = self.approved.find(content["friendly_name"], content["language"])
        asked = {"name": content["friendly_name"], "category": "UTILITY"}
        approval = _approval(content, asked, "approved") if known else None
        self.store.save({"id": sid, "object": KIND, "data": content, "approval": approval})
        return content

    def fetch(self, sid: str) -> Object:
        """The resource."""
        content: Object = self._find(sid)["data"]
        return content

    def every(self) -> Object:
        """Every content, newest first, on one page."""
        contents = [kept["data"] for kept in self.store.every(KIND)]
        page = f"{self.base}/v1/Content?PageSize={max(len(contents), 50)}&Page=0"
        meta = {"page": 0, "page_size": max(len(contents), 50), "first_page_url": page, "url": page, "key": "contents"}
        return {"contents": contents, "meta": {**meta, "previous_page_url": None, "next_page_url": None}}

    def remove(self, sid: str) -> None:
        """Forget it."""
        self._find(sid)
        self.store.remove(sid)

    def ask_approval(self, sid: str, encoded: bytes) -> Object:
        """WhatsApp approves a content as a template at once."""
        kept, asked = self._find(sid), _read(encoded, APPROVAL)
        self.store.save({**kept, "approval": _approval(kept["data"], asked, "approved")})
        return _approval(kept["data"], asked, "received")

    def approval(self, sid: str) -> Object:
        """How far its approval got."""
        whatsapp = self._find(sid)["approval"] or {"status": "unsubmitted"}
        url = f"{self.base}/v1/Content/{sid}/ApprovalRequests"
        return {"sid": sid, "account_sid": self.account_sid, "whatsapp": whatsapp, "url": url}

    def shown(self, sid: str, variables: dict[str, str]) -> Shown:
        """What a customer sees of it, every place filled. Raises 21655 for an unknown id, 21656 for an empty place."""
        kept = self.store.find(sid, KIND)
        if kept is None:
            raise TwilioRefusal(21655, "The ContentSid is Invalid.")
        content = kept["data"]
        values = {**content["variables"], **variables}

        def fill(text: str) -> str:
            missing = [name for name in re.findall(r"{{(\w+)}}", text) if name not in values]
            if missing:
                raise TwilioRefusal(21656, "The ContentVariables Parameter is invalid.")
            return re.sub(r"{{(\w+)}}", lambda found: values[found[1]], text)

        types, template = content["types"], (kept["approval"] or {}).get("name")
        if picker := types.get("twilio/list-picker"):
            choices = [
                {"id": fill(one["id"]), "title": fill(one["item"]), "description": fill(one.get("description", ""))}
                for one in picker["items"]
            ]
            return Shown(fill(picker["body"]), "list", choices, fill(picker["button"]), template)
        if quick := types.get("twilio/quick-reply"):
            choices = [
                {"id": fill(one.get("id", one["title"])), "title": fill(one["title"])} for one in quick["actions"]
            ]
            return Shown(fill(quick["body"]), "buttons", choices, "", template)
        return Shown(fill(types["twilio/text"]["body"]), "plain", [], "", template)

    def _find(self, sid: str) -> Object:
        kept = self.store.find(sid, KIND)
        if kept is None:
            raise TwilioRefusal(20404, f"The requested resource /Content/{sid} was not found", status=404)
        return kept


def _approval(content: Object, asked: Object, status: str) -> Object:
    more = {"content_type": next(iter(content["types"])), "rejection_reason": "", "allow_category_change": True}
    return {**asked, **more, "status": status}


def _read(encoded: bytes, shape: Fields) -> Object:
    try:
        given: Object = json.loads(encoded)
        check(given, shape, "")
    except Misshapen as fault:
        raise TwilioRefusal(20001, str(fault)) from fault
    except ValueError as error:
        raise TwilioRefusal(20001, "The body of the request is no JSON") from error
    return given
