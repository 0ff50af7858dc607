"""Webhooks: verify the raw body, write the event down once, answer, act afterwards (design section 3)."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from fastapi import APIRouter, BackgroundTasks, Request, Response

from bot import failpoints
from bot.billing.gateway import PaymentGateway
from bot.billing.stripe import read_event
from bot.channels.front_door import FrontDoor
from bot.conversations import stripe_events
from bot.errors import NotFound
from bot.settings import settings

routes = APIRouter(prefix="/webhooks")


@routes.post("/stripe")
async def stripe(request: Request, background: BackgroundTasks) -> Response:
    """Stripe's events. Without `STRIPE_WEBHOOK_SECRET` there is no such route."""
    secret = settings().stripe_webhook_secret
    if secret is None:
        raise NotFound("Stripe's webhook is not set up.")
    raw = await request.body()
    event = read_event(raw, request.headers.get("Stripe-Signature", ""), secret=secret.get_secret_value())
    door: FrontDoor = request.app.state.front_door
    try:
        row = await door.in_transaction(lambda session: stripe_events.take_in(session, event, raw))
    except sa.exc.IntegrityError:  # the same event at the same moment, at another process
        row = None
    failpoints.reach("webhook.stored")
    if row is not None:
        background.add_task(_act, request, row)
    return Response(status_code=200)


async def _act(request: Request, row: uuid.UUID) -> None:
    door: FrontDoor = request.app.state.front_door
    gateway: PaymentGateway | None = request.app.state.gateway
    if gateway is None:  # it waits for the worker, and for a key
        return
    told = await door.outside(stripe_events.process, door.db, gateway, row)
    if told is not None:
        door.signals.ring(told, desk=True)
    failpoints.reach("webhook.told")
