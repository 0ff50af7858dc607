"""The Cloud API's error codes: https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes"""

from __future__ import annotations

from typing import Any

from sandbox.refusal import MetaRefusal

HREF = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"
# By code: the HTTP status and the title.
CODES: dict[int, tuple[int, str]] = {
    2: (503, "Service temporarily unavailable"),
    4: (400, "Application request limit reached"),
    100: (400, "Invalid parameter"),
    190: (401, "Invalid OAuth access token."),
    80007: (400, "Rate limit issues"),
    130429: (400, "Rate limit hit"),
    131000: (500, "Something went wrong"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (503, "Service unavailable"),
    131026: (400, "Message undeliverable"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131053: (400, "Media upload error"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
}
WINDOW = "Message failed to send because more than 24 hours have passed since the customer last replied to this number."
UNREACHABLE = "Message Undeliverable."


def refusal(code: int, details: str = "") -> MetaRefusal:
    """An error as a call gets it."""
    status, title = CODES.get(code, (400, "An error occurred"))
    return MetaRefusal(code, title, details, status=status)


def told(code: int, details: str) -> dict[str, Any]:
    """The same error as a webhook tells it."""
    title = CODES[code][1]
    return {"code": code, "title": title, "message": title, "error_data": {"details": details}, "href": HREF}
