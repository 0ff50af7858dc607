"""The webhooks of phones: verify the raw request, write it down, answer; all else comes after (T1, T3)."""

from __future__ import annotations

from collections.abc import Sequence

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import Counter

from bot.channels import meta_webhook, phone_events, twilio_webhook
from bot.channels.front_door import FrontDoor
from bot.channels.rounds import Rounds
from bot.channels.twilio_webhook import Fields
from bot.errors import Forged, Malformed, NotFound
from bot.models import ExternalEvent, Source
from bot.settings import settings

LARGE = 64 * 1024  # bytes
# Twilio says nothing by itself then.
SILENCE = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

WEBHOOKS = Counter(
    "goodterms_phone_webhooks", "Webhooks of those who carry messages, by what became of them", ["source", "outcome"]
)

routes = APIRouter(prefix="/webhooks")


@routes.post("/twilio")
async def twilio(request: Request) -> Response:
    """A message by SMS or WhatsApp. Without `TWILIO_AUTH_TOKEN` there is no such route."""
    fields = await _twilio_form(request)
    await _take_in(request, Source.TWILIO, twilio_webhook.message_events(fields))
    return Response(SILENCE, media_type="text/xml")


@routes.post("/twilio/status")
async def twilio_status(request: Request) -> Response:
    """What became of a message that we sent; `?delivery=` is our own id of it."""
    fields = await _twilio_form(request)
    delivery = request.query_params.get(twilio_webhook.DELIVERY)
    await _take_in(request, Source.TWILIO, twilio_webhook.status_events(fields, delivery))
    return Response(status_code=204)


@routes.get("/whatsapp")
async def whatsapp_setup(request: Request) -> Response:
    """Meta asks once whether this address is ours. Without `META_VERIFY_TOKEN` or `GT_WHATSAPP` there is no such
    route."""
    token = settings().meta_verify_token
    if token is None or not settings().whatsapp:
        raise NotFound("WhatsApp's webhook is not set up.")
    asked = request.query_params
    answer = meta_webhook.challenge(
        asked.get("hub.mode", ""),
        asked.get("hub.verify_token", ""),
        asked.get("hub.challenge", ""),
        verify_token=token.get_secret_value(),
    )
    return PlainTextResponse(answer, headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"})


@routes.post("/whatsapp")
async def whatsapp(request: Request) -> Response:
    """Messages and statuses of Meta's Cloud API, many at once. Without `META_APP_SECRET` or `GT_WHATSAPP` (C14) there
    is no such route."""
    secret = settings().meta_app_secret
    if secret is None or not settings().whatsapp:
        raise NotFound("WhatsApp's webhook is not set up.")
    raw, signature = await request.body(), request.headers.get("X-Hub-Signature-256", "")

    def read() -> list[ExternalEvent]:
        return meta_webhook.events(meta_webhook.signed(raw, signature, app_secret=secret.get_secret_value()))

    try:
        # Meta may send thousands at once: reading them takes seconds, in which nobody else must wait.
        found = read() if len(raw) < LARGE else await to_thread.run_sync(read)
    except Forged:
        _count(Source.META, "refused")
        raise
    except Malformed:
        _count(Source.META, "malformed")
        raise
    await _take_in(request, Source.META, found)
    return Response(status_code=200)


async def _twilio_form(request: Request) -> Fields:
    """Raises `NotFound`, `Forged`. The address is the public one, whatever the request calls us."""
    token = settings().twilio_auth_token
    if token is None:
        raise NotFound("Twilio's webhook is not set up.")
    query = request.scope["query_string"].decode("latin-1")
    path = request.url.path + (f"?{query}" if query else "")
    signature = request.headers.get("X-Twilio-Signature", "")
    try:
        return twilio_webhook.signed(path, await request.body(), signature, auth_token=token.get_secret_value())
    except Forged:
        _count(Source.TWILIO, "refused")
        raise


async def _take_in(request: Request, source: Source, events: Sequence[ExternalEvent]) -> None:
    if not events:
        _count(source, "ignored")
        return
    door: FrontDoor = request.app.state.front_door
    rounds: Rounds = request.app.state.rounds
    unread = (event.object_id for event in events if event.processed_at is None)
    waiting = list(dict.fromkeys(object_id for object_id in unread if object_id is not None))  # first come, first heard
    with rounds.arriving(waiting):
        new = await door.in_transaction(lambda session: phone_events.take_in(session, events))
    _count(source, "taken" if new else "repeated")


def _count(source: Source, outcome: str) -> None:
    WEBHOOKS.labels(source.value, outcome).inc()
