"""A phone and the provider behind it: recorded payloads, signed as the provider signs, sent to the served product."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from twilio.request_validator import RequestValidator

from bot.channels.front_door import FrontDoor
from bot.channels.rounds import Rounds
from bot.db import Database
from bot.models import Author, Conversation, ExternalEvent, Message
from bot.settings import settings

PAYLOADS = Path(__file__).parents[1] / "payloads"
PUBLIC_URL = "https://pay.example"
ACCOUNT = "AC00000000000000000000000000000001"
TOKEN = "twilio-token-only-for-tests"
SECRET = "meta-secret-only-for-tests"
VERIFY = "meta-verify-only-for-tests"
NUMBER_ID = "106540352242922"
MAYA = "+12105550101"

Json = dict[str, Any]


def set_up(monkeypatch: pytest.MonkeyPatch, **others: str) -> None:
    """Both providers, WhatsApp on; nothing leaves loopback. `others` wins; empty takes a setting away."""
    own = {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_BASE": "http://127.0.0.1:9",
        "META_ACCESS_TOKEN": "meta-token-only-for-tests",
        "META_APP_SECRET": SECRET,
        "META_VERIFY_TOKEN": VERIFY,
        "META_PHONE_NUMBER_ID": NUMBER_ID,
        "META_API_BASE": "http://127.0.0.1:9",
        "GT_WHATSAPP": "true",
    }
    for name, value in (own | others).items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()


def payload(provider: str, name: str) -> bytes:
    """A recorded body as it came."""
    return (PAYLOADS / provider / (f"{name}.txt" if provider == "twilio" else f"{name}.json")).read_bytes()


def names(provider: str) -> list[str]:
    """Every recorded body of a provider."""
    return sorted(path.stem for path in (PAYLOADS / provider).iterdir())


def twilio_signature(path: str, raw: bytes, *, token: str = TOKEN, base: str = PUBLIC_URL) -> str:
    """By Twilio's own library."""
    fields = dict(parse_qsl(raw.decode(), keep_blank_values=True))
    return str(RequestValidator(token).compute_signature(base + path, fields))


def meta_signature(raw: bytes, *, secret: str = SECRET) -> str:
    """As Meta documents it."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


class Line:
    """What a provider does, and what became of it."""

    def __init__(self, http: httpx.AsyncClient, app: FastAPI) -> None:
        self.http = http
        self.db: Database = app.state.db
        self.door: FrontDoor = app.state.front_door
        self.rounds: Rounds = app.state.rounds

    async def twilio(
        self, raw: bytes | str | Json, *, path: str = "/webhooks/twilio", signature: str | None = None
    ) -> httpx.Response:
        """Post a form: a recorded body's name, its bytes, or fields to change in `sms_text`."""
        if isinstance(raw, dict):
            raw = urlencode(dict(parse_qsl(payload("twilio", "sms_text").decode(), keep_blank_values=True)) | raw)
            raw = raw.encode()
        body = payload("twilio", raw) if isinstance(raw, str) else raw
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        headers["X-Twilio-Signature"] = twilio_signature(path, body) if signature is None else signature
        return await self.http.post(path, content=body, headers=headers, timeout=30)

    async def meta(self, raw: bytes | str | Json, *, signature: str | None = None) -> httpx.Response:
        """Post a batch: a recorded body's name, its bytes, or JSON."""
        body = json.dumps(raw).encode() if isinstance(raw, dict) else raw
        body = payload("meta", body) if isinstance(body, str) else body
        headers = {"Content-Type": "application/json"}
        headers["X-Hub-Signature-256"] = meta_signature(body) if signature is None else signature
        return await self.http.post("/webhooks/whatsapp", content=body, headers=headers, timeout=30)

    async def send(self, provider: str, name: str) -> httpx.Response:
        """Post a recorded body to where its provider sends it."""
        if provider == "meta":
            return await self.meta(name)
        path = "/webhooks/twilio/status" if name.startswith("status_") else "/webhooks/twilio"
        return await self.twilio(name, path=path)

    async def answered(self, text: str, *, times: int = 1) -> None:
        """Wait until the bot has said `text` so often in the one conversation that there is."""
        await self.rounds.quiet()
        (conversation,) = self.all(Conversation)
        with self.door.signals.listen(conversation.id) as bell:
            while [message.text for message in self.all(Message)].count(text) < times:
                assert await bell.wait(20), self.said()

    async def answers(self) -> None:
        """Wait until no customer's message waits for the bot."""
        for conversation in self.all(Conversation):
            with self.door.signals.listen(conversation.id) as bell:
                while any(
                    message.pending and message.conversation_id == conversation.id for message in self.all(Message)
                ):
                    assert await bell.wait(20), self.said()

    def all(self, kind: type[Any]) -> list[Any]:
        """Every row of `kind`, oldest first."""
        with self.db.reading() as session:
            return list(session.scalars(sa.select(kind).order_by(kind.id)))

    def events(self) -> list[ExternalEvent]:
        """What was kept."""
        return self.all(ExternalEvent)

    def said(self) -> list[tuple[Author, str]]:
        """The transcripts, one after the other, without notes."""
        with self.db.reading() as session:
            rows = session.scalars(
                sa.select(Message).where(Message.hidden.is_(False)).order_by(Message.conversation_id, Message.seq)
            )
            return [(message.author, message.text) for message in rows]

    def heard(self) -> list[str]:
        """What customers said."""
        return [text for author, text in self.said() if author == Author.CUSTOMER]
