"""SMS through Twilio: sending, and the signature on what Twilio sends us."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable, Sequence

import httpx

from bot.channels.base import Capabilities, FailureReason, Outgoing, SendFailed, Sent
from bot.channels.twilio_api import TIMEOUT, TwilioApi
from bot.errors import InvalidInput, SignatureInvalid
from bot.settings import Settings

MAX_LENGTH = 1600
GRACE = dt.timedelta(seconds=60)


class TwilioSms:
    """A `Sender` for SMS. `sender` is our number in E.164 or a messaging service id (MG…)."""

    name = "sms"
    capabilities = Capabilities(max_length=MAX_LENGTH, gsm=True)
    grace = GRACE

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        sender: str,
        api_base: str = "https://api.twilio.com",
        *,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._sender = sender
        self._api = TwilioApi(account_sid, auth_token, api_base, timeout=timeout)

    def send(self, message: Outgoing) -> Sent:
        """Send one SMS. Raises `InvalidInput` for an empty or over-long body (T2), `SendFailed` for the rest."""
        if not message.body.strip() or len(message.body) > MAX_LENGTH:
            raise InvalidInput(f"A text message has 1 to {MAX_LENGTH} characters.", about=message.reference)
        return self._api.create(self._form(message), message.reference)

    def find(self, message: Outgoing, since: dt.datetime) -> Sequence[Sent]:
        """The same text to the same number, taken since then. Raises `SendFailed`."""
        taken = self._api.taken(message.to, since, message.reference)
        return [sent for sent, body in taken if same_text(body, message.body)]

    def close(self) -> None:
        """Let go of the connections."""
        self._api.close()

    def _form(self, message: Outgoing) -> dict[str, str]:
        origin = "MessagingServiceSid" if self._sender.startswith("MG") else "From"
        form = {"To": message.to, origin: self._sender, "Body": message.body}
        return {**form, "StatusCallback": message.status_callback} if message.status_callback else form


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


def same_text(one: str, other: str) -> bool:
    """Whether two texts differ in white space at most, which a provider may have trimmed."""
    return one.split() == other.split()


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
