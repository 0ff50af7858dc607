"""WhatsApp's Cloud API for one number: https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import meta_errors
from sandbox.approved import Approved
from sandbox.faults import FaultBox
from sandbox.meta_request import choices, read
from sandbox.meta_webhooks import MetaWebhooks
from sandbox.outbox import Outbox, address
from sandbox.refusal import MetaRefusal
from sandbox.thread import Step, Threads, lines

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MetaApi:
    """One number and the token that callers must show. `pace_s` is the time from one state to the next."""

    access_token: str
    phone_number_id: str
    pace_s: float
    threads: Threads
    outbox: Outbox
    webhooks: MetaWebhooks
    approved: Approved
    faults: FaultBox

    def authorise(self, headers: Mapping[str, str], phone_number_id: str | None = None) -> None:
        """Raise `MetaRefusal` unless the call shows the token, and is about our number."""
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self.access_token:
            raise meta_errors.refusal(190)
        if not hmac.compare_digest(shown.encode(), self.access_token.encode()):
            raise meta_errors.refusal(190)
        if phone_number_id not in (None, self.phone_number_id):
            sentence = f"Unsupported post request. Object with ID '{phone_number_id}' does not exist."
            raise MetaRefusal(100, sentence, subcode=33)

    def fail_on_demand(self) -> None:
        """Raise the fault that was asked for, if one was."""
        failure = self.faults.take_failure()
        if failure is None:
            return
        usual = {400: 131009, 429: 130429, 503: 131016}.get(failure.status, 131000)
        raise meta_errors.refusal(failure.code or usual)

    def take(self, encoded: bytes) -> Object:
        """Send a message, or mark one as read; gives the answer of either."""
        given = read(encoded)
        if "status" in given:
            return self._mark_read(given)
        number = address(given["to"])
        kind, text, offered, button = self._shown(given)
        failed = self._failure(number, kind)
        if failed is not None and failed.code == 131047 and self.faults.read().closed_window != "fail":
            raise meta_errors.refusal(131047, meta_errors.WINDOW)
        id = "wamid." + base64.b64encode(b"\x1d\x04" + secrets.token_bytes(34)).decode()
        steps = self._steps(failed)
        bubble = {
            "id": id,
            "number": number,
            "channel": "whatsapp",
            "provider": "meta",
            "side": "business",
            "kind": kind,
            "text": text,
            "choices": offered,
            "button": button,
            "template": given["template"]["name"] if kind == "template" else None,
        }
        with self.threads.store.transaction():
            self.threads.keep(bubble, steps)
            if failed is None:
                self.outbox.keep(number, "whatsapp", lines(text, offered))
            self.webhooks.tell(bubble, steps[1:], given.get("biz_opaque_callback_data"))
        accepted = {"message_status": "accepted"} if kind == "template" else {}
        contact = {"input": given["to"], "wa_id": number.removeprefix("+")}
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": id, **accepted}]}

    def _mark_read(self, given: Object) -> Object:
        bubble = self.threads.find(given["message_id"])
        if bubble is None or bubble["side"] != "phone":
            raise meta_errors.refusal(131009, "Message ID is not one that a customer has sent to this number")
        typing = {"typing_at": self.threads.clock.timestamp()} if "typing_indicator" in given else {}
        self.threads.change(bubble["id"], seen=True, **typing)
        return {"success": True}

    def _shown(self, given: Object) -> tuple[str, str, list[Object], str]:
        kind = given.get("type", "text")
        if kind == "template":
            text, offered = self.approved.fill(given["template"])
            return "template", text, offered, ""
        if kind == "interactive":
            interactive = given["interactive"]
            parts = [interactive.get("header"), interactive["body"], interactive.get("footer")]
            text = "\n".join(part["text"] for part in parts if part)
            style = "buttons" if interactive["type"] == "button" else "list"
            return style, text, choices(interactive), interactive["action"].get("button", "")
        if kind == "reaction":
            return "reaction", given["reaction"]["emoji"], [], ""
        return "plain", given["text"]["body"], [], ""

    def _failure(self, number: str, kind: str) -> Step | None:
        if number in map(address, self.faults.read().undelivered) or not re.fullmatch(r"\+[1-9]\d{6,14}", number):
            return Step("failed", self.pace_s, 131026, meta_errors.UNREACHABLE)
        if kind != "template" and not self.threads.is_open(number, "meta"):
            return Step("failed", self.pace_s, 131047, meta_errors.WINDOW)
        return None

    def _steps(self, failed: Step | None) -> list[Step]:
        if failed is not None:
            return [Step("accepted"), failed]
        steps = [Step("accepted"), Step("sent", self.pace_s), Step("delivered", 2 * self.pace_s)]
        return [*steps, Step("read", 4 * self.pace_s)] if self.faults.read().read_receipts else steps
