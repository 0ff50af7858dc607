"""Health and metrics: 200 once every process answers, else 503 naming those that do not (design section 8)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from urllib.parse import urljoin

import httpx
import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.orm import Session

from bot.channels.front_door import FrontDoor
from bot.models import Heartbeat
from bot.settings import settings

ALIVE_S = 30
PATIENCE_S = 2.5

routes = APIRouter()


@routes.get("/healthz")
async def healthz(request: Request) -> Response:
    """`{status: "ok"}`, or 503 with the names of what does not answer."""
    door: FrontDoor = request.app.state.front_door
    probes: dict[str, Awaitable[bool]] = {
        "database": door.in_reading(_database),
        "rasa": door.dialogue.ready(),
        "actions": _answers(urljoin(settings().actions_url, "/health")),
        "worker": door.in_reading(_worker),
    }
    if settings().sandbox:
        probes["sandbox"] = _answers(f"http://127.0.0.1:{settings().sandbox_port}/healthz")
    results = await asyncio.gather(
        *(asyncio.wait_for(probe, PATIENCE_S) for probe in probes.values()), return_exceptions=True
    )
    silent = [name for name, result in zip(probes, results, strict=True) if result is not True]
    if silent:
        return JSONResponse({"status": "unwell", "silent": silent}, status_code=503)
    return JSONResponse({"status": "ok"})


@routes.get("/metrics")
async def metrics() -> Response:
    """For Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _database(session: Session) -> bool:
    return session.scalar(sa.select(1)) == 1


def _worker(session: Session) -> bool:
    beat = session.get(Heartbeat, "worker")
    return beat is not None and time.time() - beat.beat_at < ALIVE_S


async def _answers(url: str) -> bool:
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as client:
        return (await client.get(url)).status_code == 200
