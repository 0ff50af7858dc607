"""The page `/unsubscribe/<token>`: one press ends e-mails to one address, a person's or their mailbox's (RFC 8058).

It says nothing of any account, nor whether the address is one that we know (P1, P2). It works without script.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from uuid import UUID

from babel import negotiate_locale
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from prometheus_client import Counter
from sqlalchemy.orm import Session

from bot import policies
from bot.billing.identity.refusals import is_forgotten
from bot.channels.email import tokens
from bot.channels.front_door import FrontDoor
from bot.conversations import opt_out
from bot.db import lock
from bot.models import Channel, Conversation

routes = APIRouter(prefix="/unsubscribe")

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'self'"
    ),
}
LANGUAGES = {"en": "en", "es": "es", "pt": "pt-BR"}
PRESSED = Counter("goodterms_unsubscribed", "Presses of the link that ends e-mails", ["outcome"])


@routes.get("/{token}")
async def show(token: str, request: Request) -> HTMLResponse:
    """Ask, with one button; a mailbox that looks at the link beforehand ends nothing."""
    conversation_id = tokens.read(tokens.UNSUBSCRIBE, token)
    if conversation_id is None:
        return _page("unknown", _asked(request), 404)
    door: FrontDoor = request.app.state.front_door
    locale = await door.in_reading(lambda session: _locale(session, conversation_id))
    return _page("ask", locale or _asked(request), 200, token=token)


@routes.post("/{token}")
async def end(token: str, request: Request) -> HTMLResponse:
    """Write down the refusal, at once; the same again changes nothing. The body says nothing that counts."""
    conversation_id = tokens.read(tokens.UNSUBSCRIBE, token)
    if conversation_id is None:
        PRESSED.labels("unknown").inc()
        return _page("unknown", _asked(request), 404)
    door: FrontDoor = request.app.state.front_door
    locale = await door.in_transaction(lambda session: _end(session, conversation_id))
    PRESSED.labels("ended").inc()
    return _page("done", locale or _asked(request), 200)


def _locale(session: Session, conversation_id: UUID) -> str | None:
    conversation = session.get(Conversation, conversation_id)
    return conversation.locale if conversation is not None else None


def _end(session: Session, conversation_id: UUID) -> str | None:
    conversation = lock(session, Conversation, conversation_id)
    if conversation is None or conversation.channel != Channel.EMAIL:
        return None
    if conversation.address and not is_forgotten(conversation.address):
        opt_out.by_link(session, conversation)
    return conversation.locale


def _asked(request: Request) -> str:
    """The reader's language by their browser, where nothing else tells."""
    wanted = request.headers.get("accept-language", "")[:200]
    tags = [part.partition(";")[0].strip().replace("-", "_") for part in wanted.split(",")]
    return negotiate_locale([tag for tag in tags if tag], sorted(policies.email().page_ask)) or "en"


def _page(state: str, locale: str, status: int, token: str | None = None) -> HTMLResponse:
    brand, words = policies.brand_name(), policies.email()
    page = _environment().get_template("unsubscribe.html")
    html = page.render(
        locale=policies.in_language(LANGUAGES, locale),
        brand=brand,
        title=policies.in_language(words.page_title, locale).format(brand=brand),
        body=policies.in_language(getattr(words, f"page_{state}"), locale),
        button=policies.in_language(words.page_button, locale) if token else None,
        action=f"/unsubscribe/{token}" if token else None,
        is_news=state == "done",
    )
    return HTMLResponse(html, status_code=status, headers=HEADERS)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    folder = Path(__file__).resolve().parent / "templates"
    return Environment(loader=FileSystemLoader(folder), undefined=StrictUndefined, autoescape=True)
