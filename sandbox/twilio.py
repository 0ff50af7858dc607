"""Twilio's Messages resource: https://www.twilio.com/docs/messaging/api/message-resource

Accepts a message, brings it to the customer's phone, and tells the status callback what became of it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sandbox.courier import Courier, Headers, Parcel, Sign
from sandbox.faults import FaultBox
from sandbox.opt_outs import OptOuts
from sandbox.outbox import Outbox, address
from sandbox.refusal import TwilioRefusal
from sandbox.segments import segments
from sandbox.thread import Step, Threads, lines
from sandbox.twilio_content import Contents, Shown
from sandbox.twilio_message import news, resource, standing_now
from sandbox.twilio_request import Wanted, read

Object = dict[str, Any]
KIND = "twilio.message"
# What WhatsApp draws without having approved it: characters of a text, of one with choices; choices, and their titles.
_PLAIN, _WITH_CHOICES, _DESCRIPTION = 1600, 1024, 72
_BUTTONS, _ROWS = (3, 20), (10, 24)


@dataclass(frozen=True, slots=True)
class TwilioApi:
    """One account, whose id and token callers must show. `pace_s` is the time from one state to the next."""

    account_sid: str
    auth_token: str
    pace_s: float
    threads: Threads
    outbox: Outbox
    courier: Courier
    contents: Contents
    opt_outs: OptOuts
    faults: FaultBox

    def authorise(self, headers: Mapping[str, str], account: str | None = None) -> None:
        """Raise `TwilioRefusal` unless the call shows the account's id and token, and is about that account."""
        scheme, _, encoded = headers.get("authorization", "").partition(" ")
        try:
            shown = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            shown = b""
        known = f"{self.account_sid}:{self.auth_token}".encode()
        if scheme.lower() != "basic" or not self.auth_token or not hmac.compare_digest(shown, known):
            raise TwilioRefusal(20003, "Authenticate", status=401)
        if account not in (None, self.account_sid):
            raise TwilioRefusal(20404, f"The requested resource /Accounts/{account} was not found", status=404)

    def fail_on_demand(self) -> None:
        """Raise the fault that was asked for, if one was."""
        failure = self.faults.take_failure()
        if failure is None:
            return
        if failure.status == 429:
            raise TwilioRefusal(failure.code or 20429, "Too Many Requests", status=429)
        status = failure.status if failure.status in (400, 503) else 500
        raise TwilioRefusal(failure.code or 20500, "Internal Server Error", status=status)

    def create(self, encoded: str) -> Object:
        """Send a message; gives the Message resource."""
        wanted = read(encoded)
        faults = self.faults.read()
        blocked = wanted.number in map(address, faults.blocked) or (
            wanted.channel == "sms" and self.opt_outs.holds(wanted.number)
        )
        if blocked:
            raise TwilioRefusal(21610, "Attempt to send to unsubscribed recipient")
        plain = Shown(wanted.body, "plain", [], "", None)
        shown = self.contents.shown(wanted.content_sid, wanted.variables) if wanted.content_sid else plain
        steps = self._steps(wanted, shown)
        message = resource(self.account_sid, wanted, shown.body, self.threads.clock.now())
        with self.threads.store.transaction():
            self._show(message, wanted, shown, steps)
            if wanted.callback:
                parcels = [
                    Parcel(message["sid"], step.status, wanted.callback, urlencode(news(message, step)), step.wait_s)
                    for step in steps[1:]
                ]
                self.courier.send("twilio", parcels, faults)
        return message

    def fetch(self, sid: str) -> Object:
        """A message as it stands."""
        kept = self.threads.store.find(sid, KIND)
        if kept is None:
            raise TwilioRefusal(20404, f"The requested resource /Messages/{sid} was not found", status=404)
        return standing_now(kept)

    def keep(self, message: Object, steps: list[Object]) -> None:
        """Remember a message of either direction for `fetch` and lists, with the steps of its bubble."""
        self.threads.store.save({"id": message["sid"], "object": KIND, "data": message, "steps": steps})

    def _steps(self, wanted: Wanted, shown: Shown) -> list[Step]:
        faults = self.faults.read()
        failed = self._failure(wanted, shown)
        if failed is not None:
            on_its_way = [Step("sent", self.pace_s)] if failed.status == "undelivered" else []
            return [Step("queued"), *on_its_way, failed]
        steps = [Step("queued"), Step("sent", self.pace_s), Step("delivered", 2 * self.pace_s)]
        if wanted.channel == "whatsapp" and faults.read_receipts:
            steps.append(Step("read", 4 * self.pace_s))
        return steps

    def _failure(self, wanted: Wanted, shown: Shown) -> Step | None:
        faults = self.faults.read()
        if wanted.number in map(address, faults.undelivered):
            return Step("undelivered", 2 * self.pace_s, 30003, "Unreachable destination handset")
        if wanted.channel != "whatsapp" or shown.template:
            return None
        if not self.threads.is_open(wanted.number, "twilio"):
            sentence = "Failed to send freeform message because you are outside the allowed window."
            if faults.closed_window == "refuse":
                raise TwilioRefusal(63016, sentence)
            return Step("failed", self.pace_s, 63016, sentence)
        if _is_too_much(shown):
            return Step("failed", self.pace_s, 63013, "This message send failed because it violates channel policy.")
        return None

    def _show(self, message: Object, wanted: Wanted, shown: Shown, steps: list[Step]) -> None:
        drawn = shown if wanted.channel == "whatsapp" else Shown(shown.body, "plain", [], "", None)
        bubble = {
            "id": message["sid"],
            "number": wanted.number,
            "channel": wanted.channel,
            "provider": "twilio",
            "side": "business",
            "kind": drawn.style if drawn.template is None else "template",
            "text": drawn.body,
            "choices": drawn.choices,
            "button": drawn.button,
            "template": drawn.template,
            "links": list(wanted.media),
            "segments": segments(drawn.body) if wanted.channel == "sms" else None,
        }
        self.keep(message, self.threads.keep(bubble, steps)["steps"])
        if steps[-1].code is None:
            body = lines(drawn.body, drawn.choices)
            self.outbox.keep(wanted.to, wanted.channel, "\n".join([body, *wanted.media]))


def _is_too_much(shown: Shown) -> bool:
    """Whether WhatsApp would not draw it: its limits hold for the filled words (T4)."""
    if shown.style == "plain":
        return len(shown.body) > _PLAIN
    count, title = _BUTTONS if shown.style == "buttons" else _ROWS
    titles = [choice["title"] for choice in shown.choices]
    descriptions = [choice.get("description", "") for choice in shown.choices]
    return (
        len(shown.body) > _WITH_CHOICES
        or len(titles) > count
        or any(not 0 < len(one) <= title for one in titles)
        or any(len(one) > _DESCRIPTION for one in descriptions)
    )


def signer(token: str) -> Sign:
    """Twilio's signature of a form: https://www.twilio.com/docs/usage/security#validating-requests"""

    def sign(url: str, payload: str) -> Headers:
        fields = sorted(parse_qsl(payload, keep_blank_values=True))
        text = url + "".join(name + value for name, value in fields)
        digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
        return {
            "X-Twilio-Signature": base64.b64encode(digest).decode(),
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        }

    return sign
