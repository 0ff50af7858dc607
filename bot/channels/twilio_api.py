"""Twilio's Messages resource, as both of our ways through Twilio use it, and what its error codes mean for us.

https://www.twilio.com/docs/messaging/api/message-resource and https://www.twilio.com/docs/api/errors
"""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from bot import clock
from bot.channels.base import FailureReason, SendFailed, Sent

TIMEOUT = httpx.Timeout(8.0, connect=3.0)
LIMITS = httpx.Limits(max_connections=32, max_keepalive_connections=16)
# Their clock and ours may differ by so much.
CLOCKS_DIFFER = dt.timedelta(minutes=1)
LISTED = 100
LONGEST_WAIT_S = 3600.0

_REASONS = {
    20003: FailureReason.SETUP,
    20005: FailureReason.SETUP,
    20006: FailureReason.SETUP,
    20008: FailureReason.SETUP,
    20403: FailureReason.SETUP,
    20404: FailureReason.SETUP,
    20429: FailureReason.LIMITED,
    21211: FailureReason.BAD_ADDRESS,
    21212: FailureReason.SETUP,
    21214: FailureReason.BAD_ADDRESS,
    21217: FailureReason.BAD_ADDRESS,
    21603: FailureReason.SETUP,
    21606: FailureReason.SETUP,
    21610: FailureReason.BLOCKED,
    21611: FailureReason.LIMITED,
    21612: FailureReason.BAD_ADDRESS,
    21614: FailureReason.BAD_ADDRESS,
    21659: FailureReason.SETUP,
    21660: FailureReason.SETUP,
    21701: FailureReason.SETUP,
    21703: FailureReason.SETUP,
    30001: FailureReason.LIMITED,
    30002: FailureReason.SETUP,
    30005: FailureReason.BAD_ADDRESS,
    30006: FailureReason.BAD_ADDRESS,
    30022: FailureReason.LIMITED,
    63003: FailureReason.BAD_ADDRESS,
    63007: FailureReason.SETUP,
    63016: FailureReason.CLOSED_WINDOW,
    63018: FailureReason.LIMITED,
    63024: FailureReason.BAD_ADDRESS,
}
_SENTENCES = {
    FailureReason.BLOCKED: "This number has asked not to receive our messages.",
    FailureReason.BAD_ADDRESS: "This number cannot receive these messages.",
    FailureReason.CLOSED_WINDOW: "This customer wrote more than a day ago, so only an approved template is taken.",
    FailureReason.LIMITED: "Too many messages at once; this one has to wait.",
    FailureReason.REFUSED: "The message service refused the request.",
    FailureReason.SETUP: "The message service does not let us in: the TWILIO settings or the account need attention.",
    FailureReason.UNAVAILABLE: "The message service does not answer just now.",
    FailureReason.UNKNOWN_OUTCOME: "The message service did not say whether the message was sent.",
}


