"""The one door into Rasa: an authenticated request with a message, answered with everything that came of it."""

from __future__ import annotations

import hmac
import json
import os
import re
from typing import Any, Awaitable, Callable, Dict, List, Optional

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.inside_rasa import tuning
from bot.inside_rasa.processor import SilentOutput, Turn, TurnProcessor

LONGEST_TEXT = 8_000
LARGEST_BODY = 128 * 1024
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,199}\Z")
LOCALE = re.compile(r"[A-Za-z]{2,8}([_-][A-Za-z0-9]{1,8})*\Z")
PAYLOAD = re.compile(r"/[A-Za-z][A-Za-z0-9_]*(?P<entities>\{.*\})?\Z", re.DOTALL)
SHORTEST_TOKEN = 16


class Unauthorised(Exception):
    """The token is missing or wrong."""


class WrongShape(Exception):
    """The request is not what this channel takes; the sentence says what is expected."""


class GoodTermsInput(InputChannel):
    """The channel `goodterms`.

    `POST /webhooks/goodterms/webhook` takes `{conversation_id, message_id, text | payload | reset: true, locale?,
    slots?}` and answers 200 `{replies, intent, ranking, failed, error}`; 401, 413, 422 and 503 come with
    `{error: {code, message}}`. `GET /webhooks/goodterms/ready` answers 200 once a model is loaded, else 503.
    """

    @classmethod
    def name(cls) -> str:
        """The channel's name and the middle of its address."""
        return SilentOutput.name()

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[str, Any]]) -> GoodTermsInput:
        """Takes `token` from credentials.yml or GT_RASA_TOKEN; raises SystemExit when there is none."""
        token = (credentials or {}).get("token") or os.environ.get("GT_RASA_TOKEN", "")
        tuning.apply()
        return cls(str(token))

    def __init__(self, token: str) -> None:
        """Takes the secret that the front door sends; raises SystemExit with a sentence when it is too short."""
        if len(token) < SHORTEST_TOKEN:
            raise SystemExit(
                f"GT_RASA_TOKEN is missing or too short: set it to a secret of at least {SHORTEST_TOKEN} characters, "
                "the same for the web process and for Rasa."
            )
        self._expected = f"Bearer {token}".encode()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes. Rasa's own handler is not used: it tells nobody what failed."""
        routes = Blueprint("goodterms", "goodterms")

        @routes.post("/webhook")
        async def take(request: Request) -> HTTPResponse:
            try:
                self._authorise(request)
                processor = _processor(request.app)
                if processor is None:
                    return _refusal(503, "not_ready", "No model is loaded yet.")
                turn = read_turn(request.body, processor)
            except Unauthorised:
                return _refusal(401, "unauthorised", "The bearer token is missing or wrong.")
            except WrongShape as error:
                status = 413 if len(request.body) > LARGEST_BODY else 422
                return _refusal(status, "wrong_shape", str(error))
            return json_response(await processor.turn(turn), dumps=json.dumps)

        @routes.get("/ready")
        async def ready(request: Request) -> HTTPResponse:
            loaded = _processor(request.app) is not None
            return json_response({"ready": loaded}, status=200 if loaded else 503)

        return routes

    def _authorise(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._expected):
            raise Unauthorised


def read_turn(body: bytes, processor: TurnProcessor) -> Turn:
    """Reads a request's body; raises WrongShape with a sentence that says what is expected."""
    if len(body) > LARGEST_BODY:
        raise WrongShape(f"The body must not be longer than {LARGEST_BODY} bytes.")
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise WrongShape("The body must be JSON.") from None
    if not isinstance(asked, dict):
        raise WrongShape("The body must be a JSON object.")
    unknown = sorted(set(asked) - {"conversation_id", "message_id", "text", "payload", "locale", "reset", "slots"})
    if unknown:
        raise WrongShape(f"The body has a field that is not known: {unknown[0][:40]!r}.")
    reset = asked.get("reset", False)
    if not isinstance(reset, bool):
        raise WrongShape("reset must be true or false.")
    text, payload = _words(asked, "text"), _words(asked, "payload")
    if (text is not None) + (payload is not None) + reset != 1:
        raise WrongShape("The body must have exactly one of text, payload and reset: true.")
    if payload is not None and not _is_payload(payload):
        raise WrongShape('payload must be "/intent" or "/intent{...}" with a JSON object of entities.')
    return Turn(
        conversation_id=_matching(asked, "conversation_id", ID),
        message_id=_matching(asked, "message_id", ID),
        text=text,
        payload=payload,
        locale=_matching(asked, "locale", LOCALE) if asked.get("locale") is not None else None,
        reset=reset,
        slots=tuple(_slots(asked.get("slots"), processor).items()),
    )


def _matching(asked: Dict[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not pattern.match(value):
        raise WrongShape(f"{name} must be a string of letters, digits and -_.:+ that begins with one of the former.")
    return value


def _words(asked: Dict[str, Any], name: str) -> Optional[str]:
    value = asked.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise WrongShape(f"{name} must be a string.")
    if len(value) > LONGEST_TEXT:
        raise WrongShape(f"{name} must not be longer than {LONGEST_TEXT} characters.")
    return value


def _is_payload(payload: str) -> bool:
    found = PAYLOAD.match(payload)
    if not found:
        return False
    try:
        return isinstance(json.loads(found["entities"] or "{}"), dict)
    except (ValueError, RecursionError):
        return False


def _slots(given: Any, processor: TurnProcessor) -> Dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise WrongShape("slots must be a JSON object of slot names and values.")
    unknown: List[str] = sorted(name for name in given if not processor.knows_slot(name))
    if unknown:
        raise WrongShape(f"The domain has no slot named {unknown[0][:40]!r}.")
    return given


def _processor(app: Sanic) -> Optional[TurnProcessor]:
    agent: Optional[Agent] = getattr(app.ctx, "agent", None)
    processor = agent.processor if agent else None
    return processor if isinstance(processor, TurnProcessor) else None


def _refusal(status: int, code: str, message: str) -> HTTPResponse:
    return json_response({"error": {"code": code, "message": message}}, status=status)
