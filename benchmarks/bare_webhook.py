"""The peer of our webhooks: one durable insert for each request, no signature, no form, nothing else."""

from __future__ import annotations

import os
import sqlite3

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_db = sqlite3.connect(os.environ["BENCH_BARE_DB"], isolation_level=None, check_same_thread=False)
for _statement in (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, body BLOB)",
):
    _db.execute(_statement)


async def keep(request: Request) -> Response:
    """Insert the body and say so."""
    _db.execute("INSERT INTO events (body) VALUES (?)", (await request.body(),))
    return Response(status_code=204)


app = Starlette(routes=[Route("/", keep, methods=["POST"])])