class TwilioApi:
    """One account at Twilio, over kept connections."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        api_base: str,
        content_base: str = "",
        *,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self.account_sid = account_sid
        self._messages = f"{api_base.rstrip('/')}/2010-04-01/Accounts/{account_sid}/Messages.json"
        self._contents = f"{content_base.rstrip('/')}/v1/Content"
        self._client = httpx.Client(auth=(account_sid, auth_token), timeout=timeout, limits=LIMITS)

    def create(self, form: Mapping[str, str], about: str) -> Sent:
        """Send one message. Raises `SendFailed` with `about`, our own reference.

        Twilio has no idempotency key. When an answer is lost after the request went out, sending again might send
        twice, against the caps (C2): such a failure is not retryable, and its reason is `unknown_outcome`. An error
        of Twilio's own, in its own form, says that nothing was sent; a gateway's on the way says nothing.
        """
        answer, body = self._called("POST", self._messages, about, data=dict(form))
        if answer.status_code == 201 and isinstance(body.get("sid"), str):
            return Sent(body["sid"])
        if answer.is_success or (answer.status_code >= 500 and "code" not in body):
            raise failed(FailureReason.UNKNOWN_OUTCOME, about)
        raise _refusal(answer, body, about)

    def taken(self, to: str, since: dt.datetime, about: str) -> Iterator[tuple[Sent, str]]:
        """The messages to `to` that Twilio has taken since then, each with its text, oldest first.

        They are not narrowed by `DateSent`, which knows days only and is empty while a message waits. Raises
        `SendFailed`.
        """
        answer, body = self._called("GET", self._messages, about, params={"To": to, "PageSize": str(LISTED)})
        if not answer.is_success or not isinstance(body.get("messages"), list):
            raise _refusal(answer, body, about)
        for one in reversed(body["messages"]):
            if not (isinstance(one, dict) and isinstance(one.get("sid"), str)):
                continue
            is_ours = one.get("to") == to and str(one.get("direction", "")).startswith("outbound")
            # Any of the dates may be empty. One that has none is new, or else sending again might send twice.
            dates = (instant(one.get(name)) for name in ("date_created", "date_sent", "date_updated"))
            created = next((date for date in dates if date is not None), since)
            if is_ours and created >= since - CLOCKS_DIFFER:
                yield Sent(one["sid"]), str(one.get("body") or "")

    def create_content(self, content: Mapping[str, Any], about: str) -> str:
        """Keep a set of choices or a template at Twilio; its id. Raises `SendFailed`: nothing was said to anybody, so
        an answer that is lost may be asked for again."""
        try:
            answer, body = self._called("POST", self._contents, about, json=dict(content))
        except SendFailed as error:
            if error.reason == FailureReason.UNKNOWN_OUTCOME:
                raise failed(FailureReason.UNAVAILABLE, about) from error
            raise
        if answer.is_success and isinstance(body.get("sid"), str):
            return str(body["sid"])
        raise _refusal(answer, body, about)

    def ask_approval(self, content_sid: str, name: str, about: str) -> None:
        """Ask WhatsApp, through Twilio, to approve a content as the template `name`; it may take a day. Raises
        `SendFailed`."""
        url = f"{self._contents}/{content_sid}/ApprovalRequests/whatsapp"
        answer, body = self._called("POST", url, about, json={"name": name, "category": "UTILITY"})
        if not answer.is_success and answer.status_code != 409:
            raise _refusal(answer, body, about)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _called(self, method: str, url: str, about: str, **given: Any) -> tuple[httpx.Response, dict[str, Any]]:
        try:
            answer = self._client.request(method, url, **given)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise failed(FailureReason.UNAVAILABLE, about) from error
        except httpx.HTTPError as error:
            raise failed(FailureReason.UNKNOWN_OUTCOME, about) from error
        try:
            body = answer.json()
        except ValueError:
            body = None
        return answer, body if isinstance(body, dict) else {}


def reason_of(code: int | None) -> FailureReason | None:
    """What one of Twilio's error codes means for us; None for those on which we do not act."""
    return _REASONS.get(code) if code is not None else None


def failed(reason: FailureReason, about: str, code: int | None = None, retry_after: float | None = None) -> SendFailed:
    """The error for one message. It holds our reference, not the address: errors end up in logs (P7)."""
    return SendFailed(
        _SENTENCES[reason], service="twilio", reason=reason, provider_code=code, retry_after=retry_after, about=about
    )


def _refusal(answer: httpx.Response, body: Mapping[str, Any], about: str) -> SendFailed:
    code = body["code"] if isinstance(body.get("code"), int) else None
    reason = reason_of(code) or reason_of_status(answer.status_code, is_their_own=code is not None)
    return failed(reason, about, code, seconds(answer.headers.get("Retry-After")))


def reason_of_status(status: int, *, is_their_own: bool) -> FailureReason:
    """What the HTTP status of a refusal means, when its code tells nothing.

    Only a refusal in the provider's own form, of a request that it let in, is a fault of the message itself.
    """
    if status == 429:
        return FailureReason.LIMITED
    if status == 408 or status >= 500:
        return FailureReason.UNAVAILABLE
    if status in (401, 403) or not is_their_own:
        return FailureReason.SETUP
    return FailureReason.REFUSED


def seconds(retry_after: str | None) -> float | None:
    """A `Retry-After` header, which holds seconds or a date, in seconds: at most an hour. None without one, or for one
    that cannot be read."""
    told = (retry_after or "").strip()
    if told.isascii() and told.isdecimal():
        return min(float(told), LONGEST_WAIT_S)
    date = instant(told)
    return min(max((date - clock.now()).total_seconds(), 0.0), LONGEST_WAIT_S) if date is not None else None


def instant(date: object) -> dt.datetime | None:
    """A date as RFC 2822 has it, in UTC; None for anything else."""
    if not isinstance(date, str):
        return None
    try:
        read = email.utils.parsedate_to_datetime(date)
        return read.replace(tzinfo=read.tzinfo or dt.UTC).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
