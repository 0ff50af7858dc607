"""WhatsApp at Twilio's stand-in: the window, contents and their approval, and what becomes of a message."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList

from sandbox.approved import DEFAULTS
from tests.sandbox.running import ACCOUNT, FROM, TOKEN, WHATSAPP_FROM, Receiver, Running

MAYA = "+12105550101"
AUTH = (ACCOUNT, TOKEN)
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
Json = dict[str, Any]
Send = Callable[..., httpx.Response]


@pytest.fixture
def official(sandbox: Running) -> Client:
    """Twilio's own library, talking to the sandbox."""
    client = Client(ACCOUNT, TOKEN)
    client.api.base_url = client.content.base_url = sandbox.url
    return client


@pytest.fixture
def send(sandbox: Running) -> Send:
    def sent(to: str = MAYA, **form: Any) -> httpx.Response:
        both = {"To": f"whatsapp:{to}", "From": f"whatsapp:{WHATSAPP_FROM}"}
        return sandbox.http.post(PATH, data={**both, **form}, auth=AUTH)

    return sent


def content(sandbox: Running, types: Json, **more: Any) -> httpx.Response:
    body = {"language": "en", "types": types, **more}
    return sandbox.http.post("/v1/Content", json=body, auth=AUTH)


def kept(sandbox: Running, types: Json, **more: Any) -> str:
    answer = content(sandbox, types, **more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sid"])


def buttons(*titles: str, body: str = "What shall we do?") -> Json:
    actions = [{"type": "QUICK_REPLY", "title": title, "id": f"m:{place}"} for place, title in enumerate(titles)]
    return {"twilio/quick-reply": {"body": body, "actions": actions}}


def rows(*titles: str) -> Json:
    items = [{"id": f"m:{place}", "item": title, "description": "monthly"} for place, title in enumerate(titles)]
    return {"twilio/list-picker": {"body": "Three plans", "button": "See them", "items": items}}


def test_free_text_reaches_the_phone_for_24_hours_after_the_customers_last_message_t4(
    sandbox: Running, send: Send, hooks: Receiver
) -> None:
    fate = lambda answer: sandbox.http.get(answer.json()["uri"], auth=AUTH).json()  # noqa: E731
    before = fate(send(Body="one", StatusCallback=f"{hooks.url}/status"))
    assert (before["status"], before["error_code"]) == ("failed", 63016)
    sandbox.write(MAYA, channel="whatsapp", text="hello")
    assert fate(send(Body="two"))["status"] == "read"
    sandbox.http.post("/sandbox/clock", json={"advance": "PT23H59M"})
    assert fate(send(Body="three"))["status"] == "read"
    sandbox.http.post("/sandbox/clock", json={"advance": "PT2M"})
    assert fate(send(Body="four"))["error_code"] == 63016
    assert [one["body"] for one in sandbox.http.get("/sandbox/outbox").json()] == ["two", "three"]
    news = [
        dict(parse_qsl(one.body.decode())) for one in hooks.wait(lambda all: len(all) == 2) if one.path == "/status"
    ]
    assert [(one["MessageStatus"], one["ErrorCode"]) for one in news] == [("failed", "63016")]


def test_the_closed_window_may_be_told_at_once_instead(sandbox: Running, send: Send) -> None:
    sandbox.faults("twilio", closed_window="refuse")
    assert send(Body="one").json()["code"] == 63016


def test_the_window_of_one_provider_is_not_the_others(sandbox: Running, send: Send) -> None:
    sandbox.write(MAYA, channel="whatsapp", provider="meta", text="hello")
    sandbox.write(MAYA, channel="sms", text="hello")
    send(Body="one")
    assert sandbox.http.get("/sandbox/outbox").json() == []


def test_a_message_is_sent_delivered_and_read_and_each_step_is_told(
    sandbox: Running, send: Send, hooks: Receiver
) -> None:
    sandbox.write(MAYA, channel="whatsapp", text="hello")
    send(Body="one", StatusCallback=f"{hooks.url}/status")
    came = hooks.wait(lambda all: sum(one.path == "/status" for one in all) == 3)
    news = [dict(parse_qsl(one.body.decode())) for one in came if one.path == "/status"]
    assert [one["MessageStatus"] for one in news] == ["sent", "delivered", "read"]
    assert {one["ChannelPrefix"] for one in news} == {"whatsapp"}
    assert {one["To"] for one in news} == {f"whatsapp:{MAYA}"}


def test_without_read_receipts_nobody_says_that_it_was_read(sandbox: Running, send: Send) -> None:
    sandbox.faults("twilio", read_receipts=False)
    sandbox.write(MAYA, channel="whatsapp", text="hello")
    assert sandbox.http.get(send(Body="one").json()["uri"], auth=AUTH).json()["status"] == "delivered"


@pytest.mark.parametrize(
    ("types", "lines"),
    [
        (buttons("Pay now", "In parts"), "What shall we do?\n1. Pay now\n2. In parts"),
        (rows("3 x 40.00", "6 x 20.00"), "Three plans\n1. 3 x 40.00: monthly\n2. 6 x 20.00: monthly"),
        ({"twilio/text": {"body": "Hello"}}, "Hello"),
    ],
)
def test_a_content_is_drawn_and_the_outbox_numbers_its_choices(
    sandbox: Running, send: Send, types: Json, lines: str
) -> None:
    sandbox.write(MAYA, channel="whatsapp", text="hello")
    assert send(ContentSid=kept(sandbox, types)).status_code == 201
    assert sandbox.http.get("/sandbox/outbox").json()[-1]["body"] == lines


def test_variables_fill_every_place_of_a_content(sandbox: Running, send: Send) -> None:
    sandbox.write(MAYA, channel="whatsapp", text="hello")
    sid = kept(sandbox, buttons("{{2}}", body="Hello {{1}}"), variables={"1": "you", "2": "Pay"})
    send(ContentSid=sid, ContentVariables=json.dumps({"1": "Maya"}))
    assert sandbox.thread(MAYA, "whatsapp")[-1]["text"] == "Hello Maya"
    assert [one["title"] for one in sandbox.thread(MAYA, "whatsapp")[-1]["choices"]] == ["Pay"]
    bare = kept(sandbox, {"twilio/text": {"body": "Hello {{1}}"}})
    assert send(ContentSid=bare).json()["code"] == 21656


@pytest.mark.parametrize(
    "types",
    [
        {},
        {"twilio/text": {}},
        {"twilio/text": {"body": "x", "colour": "red"}},
        {"twilio/unheard-of": {"body": "x"}},
        buttons(),
        buttons(*"abcdefghijk"),
        buttons("x" * 26),
        buttons("Pay", body="x" * 1025),
        rows(),
        rows(*"abcdefghijk"),
        rows("x" * 25),
        {"twilio/list-picker": {"body": "x", "button": "x" * 21, "items": [{"id": "1", "item": "one"}]}},
    ],
)
def test_contents_beyond_twilios_limits_are_refused(sandbox: Running, types: Json) -> None:
    answer = content(sandbox, types)
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)
    assert content(sandbox, {"twilio/text": {"body": "x"}}, language=None).status_code == 400


