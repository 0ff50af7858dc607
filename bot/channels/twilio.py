"""SMS through Twilio: sending, and the signature on what Twilio sends us."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

import httpx

from bot.channels.base import Capabilities, FailureReason, Outgoing, SendFailed, Sent
from bot.errors import InvalidInput, SignatureInvalid
from bot.settings import Settings

MAX_LENGTH = 1600
TIMEOUT = httpx.Timeout(8.0, connect=3.0)

# https://www.twilio.com/docs/api/errors
_REASONS = {
    20003: FailureReason.REFUSED,
    20429: FailureReason.LIMITED,
    21211: FailureReason.BAD_ADDRESS,
    21214: FailureReason.BAD_ADDRESS,
    21217: FailureReason.BAD_ADDRESS,
    21610: FailureReason.BLOCKED,
    21611: FailureReason.LIMITED,
    21612: FailureReason.BAD_ADDRESS,
    21614: FailureReason.BAD_ADDRESS,
    30001: FailureReason.LIMITED,
}
_SENTENCES = {
    FailureReason.BLOCKED: "This number has asked not to receive our messages.",
    FailureReason.BAD_ADDRESS: "This number cannot receive text messages.",
    FailureReason.LIMITED: "Too many text messages at once; this one has to wait.",
    FailureReason.REFUSED: "The text message service refused the request.",
    FailureReason.UNAVAILABLE: "The text message service does not answer just now.",
    FailureReason.UNKNOWN_OUTCOME: "The text message service did not say whether the message was sent.",
}


class TwilioSms:
    """A `Sender` for SMS. `sender` is our number in E.164 or a messaging service id (MG…)."""

    name = "sms"
    capabilities = Capabilities(max_length=MAX_LENGTH, status_updates=True)

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        sender: str,
        api_base: str = "https://api.twilio.com",
        *,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._path = f"/2010-04-01/Accounts/{account_sid}/Messages.json"
        self._sender = sender
        self._client = httpx.Client(base_url=api_base.rstrip("/"), auth=(account_sid, auth_token), timeout=timeout)

    def send(self, message: Outgoing) -> Sent:
        """Send one SMS. Raises `InvalidInput` for an empty or over-long body (T2), `SendFailed` for the rest.

        Twilio has no idempotency key. When an answer is lost after the request went out, sending again might send
        twice, against the caps (C2): such a failure is not retryable, and its reason is `unknown_outcome`.
        """
        if not message.body.strip() or len(message.body) > MAX_LENGTH:
            raise InvalidInput(f"A text message has 1 to {MAX_LENGTH} characters.", about=message.reference)
        try:
            answer = self._client.post(self._path, data=self._form(message))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._failed(FailureReason.UNAVAILABLE, message) from error
        except httpx.HTTPError as error:
            raise self._failed(FailureReason.UNKNOWN_OUTCOME, message) from error
        body = _json(answer)
        if answer.status_code == 201 and isinstance(body.get("sid"), str):
            return Sent(body["sid"])
        if answer.is_success:
            raise self._failed(FailureReason.UNKNOWN_OUTCOME, message)
        code = body["code"] if isinstance(body.get("code"), int) else None
        raise self._failed(_reason(answer.status_code, code), message, code)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _form(self, message: Outgoing) -> dict[str, str]:
        origin = "MessagingServiceSid" if self._sender.startswith("MG") else "From"
        form = {"To": message.to, origin: self._sender, "Body": message.body}
        return {**form, "StatusCallback": message.status_callback} if message.status_callback else form

    def _failed(self, reason: FailureReason, message: Outgoing, code: int | None = None) -> SendFailed:
        # The reference, not the address: errors end up in logs (P7).
        return SendFailed(
            _SENTENCES[reason], service="twilio", reason=reason, provider_code=code, about=message.reference
        )


def sms(settings: Settings) -> TwilioSms:
    """The SMS sender that the `TWILIO_*` settings name. Raises `SendFailed` when they are not set."""
    if not (settings.twilio_account_sid and settings.twilio_auth_token and settings.twilio_from):
        message = "Text messages are not set up yet: TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM are needed."
        raise SendFailed(message, service="twilio", reason=FailureReason.REFUSED)
    return TwilioSms(
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        settings.twilio_from,
        settings.twilio_api_base,
    )


def verify(url: str, fields: Iterable[tuple[str, str]], signature: str, *, auth_token: str) -> None:
    """Raise `SignatureInvalid` unless Twilio signed this form (T1).

    `url` is the public one that Twilio called, query and all, as the settings know it behind a proxy. `fields` are all
    parameters of the form, known or not, decoded, in any order; for a GET there are none.
    """
    if not auth_token or not hmac.compare_digest(sign(url, fields, auth_token=auth_token).encode(), signature.encode()):
        raise SignatureInvalid("The signature of this webhook does not hold.")


def sign(url: str, fields: Iterable[tuple[str, str]], *, auth_token: str) -> str:
    """`X-Twilio-Signature`: base64 of HMAC-SHA1 over the URL and the parameters sorted by name, name and value joined.

    A parameter that comes more than once counts once for each different value, in the values' order, as in Twilio's
    own libraries.
    """
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _reason(status: int, code: int | None) -> FailureReason:
    if code in _REASONS:
        return _REASONS[code]
    if status == 429:
        return FailureReason.LIMITED
    return FailureReason.UNAVAILABLE if status >= 500 else FailureReason.REFUSED


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
