"""WhatsApp by Meta's Cloud API: https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from bot.channels.base import FailureReason, Outgoing, SendFailed, Sent, Style, of_whatsapp
from bot.channels.twilio_api import LIMITS, TIMEOUT, reason_of_status, seconds
from bot.errors import InvalidInput
from bot.settings import Settings

MAX_LENGTH = 4096
GRACE = dt.timedelta(minutes=2)

# https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
_REASONS = {
    0: FailureReason.SETUP,
    1: FailureReason.UNAVAILABLE,
    2: FailureReason.UNAVAILABLE,
    3: FailureReason.SETUP,
    4: FailureReason.LIMITED,
    10: FailureReason.SETUP,
    102: FailureReason.SETUP,
    190: FailureReason.SETUP,
    368: FailureReason.SETUP,
    470: FailureReason.CLOSED_WINDOW,
    80007: FailureReason.LIMITED,
    130429: FailureReason.LIMITED,
    131000: FailureReason.UNAVAILABLE,
    131005: FailureReason.SETUP,
    131016: FailureReason.UNAVAILABLE,
    131021: FailureReason.BAD_ADDRESS,
    131031: FailureReason.SETUP,
    131042: FailureReason.SETUP,
    131045: FailureReason.SETUP,
    131047: FailureReason.CLOSED_WINDOW,
    131048: FailureReason.LIMITED,
    131056: FailureReason.LIMITED,
    131057: FailureReason.UNAVAILABLE,
    133004: FailureReason.UNAVAILABLE,
    133010: FailureReason.SETUP,
}
# With code 100: there is no such number of ours, or we may not see it.
NO_SUCH_OBJECT = 33
_SENTENCES = {
    FailureReason.BLOCKED: "This number has asked not to receive our messages.",
    FailureReason.BAD_ADDRESS: "This number cannot receive WhatsApp messages.",
    FailureReason.CLOSED_WINDOW: "This customer wrote more than a day ago, so only an approved template is taken.",
    FailureReason.LIMITED: "Too many WhatsApp messages at once; this one has to wait.",
    FailureReason.REFUSED: "WhatsApp refused the request.",
    FailureReason.SETUP: "WhatsApp does not let us in: the META settings or the account need attention.",
    FailureReason.UNAVAILABLE: "WhatsApp does not answer just now.",
    FailureReason.UNKNOWN_OUTCOME: "WhatsApp did not say whether the message was sent.",
}


class MetaWhatsApp:
    """A `Sender` for WhatsApp from one of our numbers at Meta, by its id there."""

    name = "whatsapp"
    capabilities = of_whatsapp(MAX_LENGTH)
    grace = GRACE

    def __init__(
        self, phone_number_id: str, access_token: str, api_base: str, version: str, *, timeout: httpx.Timeout = TIMEOUT
    ) -> None:
        self._url = f"{api_base.rstrip('/')}/{version}/{phone_number_id}/messages"
        headers = {"Authorization": f"Bearer {access_token}"}
        self._client = httpx.Client(headers=headers, timeout=timeout, limits=LIMITS)

    def send(self, message: Outgoing) -> Sent:
        """Send one message. Raises `InvalidInput` for an empty or over-long body (T4), `SendFailed` for the rest.

        Meta has no idempotency key and no list of what it took: after an answer that was lost, only the status that
        carries our reference tells (`biz_opaque_callback_data`).
        """
        longest = MAX_LENGTH if message.style == Style.PLAIN else self.capabilities.choice_body
        if not message.body.strip() or len(message.body) > longest:
            raise InvalidInput(f"A WhatsApp message has 1 to {longest} characters.", about=message.reference)
        try:
            answer = self._client.post(self._url, json=self._body(message))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _failed(FailureReason.UNAVAILABLE, message) from error
        except httpx.HTTPError as error:
            raise _failed(FailureReason.UNKNOWN_OUTCOME, message) from error
        body = _json(answer)
        if answer.is_success:
            if sent := _sent(body):
                return sent
            raise _failed(FailureReason.UNKNOWN_OUTCOME, message)
        raise _refusal(answer, body, message)

    def find(self, message: Outgoing, since: dt.datetime) -> Sequence[Sent]:
        """Nothing: Meta cannot be asked what it took."""
        return ()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _body(self, message: Outgoing) -> dict[str, Any]:
        if message.template is not None:
            kind, content = "template", _template(message)
        elif message.style == Style.PLAIN:
            kind, content = "text", {"body": message.body, "preview_url": False}
        else:
            kind, content = "interactive", _interactive(message)
        return {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": message.to.removeprefix("+"),
            "type": kind,
            kind: content,
            "biz_opaque_callback_data": message.reference,
        }


def whatsapp(settings: Settings) -> MetaWhatsApp:
    """The WhatsApp sender that the `META_*` settings name. Raises `SendFailed` when they are not set."""
    if not (settings.meta_access_token and settings.meta_phone_number_id):
        message = "WhatsApp by Meta is not set up yet: META_ACCESS_TOKEN and META_PHONE_NUMBER_ID are needed."
        raise SendFailed(message, service="meta", reason=FailureReason.REFUSED)
    return MetaWhatsApp(
        settings.meta_phone_number_id,
        settings.meta_access_token.get_secret_value(),
        settings.meta_api_base,
        settings.meta_api_version,
    )


def reason_of(code: int | None) -> FailureReason | None:
    """What one of Meta's error codes means for us; None for those on which we do not act."""
    return _REASONS.get(code) if code is not None else None


def _template(message: Outgoing) -> dict[str, Any]:
    template = message.template
    assert template is not None
    content: dict[str, Any] = {
        "name": template.name,
        "language": {"policy": "deterministic", "code": template.language},
    }
    if template.parameters:
        values = [{"type": "text", "text": value} for value in template.parameters]
        content["components"] = [{"type": "body", "parameters": values}]
    return content


def _interactive(message: Outgoing) -> dict[str, Any]:
    body = {"text": message.body}
    if message.style == Style.BUTTONS:
        buttons = [{"type": "reply", "reply": {"id": one.id, "title": one.title}} for one in message.choices]
        return {"type": "button", "body": body, "action": {"buttons": buttons}}
    rows = [
        {"id": one.id, "title": one.title, **({"description": one.description} if one.description else {})}
        for one in message.choices
    ]
    return {"type": "list", "body": body, "action": {"button": message.list_button, "sections": [{"rows": rows}]}}


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _sent(body: Mapping[str, Any]) -> Sent | None:
    messages = body.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    found = first.get("id") if isinstance(first, dict) else None
    return Sent(found) if isinstance(found, str) and found else None


def _refusal(answer: httpx.Response, body: Mapping[str, Any], message: Outgoing) -> SendFailed:
    error = body.get("error")
    code = error.get("code") if isinstance(error, dict) and isinstance(error.get("code"), int) else None
    reason = reason_of(code) or reason_of_status(answer.status_code, is_their_own=code is not None)
    if code is None and answer.status_code >= 500:
        # Meta's own error says that nothing was sent; a gateway's on the way says nothing.
        reason = FailureReason.UNKNOWN_OUTCOME
    if isinstance(error, dict) and (code, error.get("error_subcode")) == (100, NO_SUCH_OBJECT):
        reason = FailureReason.SETUP
    return _failed(reason, message, code, seconds(answer.headers.get("Retry-After")))


def _failed(
    reason: FailureReason, message: Outgoing, code: int | None = None, retry_after: float | None = None
) -> SendFailed:
    return SendFailed(
        _SENTENCES[reason],
        service="meta",
        reason=reason,
        provider_code=code,
        retry_after=retry_after,
        about=message.reference,
    )
