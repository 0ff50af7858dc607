"""Whatever a page or a program sends to the widget's API, it is answered in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.channels.web import NewSession, Said
from bot.db import Database
from tests.anything import try_everything
from tests.desk.desks import Desk, Visit

pytestmark = pytest.mark.slow

EACH = 40
TEXT = {
    "type": "object",
    "required": ["client_id", "text"],
    "properties": {"client_id": {"type": "string", "format": "uuid"}, "text": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}
WHOLE = {
    "openapi": "3.1.0",
    "info": {"title": "The widget's API", "version": "0"},
    "paths": {
        "/api/chat/messages": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"anyOf": [TEXT, Said.model_json_schema()]}}},
                },
                "responses": {"202": {"description": "Taken in"}},
            },
            "get": {
                "parameters": [
                    {"name": "after", "in": "query", "schema": {"type": "string"}},
                    {
                        "name": "wait",
                        "in": "query",
                        "schema": {"enum": ["0", "-1", "nan", "inf", "1e999", "x"]},
                    },
                ],
                "responses": {"200": {"description": "What was said"}},
            },
        },
        "/api/chat/sessions": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": NewSession.model_json_schema()}},
                },
                "responses": {"201": {"description": "A conversation"}},
            },
        },
    },
}


@pytest.fixture
def visit(postgres_db: Database) -> Iterator[Visit]:
    """Somebody with a chat of their own."""
    with Desk(postgres_db).visit() as visit:
        opened = visit.http.request("POST", "/api/chat/sessions", json={})
        visit.http.headers["Authorization"] = f"Bearer {opened.json()['token']}"
        yield visit


def test_whatever_is_sent_to_the_widgets_api_is_answered_in_a_sentence(visit: Visit) -> None:
    taken: set[int] = set()

    def send(method: str, url: str, **given: Any) -> httpx.Response:
        answer = visit.http.request(method, url, **given)
        taken.add(answer.status_code)
        return answer

    faults = try_everything(WHOLE, send, {}, each=EACH)
    assert not faults, "\n".join(faults)
    assert taken >= {200, 201, 202, 422}


def test_no_made_up_token_opens_a_chat(visit: Visit) -> None:
    for token in ("", "x", "Bearer", "Bearer ", "Bearer x.y.z", "Basic eDp4", "Bearer " + "a" * 9_000):
        visit.http.headers["Authorization"] = token
        for method in ("GET", "POST"):
            answer = visit.http.request(method, "/api/chat/messages", json={} if method == "POST" else None)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in"), token