@pytest.mark.parametrize("types", [buttons("a", "b", "c", "d"), buttons("x" * 21)])
def test_inside_the_window_whatsapp_draws_three_buttons_of_20_characters_and_no_more_t4(
    sandbox: Running, send: Send, types: Json
) -> None:
    sandbox.write(MAYA, channel="whatsapp", text="hello")
    answer = send(ContentSid=kept(sandbox, types))
    assert sandbox.http.get(answer.json()["uri"], auth=AUTH).json()["error_code"] == 63013
    assert sandbox.http.get("/sandbox/outbox").json() == []


def test_an_approved_content_passes_the_closed_window(sandbox: Running, send: Send) -> None:
    sid = kept(sandbox, {"twilio/text": {"body": "News for you"}})
    send(ContentSid=sid)
    assert sandbox.http.get("/sandbox/outbox").json() == []
    ask = f"/v1/Content/{sid}/ApprovalRequests/whatsapp"
    assert sandbox.http.post(ask, json={"name": "News!", "category": "UTILITY"}, auth=AUTH).status_code == 400
    asked = sandbox.http.post(ask, json={"name": "news", "category": "UTILITY"}, auth=AUTH)
    assert (asked.status_code, asked.json()["status"]) == (201, "received")
    found = sandbox.http.get(f"/v1/Content/{sid}/ApprovalRequests", auth=AUTH).json()
    assert found["whatsapp"]["status"] == "approved"
    send(ContentSid=sid)
    assert [one["body"] for one in sandbox.http.get("/sandbox/outbox").json()] == ["News for you"]


def test_our_own_template_has_been_approved_before(sandbox: Running, send: Send) -> None:
    (name, language), body = next(iter(DEFAULTS.items()))
    sid = kept(sandbox, {"twilio/text": {"body": body}}, friendly_name=name, language=language)
    send(ContentSid=sid, ContentVariables=json.dumps({"1": "Good Terms Shop"}))
    bubble = sandbox.thread(MAYA, "whatsapp")[-1]
    assert (bubble["kind"], bubble["template"], bubble["status"]) == ("template", name, "read")
    assert "Good Terms Shop" in bubble["text"]


def test_the_official_library_keeps_finds_and_removes_contents(sandbox: Running, official: Client) -> None:
    asked = {"language": "en", "friendly_name": "hello", "variables": {"1": "Maya"}}
    create = ContentList.ContentCreateRequest({**asked, "types": {"twilio/text": {"body": "Hello {{1}}"}}})
    made = official.content.v1.contents.create(create)
    assert str(made.sid).startswith("HX")
    assert made.date_created is not None
    assert [one.sid for one in official.content.v1.contents.list()] == [made.sid]
    assert official.content.v1.contents(str(made.sid)).fetch().friendly_name == "hello"
    assert official.content.v1.contents(str(made.sid)).delete()
    with pytest.raises(TwilioRestException) as refused:
        official.content.v1.contents(str(made.sid)).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)


def test_the_official_library_sends_fetches_and_lists_messages(sandbox: Running, official: Client) -> None:
    texts = [official.messages.create(to=MAYA, from_=FROM, body=f"number {n}") for n in range(5)]
    official.messages.create(to="+13125550102", from_=FROM, body="another")
    sandbox.write(MAYA, text="hello")
    assert official.messages(str(texts[0].sid)).fetch().status == "delivered"
    listed = official.messages.list(to=MAYA, page_size=2)
    assert [one.body for one in listed] == [f"number {n}" for n in (4, 3, 2, 1, 0)]
    assert [one.direction for one in official.messages.list(from_=MAYA)] == ["inbound"]
    sent = texts[0].date_created
    assert sent is not None
    assert len(official.messages.list(to=MAYA, date_sent_after=sent)) == 5
    assert official.messages.list(to=MAYA, date_sent_before=sent.replace(year=2000)) == []


def test_only_the_accounts_own_key_reads_and_writes_contents(sandbox: Running) -> None:
    for auth in (None, (ACCOUNT, "wrong")):
        answer = sandbox.http.post("/v1/Content", json={"language": "en", "types": {}}, auth=auth)
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)
