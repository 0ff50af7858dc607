"""What every answer of the desk carries, also those that no route of ours gives."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.settings import settings

OURS = ("/desk", "/api/desk")

# No inline script or style, no frame, nobody else's resources; and no string becomes markup (trusted types).
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
# Kept by browsers for a year, and heeded only where we are reached by https.
HTTPS_ONLY = "max-age=31536000"


def with_headers(send: Send) -> Send:
    """`send`, adding to an answer what it does not say itself; no cache keeps it."""

    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
            if settings().public_url.startswith("https://"):
                headers.setdefault("Strict-Transport-Security", HTTPS_ONLY)
        await send(message)

    return add


class DeskHeaders:
    """The same for an address that there is not, a method that is not taken, a body that is too large."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "")
        ours = scope["type"] == "http" and any(path == root or path.startswith(f"{root}/") for root in OURS)
        await self._app(scope, receive, with_headers(send) if ours else send)
