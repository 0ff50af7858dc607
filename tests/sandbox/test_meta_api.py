"""The stand-in for WhatsApp's Cloud API: what it takes and refuses, and the signed webhooks that it sends."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import Any

import httpx
import pytest

from bot import policies
from sandbox.approved import DEFAULTS
from tests.sandbox.running import META_PHONE_ID, META_SECRET, META_TOKEN, Receiver, Running
from tests.sandbox.specifications import Spec, with_specs

MAYA = "+12105550101"
PATH = f"/v23.0/{META_PHONE_ID}/messages"
KEY = {"Authorization": f"Bearer {META_TOKEN}"}
Json = dict[str, Any]
TEXT: Json = {"type": "text", "text": {"body": "Hello"}}


def send(sandbox: Running, path: str = PATH, headers: dict[str, str] = KEY, **message: Any) -> httpx.Response:
    envelope = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": MAYA}
    body = {name: value for name, value in {**envelope, **message}.items() if value is not None}
    return sandbox.http.post(path, json=body, headers=headers)


def buttons(*titles: str, body: str = "What shall we do?") -> Json:
    offered = [{"type": "reply", "reply": {"id": f"m:{place}", "title": title}} for place, title in enumerate(titles)]
    return {
        "type": "interactive",
        "interactive": {"type": "button", "body": {"text": body}, "action": {"buttons": offered}},
    }


def rows(*titles: str, button: str = "See them", description: str = "monthly") -> Json:
    offered = [{"id": f"m:{n}", "title": title, "description": description} for n, title in enumerate(titles)]
    action = {"button": button, "sections": [{"rows": offered}]}
    return {
        "type": "interactive",
        "interactive": {"type": "list", "body": {"text": "Plans"}, "action": action},
    }


def template(name: str = "conversation_update", language: str = "en", *values: str) -> Json:
    parameters = [{"type": "text", "text": value} for value in values or ("Good Terms Shop",)]
    components = [{"type": "body", "parameters": parameters}]
    code = {"policy": "deterministic", "code": language}
    return {"type": "template", "template": {"name": name, "language": code, "components": components}}


def statuses(hooks: Receiver, count: int) -> list[Json]:
    """The first `count` statuses that came."""

    def of(one: Any) -> list[Json]:
        found: list[Json] = json.loads(one.body)["entry"][0]["changes"][0]["value"].get("statuses", [])
        return found

    came = hooks.wait(lambda all: sum(len(of(one)) for one in all) >= count)
    return [status for one in came for status in of(one)]


@pytest.fixture
def open_window(sandbox: Running) -> None:
    sandbox.write(MAYA, channel="whatsapp", provider="meta", text="hello")


@pytest.mark.usefixtures("open_window")
@pytest.mark.parametrize(
    ("message", "lines"),
    [
        (TEXT, "Hello"),
        (buttons("Pay now", "In parts"), "What shall we do?\n1. Pay now\n2. In parts"),
        (rows("3 x 40.00"), "Plans\n1. 3 x 40.00: monthly"),
        (template(), DEFAULTS["conversation_update", "en"].replace("{{1}}", "Good Terms Shop")),
    ],
)
def test_a_message_is_taken_and_lies_in_the_outbox(sandbox: Running, message: Json, lines: str) -> None:
    answer = send(sandbox, **message)
    assert answer.status_code == 200
    body = answer.json()
    assert body["contacts"] == [{"input": MAYA, "wa_id": "12105550101"}]
    assert re.fullmatch(r"wamid\.[\w+/=]+", body["messages"][0]["id"])
    kept = sandbox.http.get("/sandbox/outbox", params={"to": MAYA}).json()
    assert [(one["channel"], one["body"]) for one in kept] == [("whatsapp", lines)]


@with_specs
@pytest.mark.usefixtures("open_window")
@pytest.mark.parametrize("message", [TEXT, buttons("Pay"), rows("3 x 40.00"), template()])
def test_the_answer_is_metas(sandbox: Running, message: Json) -> None:
    assert list(Spec("meta").named("MessageResponsePayload", send(sandbox, **message).json())) == []


@pytest.mark.usefixtures("open_window")
@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({**TEXT, "messaging_product": None}, 100),
        ({**TEXT, "messaging_product": "sms"}, 131009),
        ({**TEXT, "colour": "red"}, 100),
        ({**TEXT, "text": {"body": "x", "colour": "red"}}, 100),
        ({**TEXT, "to": None}, 131008),
        ({**TEXT, "to": "maya"}, 131009),
        ({"type": "text"}, 131008),
        ({"type": "text", "text": {}}, 131008),
        ({"type": "text", "text": {"body": ""}}, 131009),
        ({"type": "text", "text": {"body": "x" * 4097}}, 131009),
        ({"type": "hologram"}, 131009),
        (buttons(), 131009),
        (buttons("a", "b", "c", "d"), 131009),
        (buttons("a", "a"), 131009),
        (buttons("x" * 21), 131009),
        (buttons("Pay", body="x" * 1025), 131009),
        (rows(), 131009),
        (rows(*"abcdefghijk"), 131009),
        (rows("x" * 25), 131009),
        (rows("Pay", button="x" * 21), 131009),
        (rows("Pay", description="x" * 73), 131009),
        (template("unheard_of"), 132001),
        (template("conversation_update", "fr"), 132001),
        (template("conversation_update", "en", "one", "two"), 132000),
        ({**TEXT, "biz_opaque_callback_data": "x" * 513}, 131009),
    ],
)
def test_what_meta_refuses_is_refused_by_its_number_and_not_kept(sandbox: Running, message: Json, code: int) -> None:
    answer = send(sandbox, **message)
    error = answer.json()["error"]
    assert error["code"] == code, error
    assert answer.status_code in (400, 404)
    assert {"message", "type", "code", "fbtrace_id"} <= set(error)
    assert sandbox.http.get("/sandbox/outbox").json() == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": META_TOKEN}])
def test_only_the_token_sends(sandbox: Running, headers: dict[str, str]) -> None:
    answer = send(sandbox, headers=headers, **TEXT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)


def test_another_number_is_unknown(sandbox: Running) -> None:
    error = send(sandbox, path="/v23.0/123/messages", **TEXT).json()["error"]
    assert (error["code"], error["error_subcode"]) == (100, 33)


def test_free_text_passes_for_24_hours_and_a_template_always_t4(sandbox: Running) -> None:
    assert send(sandbox, **TEXT).json()["error"]["code"] == 131047
    sandbox.write(MAYA, channel="whatsapp", provider="meta", text="hello")
    assert send(sandbox, **TEXT).status_code == 200
    sandbox.http.post("/sandbox/clock", json={"advance": "PT24H"})
    assert send(sandbox, **TEXT).json()["error"]["code"] == 131047
    assert send(sandbox, **template()).status_code == 200
    # A template is no word of the customer's.
    assert send(sandbox, **TEXT).json()["error"]["code"] == 131047


def test_the_closed_window_may_be_told_later_instead(sandbox: Running, hooks: Receiver) -> None:
    sandbox.faults("meta", closed_window="fail")
    assert send(sandbox, **TEXT).status_code == 200
    failed = statuses(hooks, 1)
    assert [(one["status"], one["errors"][0]["code"]) for one in failed] == [("failed", 131047)]
    assert sandbox.http.get("/sandbox/outbox").json() == []


@with_specs
@pytest.mark.usefixtures("open_window")
def test_what_became_of_a_message_is_told_in_metas_shape_and_signed_t3(sandbox: Running, hooks: Receiver) -> None:
    id = send(sandbox, **TEXT, biz_opaque_callback_data="delivery-1").json()["messages"][0]["id"]
    told = statuses(hooks, 3)
    assert [(one["id"], one["status"]) for one in told] == [(id, "sent"), (id, "delivered"), (id, "read")]
    assert {one["biz_opaque_callback_data"] for one in told} == {"delivery-1"}
    for one in hooks.received:
        assert one.path == "/webhooks/whatsapp"
        digest = hmac.new(META_SECRET.encode(), one.body, hashlib.sha256).hexdigest()
        assert one.headers["X-Hub-Signature-256"] == f"sha256={digest}"
        assert list(Spec("meta", incoming=True).named("WebhookPayload", json.loads(one.body))) == []


def test_bytes_that_are_signed_are_not_those_of_a_second_writing(sandbox: Running, hooks: Receiver) -> None:
    sandbox.write(MAYA, channel="whatsapp", provider="meta", text="olá / 👋")
    raw = hooks.wait(lambda all: len(all) == 1)[0].body
    assert raw.isascii()
    assert json.dumps(json.loads(raw), separators=(",", ":")).encode() != raw


def test_a_number_that_cannot_be_reached_is_told_later(sandbox: Running, hooks: Receiver) -> None:
    sandbox.faults("meta", undelivered=[MAYA])
    assert send(sandbox, **template()).status_code == 200
    assert [one["errors"][0]["code"] for one in statuses(hooks, 1)] == [131026]


def test_reading_shows_on_the_phone_and_so_does_typing(sandbox: Running) -> None:
    id = sandbox.write(MAYA, channel="whatsapp", provider="meta", text="hello")["id"]
    thread = {"number": MAYA, "channel": "whatsapp"}
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": id, "typing_indicator": {"type": "text"}}
    assert sandbox.http.post(PATH, json=mark, headers=KEY).json() == {"success": True}
    shown = sandbox.http.get("/sandbox/phone/thread", params=thread).json()
    assert (shown["bubbles"][0]["status"], shown["typing"]) == ("read", True)
    send(sandbox, **TEXT)
    assert sandbox.http.get("/sandbox/phone/thread", params=thread).json()["typing"] is False
    refused = sandbox.http.post(PATH, json={**mark, "message_id": "wamid.none"}, headers=KEY)
    assert refused.json()["error"]["code"] == 131009


def test_a_picture_is_fetched_by_its_id_and_then_by_its_address_with_the_token(
    sandbox: Running, hooks: Receiver
) -> None:
    sandbox.write(MAYA, channel="whatsapp", provider="meta", media="photo", text="my letter")
    body = json.loads(hooks.wait(lambda all: len(all) == 1)[0].body)
    image = body["entry"][0]["changes"][0]["value"]["messages"][0]["image"]
    about = sandbox.http.get(f"/v23.0/{image['id']}", headers=KEY).json()
    assert set(about) == {"messaging_product", "url", "mime_type", "sha256", "file_size", "id"}
    assert sandbox.http.get(about["url"]).status_code == 401
    picture = sandbox.http.get(about["url"], headers=KEY)
    assert picture.headers["content-type"] == about["mime_type"] == image["mime_type"] == "image/png"
    assert int(about["file_size"]) == len(picture.content)
    assert hashlib.sha256(picture.content).hexdigest() == about["sha256"]
    assert base64.b64encode(hashlib.sha256(picture.content).digest()).decode() == image["sha256"]
    assert sandbox.http.get(about["url"].replace("hash=", "hash=0"), headers=KEY).status_code == 404
    assert sandbox.http.get("/v23.0/999", headers=KEY).json()["error"]["code"] == 100


def test_templates_are_added_by_a_switch(sandbox: Running) -> None:
    sandbox.switch("meta/templates", name="news", language="en", body="{{1}}: {{2}}", buttons=["Read"])
    assert send(sandbox, **template("news", "en", "Shop", "a letter")).status_code == 200
    assert sandbox.http.get("/sandbox/outbox").json()[-1]["body"] == "Shop: a letter\n1. Read"
    listed = sandbox.http.get("/sandbox/meta/templates").json()
    assert [(one["name"], one["language"]) for one in listed] == [*DEFAULTS, ("news", "en")]


def test_the_templates_known_from_the_start_are_the_products_own() -> None:
    ours = policies.whatsapp_templates()
    for (name, language), body in DEFAULTS.items():
        assert ours.in_locale(name, language.replace("_", "-")).body.split() == body.split()
