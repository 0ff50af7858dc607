"""Twilio's Messages resource: https://www.twilio.com/docs/messaging/api/message-resource

Accepts a message, puts it into the outbox, and tells the status callback what became of it.
"""

from __future__ import annotations

import base64
import binascii
import email.utils
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import phonenumbers

from sandbox.clock import Clock
from sandbox.courier import Courier, Headers, Parcel, Sign
from sandbox.faults import FaultBox
from sandbox.outbox import Outbox, address
from sandbox.refusal import TwilioRefusal
from sandbox.segments import segments
from sandbox.store import Store

Object = dict[str, Any]
# Twilio's own magic numbers: https://www.twilio.com/docs/iam/test-credentials
_MAGIC = {
    "+15005550001": (21211, "Invalid 'To' Phone Number: +15005550001"),
    "+15005550002": (21612, "Message cannot be sent with the current combination of 'To' and 'From' parameters"),
    "+15005550003": (
        21408,
        "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    ),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}


@dataclass(frozen=True, slots=True)
class TwilioApi:
    """One account, whose id and token callers must show."""

    account_sid: str
    auth_token: str
    store: Store
    clock: Clock
    outbox: Outbox
    courier: Courier
    faults: FaultBox

    def authorise(self, account: str, headers: Mapping[str, str]) -> None:
        """Raise `TwilioRefusal` unless the call shows the account's id and token, and is about that account."""
        scheme, _, encoded = headers.get("authorization", "").partition(" ")
        try:
            shown = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            shown = b""
        known = f"{self.account_sid}:{self.auth_token}".encode()
        if scheme.lower() != "basic" or not self.auth_token or not hmac.compare_digest(shown, known):
            raise TwilioRefusal(20003, "Authenticate", status=401)
        if account != self.account_sid:
            raise TwilioRefusal(20404, f"The requested resource /Accounts/{account} was not found", status=404)

    def create(self, encoded: str) -> Object:
        """Send a message; gives the Message resource. Parameters that Twilio does not know are passed over."""
        self._fail_on_demand()
        wanted = dict(parse_qsl(encoded, keep_blank_values=True))
        media = [value for name, value in parse_qsl(encoded) if name == "MediaUrl"]
        to, sender = self._check(wanted, media)
        message = self._message(wanted, media, to, sender)
        channel = "whatsapp" if to.startswith("whatsapp:") else "sms"
        with self.store.transaction():
            self.outbox.keep(to, channel, "\n".join([message["body"], *media]))
            self._follow(message, wanted.get("StatusCallback", ""))
        return message

    def fetch(self, sid: str) -> Object:
        """A message as it stands."""
        kept = self.store.find(sid, "twilio.message")
        if kept is None:
            raise TwilioRefusal(20404, f"The requested resource /Messages/{sid} was not found", status=404)
        message: Object = kept["data"]
        return message

    def _fail_on_demand(self) -> None:
        status = self.faults.take_failure()
        if status == 429:
            raise TwilioRefusal(20429, "Too Many Requests", status=429)
        if status:
            raise TwilioRefusal(20500, "Internal Server Error", status=503 if status == 503 else 500)

    def _check(self, wanted: dict[str, str], media: list[str]) -> tuple[str, str]:
        to, sender = wanted.get("To", "").strip(), wanted.get("From", "").strip()
        if not to:
            raise TwilioRefusal(21604, "A 'To' phone number is required.")
        if not sender and not wanted.get("MessagingServiceSid"):
            raise TwilioRefusal(21603, "A 'From' phone number is required.")
        if not wanted.get("Body") and not media:
            raise TwilioRefusal(21602, "Message body is required.")
        if len(wanted.get("Body", "")) > 1600:
            raise TwilioRefusal(21617, "The concatenated message body exceeds the 1600 character limit")
        bare = address(to)
        if bare in _MAGIC:
            raise TwilioRefusal(*_MAGIC[bare])
        if not to.removeprefix("whatsapp:").startswith("+") or not _possible(bare):
            raise TwilioRefusal(21211, f"Invalid 'To' Phone Number: {_masked(bare)}")
        if sender and to.startswith("whatsapp:") != sender.startswith("whatsapp:"):
            raise TwilioRefusal(63007, "Twilio could not find a Channel with the specified 'From' address")
        if sender and address(sender) == bare:
            raise TwilioRefusal(21266, "'To' and 'From' number cannot be the same")
        if bare in map(address, self.faults.read().blocked):
            raise TwilioRefusal(21610, "Attempt to send to unsubscribed recipient")
        return to, sender

    def _message(self, wanted: dict[str, str], media: list[str], to: str, sender: str) -> Object:
        sid = ("MM" if media else "SM") + secrets.token_hex(16)
        moment = email.utils.format_datetime(self.clock.now().replace(microsecond=0))
        service = wanted.get("MessagingServiceSid") or None
        uri = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{sid}"
        body = wanted.get("Body", "")
        return {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": body,
            "date_created": moment,
            "date_sent": None,
            "date_updated": moment,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": sender or None,
            "messaging_service_sid": service,
            "num_media": str(len(media)),
            "num_segments": "0" if service else str(segments(body)),
            "price": None,
            "price_unit": "USD",
            "sid": sid,
            "status": "accepted" if service else "queued",
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": to,
            "uri": f"{uri}.json",
        }

    def _follow(self, message: Object, callback: str) -> None:
        faults = self.faults.read()
        lost = address(message["to"]) in map(address, faults.undelivered)
        end = {"status": "undelivered", "error_code": 30003} if lost else {"status": "delivered"}
        self.store.save({"id": message["sid"], "object": "twilio.message", "data": {**message, **end}})
        if callback:
            steps: list[dict[str, Any]] = [{"status": "sent"}, end]
            parcels = [
                Parcel(message["sid"], step["status"], callback, urlencode(self._news(message, step))) for step in steps
            ]
            self.courier.send("twilio", parcels, faults)

    def _news(self, message: Object, step: dict[str, Any]) -> dict[str, str]:
        news = {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "From": message["from"] or "",
            "MessageSid": message["sid"],
            "MessageStatus": step["status"],
            "SmsSid": message["sid"],
            "SmsStatus": step["status"],
            "To": message["to"],
        }
        if "error_code" in step:
            news["ErrorCode"] = str(step["error_code"])
        return news


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


def _possible(number: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


def _masked(number: str) -> str:
    return re.sub(r"\d(?=\d{0,3}$)", "X", number)
