"""The page `/chat`: the widget by itself, open, for whoever comes by the link in an e-mail. It implies nothing (P1)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from babel import negotiate_locale
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from bot import policies

routes = APIRouter()

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'unsafe-inline'; "
        "base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
    ),
}


@routes.get("/chat", include_in_schema=False)
async def show(request: Request) -> HTMLResponse:
    """The chat, in the reader's language."""
    words, brand = policies.email(), policies.brand_name()
    locale = _asked(request)
    html = _page().render(
        locale=locale,
        brand=brand,
        website=policies.brand().website,
        lead=policies.in_language(words.chat_lead, locale).format(brand=brand),
        unseen=policies.in_language(words.chat_needs_script, locale),
    )
    return HTMLResponse(html, headers=HEADERS)


def _asked(request: Request) -> str:
    tags = [part.partition(";")[0].strip() for part in request.headers.get("accept-language", "")[:200].split(",")]
    spoken = negotiate_locale([tag.replace("-", "_") for tag in tags if tag], sorted(policies.email().chat_lead))
    return spoken or "en"


@lru_cache(maxsize=1)
def _page() -> Template:
    folder = Path(__file__).resolve().parent / "templates"
    return Environment(loader=FileSystemLoader(folder), undefined=StrictUndefined, autoescape=True).get_template(
        "chat.html"
    )
