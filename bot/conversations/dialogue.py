"""The client of Rasa, which is one of two voices (design section 1, 1). An empty answer is a failure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp
import orjson

from bot.db import new_id
from bot.errors import DialogueFailed
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Turn:
    """What the customer said (`text`) or chose (`payload`, which the bot offered before)."""

    conversation_id: uuid.UUID
    message_id: uuid.UUID
    locale: str
    text: str | None = None
    payload: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One thing the bot says: text, buttons (`title`, `payload`), and perhaps a card (design section 7)."""

    text: str
    buttons: list[dict[str, str]] = field(default_factory=list)
    card: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a turn brought: never without a reply."""

    replies: list[Reply]
    intent: str | None
    confidence: float | None


class Dialogue(Protocol):
    """A voice that answers turns. Raises `DialogueFailed`."""

    async def converse(self, turn: Turn) -> Answer:
        """The answer to `turn`. The same `message_id` again gives the same answer."""

    async def reset(self, conversation_id: uuid.UUID, locale: str) -> None:
        """Begin a clean session."""

    async def ready(self) -> bool:
        """Whether a model is loaded and answers."""

    async def aclose(self) -> None:
        """Let go of connections."""


class Rasa:
    """The dialogue model behind its one authenticated channel (`bot/inside_rasa/channel.py`)."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.rasa_url}/webhooks/goodterms"
        self._headers = {
            "Authorization": f"Bearer {settings.rasa_token.get_secret_value()}",
            "Content-Type": "application/json",
        }
        self._timeout = aiohttp.ClientTimeout(total=settings.rasa_timeout, sock_connect=2)
        self._session: aiohttp.ClientSession | None = None

    async def converse(self, turn: Turn) -> Answer:
        body: dict[str, Any] = {
            "conversation_id": str(turn.conversation_id),
            "message_id": str(turn.message_id),
            "locale": turn.locale,
        }
        body |= {"payload": turn.payload} if turn.payload is not None else {"text": turn.text}
        said = await self._post(body)
        replies = [_reply(item) for item in said.get("replies") or []]
        if said.get("failed") or not replies:
            raise DialogueFailed(
                "The assistant could not answer.", service="rasa", retryable=False, about=said.get("error")
            )
        intent = said.get("intent") or {}
        return Answer(replies, intent.get("name"), intent.get("confidence"))

    async def reset(self, conversation_id: uuid.UUID, locale: str) -> None:
        named = {"conversation_id": str(conversation_id), "message_id": str(new_id()), "locale": locale}
        await self._post({**named, "reset": True})

    async def ready(self) -> bool:
        try:
            async with self._kept().get(f"{self._url}/ready", timeout=aiohttp.ClientTimeout(total=2)) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        try:
            async with self._kept().post(f"{self._url}/webhook", data=orjson.dumps(body)) as response:
                raw = await response.read()
                if response.status != 200:
                    raise DialogueFailed(
                        "The assistant refused.",
                        service="rasa",
                        retryable=response.status >= 500,
                        about=response.status,
                    )
                answer: dict[str, Any] = orjson.loads(raw)
                return answer
        except (TimeoutError, aiohttp.ClientError, orjson.JSONDecodeError) as error:
            raise DialogueFailed(
                "The assistant cannot be reached.", service="rasa", retryable=True, about=type(error).__name__
            ) from error

    def _kept(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=60)
            self._session = aiohttp.ClientSession(
                connector=connector, headers=self._headers, timeout=self._timeout, trust_env=False
            )
        return self._session


def _reply(item: dict[str, Any]) -> Reply:
    buttons = [
        {"title": str(button["title"]), "payload": str(button["payload"])} for button in item.get("buttons") or []
    ]
    return Reply(text=item.get("text") or "", buttons=buttons, card=(item.get("custom") or {}).get("card"))
