"""The descriptions that every call of the suite is held to really refuse what is wrong."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.sandbox.running import ACCOUNT
from tests.sandbox.specifications import faults, with_specs

pytestmark = with_specs
Json = dict[str, Any]
MAYA = "+12105550101"
FORM = {"To": MAYA, "From": "+15005550006", "Body": "Hello", "StatusCallback": "https://pay.example/status"}
TEXT = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": MAYA, "type": "text"}
CONTENT: Json = {"language": "en", "types": {"twilio/text": {"body": "Hello"}}}
READ = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.x"}


def twilio(**changes: Any) -> Json:
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    form = {name: value for name, value in {**FORM, **changes}.items() if value is not None}
    call = {"service": "twilio", "method": "POST", "path": path, "query": ""}
    return {**call, "content_type": "application/x-www-form-urlencoded", "body": urlencode(form, doseq=True)}


def listing(query: str) -> Json:
    return {**twilio(), "method": "GET", "query": query, "body": ""}


def content(**changes: Any) -> Json:
    call = {"service": "content", "method": "POST", "path": "/v1/Content", "query": ""}
    return {**call, "content_type": "application/json", "body": json.dumps({**CONTENT, **changes})}


def meta(message: Json, **changes: Any) -> Json:
    body = {name: value for name, value in {**message, **changes}.items() if value is not None}
    call = {"service": "meta", "method": "POST", "path": "/v23.0/106540352242922/messages", "query": ""}
    return {**call, "content_type": "application/json", "body": json.dumps(body)}


def interactive(*titles: str) -> Json:
    offered = [{"type": "reply", "reply": {"id": f"m:{title}", "title": title}} for title in titles]
    return {"type": "button", "body": {"text": "What now?"}, "action": {"buttons": offered}}


@pytest.mark.parametrize(
    "call",
    [
        twilio(),
        twilio(To=f"whatsapp:{MAYA}", From="whatsapp:+15005550010"),
        twilio(From=None, MessagingServiceSid="MG" + "0" * 32),
        twilio(Body=None, ContentSid="HX" + "0" * 32, ContentVariables="{}"),
        twilio(MediaUrl=["https://pay.example/a.png", "https://pay.example/b.png"]),
        listing("To=%2B12105550101&DateSent%3E=2026-03-02T15%3A00%3A00Z&PageSize=50"),
        content(),
        meta(TEXT, text={"body": "Hello", "preview_url": False}, biz_opaque_callback_data="delivery-1"),
        meta(TEXT, type="interactive", interactive=interactive("Pay now", "In parts")),
        meta(READ),
        meta(READ, typing_indicator={"type": "text"}),
    ],
)
def test_what_fits_passes(call: Json) -> None:
    assert faults([call]) == []


@pytest.mark.parametrize(
    "call",
    [
        twilio(To=None),
        twilio(To="2105550101"),
        twilio(From=None),
        twilio(Body=None),
        twilio(body="Hello"),
        twilio(Colour="red"),
        twilio(StatusCallback="nowhere"),
        twilio(To=[MAYA, MAYA]),
        twilio(MessagingServiceSid="MG1"),
        twilio(SmartEncoded="perhaps"),
        twilio(ContentRetention="some"),
        {**twilio(), "content_type": "application/json"},
        {**twilio(), "path": "/2010-04-01/Accounts/me/Messages.json"},
        {**twilio(), "path": "/2010-04-01/Messages.json"},
        listing("To=%2B12105550101&Since=2026"),
        listing("PageSize=2000"),
        content(language=None),
        content(types={"twilio/letter": {"body": "Hello"}}),
        content(types={"twilio/quick-reply": {"body": "Hello"}}),
        content(types={"twilio/text": {"body": 1}}),
        meta(TEXT, text={"body": 1}),
        meta(TEXT, text={"body": "Hello"}, to=None),
        meta(TEXT, text={"body": "Hello"}, recipient_type=None),
        meta(TEXT, text={"body": "Hello"}, colour="red"),
        meta(TEXT, text={"body": "Hello", "colour": "red"}),
        meta(TEXT, type="interactive", interactive=interactive()),
        meta(TEXT, type="interactive", interactive=interactive("x" * 21)),
        meta(TEXT, type="interactive", interactive=interactive("a", "b", "c", "d")),
        meta(TEXT, type="interactive", interactive={**interactive("a"), "body": {"text": "x" * 1025}}),
        meta(TEXT, type="template", template={"name": "news", "language": {"code": "en"}}),
        meta(READ, message_id=None),
        meta(READ, colour="red"),
    ],
)
def test_what_does_not_fit_is_named(call: Json) -> None:
    assert faults([call]) != []
