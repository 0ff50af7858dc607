"""The parameters of a new message at Twilio: read from its form, or refused by Twilio's number for what is wrong."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import phonenumbers

from sandbox.outbox import address
from sandbox.refusal import TwilioRefusal

SERVICE = r"MG[0-9a-fA-F]{32}"
CONTENT = r"HX[0-9a-fA-F]{32}"
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
class Wanted:
    """A message as it was asked for. `number` is the customer's in E.164; `variables` fill a content's places."""

    to: str
    sender: str
    service: str
    body: str
    media: tuple[str, ...]
    content_sid: str
    variables: dict[str, str]
    callback: str

    @property
    def channel(self) -> str:
        """ "whatsapp" or "sms"."""
        return "whatsapp" if self.to.startswith("whatsapp:") else "sms"

    @property
    def number(self) -> str:
        """Whom it is for."""
        return address(self.to)


def read(encoded: str) -> Wanted:
    """Read and check a form. Raises `TwilioRefusal`; unknown parameters are passed over, as Twilio does."""
    pairs = parse_qsl(encoded, keep_blank_values=True)
    given = {name: value.strip() for name, value in pairs if name != "Body"}
    wanted = Wanted(
        to=given.get("To", ""),
        sender=given.get("From", ""),
        service=given.get("MessagingServiceSid", ""),
        body=dict(pairs).get("Body", ""),
        media=tuple(value for name, value in pairs if name == "MediaUrl" and value),
        content_sid=given.get("ContentSid", ""),
        variables=_variables(given.get("ContentVariables", "")),
        callback=given.get("StatusCallback", ""),
    )
    _check_addresses(wanted)
    _check_content(wanted)
    if wanted.callback and urlsplit(wanted.callback).scheme not in ("http", "https"):
        raise TwilioRefusal(21609, "The 'StatusCallback' URL is not a valid URL.")
    return wanted


def _variables(encoded: str) -> dict[str, str]:
    if not encoded:
        return {}
    try:
        found: Any = json.loads(encoded)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise TwilioRefusal(21656, "The ContentVariables Parameter is invalid.")
    return found


def _check_addresses(wanted: Wanted) -> None:
    to, sender, bare = wanted.to, wanted.sender, wanted.number
    if not to:
        raise TwilioRefusal(21604, "A 'To' phone number is required.")
    if not sender and not wanted.service:
        raise TwilioRefusal(21603, "A 'From' phone number is required.")
    if wanted.service and not re.fullmatch(SERVICE, wanted.service):
        raise TwilioRefusal(21701, "The Messaging Service does not exist.")
    if bare in _MAGIC:
        raise TwilioRefusal(*_MAGIC[bare])
    if not to.removeprefix("whatsapp:").startswith("+") or not possible(bare):
        raise TwilioRefusal(21211, f"Invalid 'To' Phone Number: {_masked(bare)}")
    if sender and not possible(address(sender)):
        raise TwilioRefusal(21212, f"Invalid 'From' Phone Number: {_masked(address(sender))}")
    if sender and to.startswith("whatsapp:") != sender.startswith("whatsapp:"):
        raise TwilioRefusal(63007, "Twilio could not find a Channel with the specified 'From' address")
    if sender and address(sender) == bare:
        raise TwilioRefusal(21266, "'To' and 'From' number cannot be the same")


def _check_content(wanted: Wanted) -> None:
    if wanted.content_sid and not re.fullmatch(CONTENT, wanted.content_sid):
        raise TwilioRefusal(21655, "The ContentSid is Invalid.")
    if not wanted.body and not wanted.media and not wanted.content_sid:
        raise TwilioRefusal(21602, "Message body is required.")
    if len(wanted.body) > 1600:
        raise TwilioRefusal(21617, "The concatenated message body exceeds the 1600 character limit")
    if len(wanted.media) > 10:
        raise TwilioRefusal(21623, "Number of media files exceeds the limit of 10")


def possible(number: str) -> bool:
    """Whether a number in E.164 has a length that its country knows."""
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


def _masked(number: str) -> str:
    return re.sub(r"\d(?=\d{0,3}$)", "X", number)
