"""Refusals in the shapes of the services that we stand in for."""

from __future__ import annotations

import secrets
from typing import Any


class StripeRefusal(Exception):
    """Stripe's error object and its status. `more` holds fields such as `decline_code` or `payment_intent`."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        fields = {"message": message, "type": type, "code": code, "param": param, **more}
        self.error = {name: value for name, value in fields.items() if value is not None}
        if code:
            self.error["doc_url"] = doc_url(code)

    def body(self) -> dict[str, Any]:
        """What goes over the wire."""
        return {"error": self.error}


def doc_url(code: str) -> str:
    """Where Stripe explains an error's code."""
    return f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"


class TwilioRefusal(Exception):
    """Twilio's error object and its status."""

    def __init__(self, code: int, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def body(self) -> dict[str, Any]:
        """What goes over the wire."""
        return {
            "code": self.code,
            "message": str(self),
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


class SandboxRefusal(Exception):
    """A request to the sandbox's own pages that does not fit, in the product's error shape."""

    def __init__(self, message: str, *, status: int = 409, code: str = "conflict") -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def body(self) -> dict[str, Any]:
        """What goes over the wire."""
        return {"error": {"code": self.code, "message": str(self)}}


class MetaRefusal(Exception):
    """The Graph API's error object and its status. `details` says more than the code's own sentence."""

    def __init__(
        self, code: int, message: str, details: str = "", *, status: int = 400, subcode: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = details
        self.subcode = subcode

    def body(self) -> dict[str, Any]:
        """What goes over the wire."""
        error: dict[str, Any] = {"message": f"(#{self.code}) {self}", "type": "OAuthException", "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        return {"error": {**error, "fbtrace_id": "A" + secrets.token_urlsafe(16)}}
