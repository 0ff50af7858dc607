"""The pay page `/pay/<token>`: shows the business and the amount, never a debt (P1). It works without script.

A preview of the link opens nothing at Stripe: the Checkout Session is made on the customer's click.
"""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from bot import failpoints, policies, words
from bot.billing import payments
from bot.billing.gateway import CheckoutSession, PaymentGateway
from bot.billing.payments import PageState, checkouts
from bot.billing.payments.checkouts import Checkout
from bot.channels.front_door import FrontDoor
from bot.conversations import stripe_events
from bot.errors import Conflict, NotFound, OutsideService
from bot.models import Conversation, Customer, Mandate, MandateStatus
from bot.money import Money

routes = APIRouter(prefix="/pay")
log = structlog.get_logger()

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The form leads on to Stripe's page, or in the demo to the sandbox's, by redirection.
    "Content-Security-Policy": (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'self' https: http://127.0.0.1:* http://localhost:*"
    ),
}

FILLED = frozenset({"brand", "amount"})
# What each of the page's sentences has to use of it.
FIELDS: dict[str, set[str]] = {
    **{key: set() for key in ("to", "pay", "hint", "ask", "consent_title", "consent_stop")},
    **{f"{state}_{part}": set() for state in (*PageState, "unavailable", "unknown") for part in ("title", "body")},
    **{f"{state}_title": {"amount"} for state in (PageState.PAYABLE, PageState.PAID, "unavailable")},
}


def check() -> None:
    """Read the page's sentences now, so that a fault in the file shows at start. Raises `WordsInvalid`."""
    words.read("pay_page.yml", FIELDS, FILLED)


@routes.get("/{token}")
async def show(token: str, request: Request, returned: bool = False) -> HTMLResponse:
    """The page of a payment, in the customer's language. When Stripe sends the customer back, it is asked at once."""
    door: FrontDoor = request.app.state.front_door
    if returned:
        await _ask_stripe(request, token)
    try:
        facts = await door.in_reading(lambda session: _facts(session, token))
    except NotFound:
        return _page("unknown", "en", status=404)
    return _page(facts.pop("state"), facts.pop("locale"), **facts)


@routes.post("/{token}/checkout")
async def checkout(token: str, request: Request) -> Any:
    """Mint the Checkout Session, or find the one that is open, and lead there (303)."""
    door: FrontDoor = request.app.state.front_door
    await _ask_stripe(request, token)  # a page opened before may have been paid meanwhile
    try:
        gateway = _gateway(request)
        begun = await _begun(request, gateway, token)
        url = begun.url
        if url is None:
            failpoints.reach("page.attempt_begun")
            url = await _opened(door, gateway, begun)
    except NotFound:
        return _page("unknown", "en", status=404)
    except Conflict:
        return RedirectResponse(f"/pay/{token}", status_code=303)
    except OutsideService as error:
        log.warning("checkout_failed", retryable=error.retryable)
        facts = await door.in_reading(lambda session: _facts(session, token))
        del facts["state"]
        return _page("unavailable", facts.pop("locale"), status=503, **facts)
    if url is None:
        return RedirectResponse(f"/pay/{token}", status_code=303)
    return RedirectResponse(url, status_code=303)


def _gateway(request: Request) -> PaymentGateway:
    gateway: PaymentGateway | None = request.app.state.gateway
    if gateway is None:
        raise OutsideService("Payments are not set up.", service="stripe", retryable=False)
    return gateway


async def _begun(request: Request, gateway: PaymentGateway, token: str) -> Checkout:
    """What to ask Stripe. An open page with a consent that has ended is closed first, so that only one can be paid."""
    door: FrontDoor = request.app.state.front_door
    begun = await door.in_transaction(lambda session: checkouts.begin(session, token))
    if begun.outdated is None:
        return begun
    try:
        await door.outside(gateway.expire_checkout, begun.outdated)
    except OutsideService as error:
        if error.retryable:
            raise
        # It is paid or closed by now, which Stripe is asked next.
    await _ask_stripe(request, token)
    begun = await door.in_transaction(lambda session: checkouts.begin(session, token))
    if begun.outdated is not None:
        raise OutsideService("A former page is still open.", service="stripe", retryable=True)
    return begun


async def _opened(door: FrontDoor, gateway: PaymentGateway, begun: Checkout) -> str | None:
    """Ask Stripe for the page between two transactions, and write down what it is."""
    try:
        made = await door.outside(gateway.create_checkout, begun.request, begun.idempotency_key)
    except OutsideService:
        give_up = partial(checkouts.give_up, payment_id=begun.payment_id, idempotency_key=begun.idempotency_key)
        await door.in_transaction(give_up)
        raise
    failpoints.reach("page.stripe_answered")
    known = await door.in_transaction(lambda session: _recorded(session, begun, made))
    failpoints.reach("page.recorded")
    if known:
        return made.url
    # Another click has begun anew or the payment has gone on meanwhile: a page that nobody was led to is closed (S5).
    await door.outside(gateway.expire_checkout, made.id)
    return None


def _recorded(session: Session, begun: Checkout, made: CheckoutSession) -> bool:
    payment = checkouts.record(session, begun.payment_id, made, begun.idempotency_key)
    return payment.checkout_session_id == made.id


async def _ask_stripe(request: Request, token: str) -> None:
    """Ask how a payment stands whose page was opened before: its webhook may be late. Failing is no harm."""
    door: FrontDoor = request.app.state.front_door

    def session_id(session: Session) -> str | None:
        return payments.find(session, token).checkout_session_id

    try:
        known = await door.in_reading(session_id)
        if known is not None:
            told = await door.outside(stripe_events.follow_up, door.db, _gateway(request), known)
            if told is not None:
                door.signals.ring(told, desk=True)
    except (OutsideService, NotFound, Conflict) as error:
        log.info("return_not_followed_up", code=error.code)


def _facts(session: Session, token: str) -> dict[str, Any]:
    payment = payments.find(session, token)
    customer = session.get_one(Customer, payment.customer_id)
    conversation = session.get(Conversation, payment.conversation_id) if payment.conversation_id else None
    locale = conversation.locale if conversation is not None else customer.language
    mandate = session.get(Mandate, payment.mandate_id) if payment.mandate_id else None
    return {
        "state": str(payments.page_state(session, payment)),
        "locale": locale,
        "amount": Money(payment.amount, payment.currency).format(locale),
        "action": f"/pay/{token}/checkout",
        "consent": mandate if mandate and mandate.status != MandateStatus.WITHDRAWN else None,
    }


def _page(state: str, locale: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    sentences = _words(locale)
    brand = policies.brand_name()
    values = {"brand": brand, "amount": facts.get("amount", "")}
    text = {key: sentence.format(**values) for key, sentence in sentences.items()}
    html = (
        _templates()
        .get_template("pay.html")
        .render(
            t=text,
            state=state,
            payable=state in (PageState.PAYABLE, "unavailable"),
            title=text[f"{state}_title"],
            body=text[f"{state}_body"],
            brand=brand,
            locale=locale,
            amount=facts.get("amount"),
            action=facts.get("action"),
            consent=facts.get("consent"),
        )
    )
    return HTMLResponse(html, status_code=status, headers=HEADERS)


@lru_cache(maxsize=16)
def _words(locale: str) -> dict[str, str]:
    pages = words.read("pay_page.yml", FIELDS, FILLED)
    return {**pages["en"], **pages.get(locale.split("-")[0].lower(), {})}


@lru_cache(maxsize=1)
def _templates() -> Environment:
    folder = Path(__file__).resolve().parent / "templates"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
