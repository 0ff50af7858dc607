"""Every recorded payload of each provider: refused unsigned, refused ill-signed, taken when signed, harmless again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.app import create_app
from bot.db import Database
from bot.models import Attachment
from tests.channels.phone_line import Line, names, payload, set_up
from tests.served import served
from tests.voices import Voice

RECORDED = [(provider, name) for provider in ("twilio", "meta") for name in names(provider)]
PATHS = {"meta": "/webhooks/whatsapp", "twilio": "/webhooks/twilio"}
HEADERS = {"meta": "X-Hub-Signature-256", "twilio": "X-Twilio-Signature"}
# How many rows each is kept as, where that is not one.
ROWS = {"batch": 5, "odd_parts": 15, "other_number": 0, "other_object": 0, "other_field": 0, "sms_other_account": 0}
REFUSED = {"sms_other_account"}


@pytest.fixture
async def line(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    """Both providers in front of the product."""
    set_up(monkeypatch)
    app = create_app(db=sqlite_db, dialogue=Voice())
    async with served(app) as address, httpx.AsyncClient(base_url=address) as http:
        yield Line(http, app)


@pytest.mark.parametrize(("provider", "name"), RECORDED)
async def test_t1_t3_a_payload_counts_when_it_is_signed_and_once(line: Line, provider: str, name: str) -> None:
    path = PATHS[provider] + ("/status" if provider == "twilio" and name.startswith("status_") else "")
    raw = payload(provider, name)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for wrong in ({}, {HEADERS[provider]: ""}, {HEADERS[provider]: "sha256=" + "0" * 64}):
        answer = await line.http.post(path, content=raw, headers={**form, **wrong})
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "signature_invalid"
    assert line.events() == []

    states = []
    for _ in range(2):
        answer = await line.send(provider, name)
        assert answer.status_code == (403 if name in REFUSED else 204 if path.endswith("/status") else 200)
        await line.rounds.quiet()
        await line.answers()
        rows = [(event.external_id, event.attempts, event.processed_at is not None) for event in line.events()]
        states.append((rows, line.said(), len(line.all(Attachment))))
    assert states[0] == states[1]
    rows = states[0][0]
    assert len(rows) == ROWS.get(name, 1)
    assert all(attempts == 0 and is_processed for _, attempts, is_processed in rows)
