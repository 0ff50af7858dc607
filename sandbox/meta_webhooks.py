"""Meta's webhooks: what became of our messages, and what customers write; JSON, signed over its bytes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox import meta_errors
from sandbox.courier import Courier, Headers, Parcel, Sign
from sandbox.faults import FaultBox
from sandbox.thread import Step, Threads

Object = dict[str, Any]
ACCOUNT = "102290129340398"
_UNSUPPORTED = {
    "code": 131051,
    "title": "Message type unknown",
    "message": "Message type unknown",
    "error_data": {"details": "Message type is currently not supported."},
}
_PLURAL = {"photo": "image", "document": "document", "voice": "audio", "sticker": "sticker"}


@dataclass(frozen=True, slots=True)
class MetaWebhooks:
    """Sends them to `url`. `number` is the business's, in E.164."""

    url: str
    phone_number_id: str
    number: str
    threads: Threads
    courier: Courier
    faults: FaultBox

    def new_id(self, *, with_media: bool) -> str:
        """A message's id."""
        return "wamid." + base64.b64encode(b"\x1d\x04" + secrets.token_bytes(34)).decode()

    def tell(self, bubble: Object, steps: Iterable[Step], opaque: str | None) -> None:
        """Say how far one of our messages got, one webhook for each step."""
        parcels = []
        for step in steps:
            value = {"statuses": [self._status(bubble, step, opaque)]}
            parcels.append(Parcel(bubble["id"], step.status, self.url, self._envelope(value), step.wait_s))
        self.courier.send("meta", parcels, self.faults.read())

    def take(self, bubble: Object) -> None:
        """Tell the product of a customer's message that lies in its thread already."""
        wa_id = bubble["number"].removeprefix("+")
        value: Object = {"contacts": [{"profile": {"name": bubble["name"]}, "wa_id": wa_id}]}
        if bubble["kind"] == "new_number":
            value = {}
        value["messages"] = [self._message(bubble)]
        self.courier.send(
            "meta", [Parcel(bubble["id"], "message", self.url, self._envelope(value))], self.faults.read()
        )

    def _status(self, bubble: Object, step: Step, opaque: str | None) -> Object:
        now = self.threads.clock.timestamp()
        status: Object = {
            "id": bubble["id"],
            "status": step.status,
            "timestamp": str(now),
            "recipient_id": bubble["number"].removeprefix("+"),
        }
        if opaque is not None:
            status["biz_opaque_callback_data"] = opaque
        if step.code is not None:
            return {**status, "errors": [meta_errors.told(step.code, step.reason)]}
        if step.status != "read":
            category = "utility" if bubble["kind"] == "template" else "service"
            conversation: Object = {"id": hashlib.md5(bubble["number"].encode()).hexdigest()}
            if step.status == "sent":
                conversation["expiration_timestamp"] = str(now + 24 * 3600)
            status["conversation"] = {**conversation, "origin": {"type": category}}
            billable = category != "service"
            pricing = {"billable": billable, "pricing_model": "PMP", "category": category}
            status["pricing"] = {**pricing, "type": "regular" if billable else "free_customer_service"}
        return status

    def _message(self, bubble: Object) -> Object:
        message: Object = {
            "from": bubble["number"].removeprefix("+"),
            "id": bubble["id"],
            "timestamp": str(self.threads.clock.timestamp()),
        }
        kind = bubble["kind"]
        if context := bubble.get("context"):
            message["context"] = {"from": self.number.removeprefix("+"), "id": context}
        if kind == "choice":
            return message | _chosen(bubble["chosen"])
        if kind == "location":
            place = {name: value for name, value in bubble["location"].items() if value is not None}
            return message | {"type": "location", "location": place}
        if kind == "reaction":
            # A reaction names its message itself and has no context.
            reaction = {"message_id": message.pop("context", {}).get("id", ""), "emoji": bubble["text"]}
            return message | {"type": "reaction", "reaction": reaction}
        if kind == "new_number":
            wa_id = bubble["text"].removeprefix("+")
            body = f"User {bubble['name']} changed from {message['from']} to {wa_id}"
            return message | {
                "type": "system",
                "system": {"body": body, "wa_id": wa_id, "type": "user_changed_number"},
            }
        if kind == "unsupported":
            return message | {"type": "unsupported", "errors": [_UNSUPPORTED]}
        if kind in _PLURAL:
            return message | self._medium(bubble)
        return message | {"type": "text", "text": {"body": bubble["text"]}}

    def _medium(self, bubble: Object) -> Object:
        medium, type = bubble["media"][0], _PLURAL[bubble["kind"]]
        about = {"mime_type": medium["type"], "sha256": medium["sha256"], "id": medium["id"]}
        if type == "sticker":
            about["animated"] = False
        if type == "audio":
            about["voice"] = True
        if type == "document":
            about["filename"] = "document.pdf"
        if bubble["text"] and type in ("image", "document"):
            about["caption"] = bubble["text"]
        return {"type": type, type: about}

    def _envelope(self, value: Object) -> str:
        metadata = {"display_phone_number": self.number.removeprefix("+"), "phone_number_id": self.phone_number_id}
        value = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        change = {"value": value, "field": "messages"}
        body = {"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT, "changes": [change]}]}
        # Meta escapes what is not ASCII, and slashes: whoever signs the parsed body again gets another signature.
        return json.dumps(body, separators=(",", ":")).replace("/", "\\/")


def _chosen(choice: Object) -> Object:
    if choice["style"] == "template":
        return {"type": "button", "button": {"payload": choice["id"], "text": choice["title"]}}
    reply = {"id": choice["id"], "title": choice["title"]}
    if choice["style"] == "list":
        reply["description"] = choice.get("description", "")
    name = "list_reply" if choice["style"] == "list" else "button_reply"
    return {"type": "interactive", "interactive": {"type": name, name: reply}}


def signer(secret: str) -> Sign:
    """`X-Hub-Signature-256`: HMAC-SHA256 over the raw body (T3)."""

    def sign(url: str, payload: str) -> Headers:
        digest = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
        return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}

    return sign
