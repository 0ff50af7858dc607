"""What Meta sends: set up by a token, signed over the raw body, each part kept once and read right (T3)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import create_app
from bot.channels import meta_webhook
from bot.channels.inbound_message import Kind
from bot.db import Database
from bot.models import Channel, Conversation, DeliveryStatus, Message, Provider
from bot.settings import settings
from tests.channels.phone_line import (
    MAYA,
    NUMBER_ID,
    VERIFY,
    Line,
    meta_signature,
    names,
    payload,
    set_up,
)
from tests.served import served
from tests.voices import Voice

CHOICE = "0199f3a0-0000-7000-8000-000000000001"
REFERENCE = "0199f3a0-0000-7000-8000-0000000000aa"
CARD = "4242 4242 4242 4242"
Json = dict[str, Any]

# What each message is read as: kind, words, and what else there is.
READ: dict[str, tuple[Kind, str, dict[str, Any]]] = {
    "text": (Kind.TEXT, "Hello, can I pay in parts? 🙂", {}),
    "text_card_number": (Kind.TEXT, "take [card number removed] please", {}),
    "text_with_nul_and_half_a_character": (Kind.TEXT, "ab � c", {}),
    "button": (Kind.TEXT, "Read it", {"choice_id": f"{CHOICE}:0"}),
    "button_reply": (Kind.TEXT, "Talk to a person", {"choice_id": f"{CHOICE}:1"}),
    "list_reply": (Kind.TEXT, "4 months", {"choice_id": f"{CHOICE}:2"}),
    "flow_reply": (Kind.UNSUPPORTED, "", {}),
    "image": (Kind.IMAGE, "", {"files": [("2621233374848975", "image/jpeg", None)]}),
    "image_caption": (Kind.IMAGE, "My payment slip", {"files": [("2621233374848976", "image/jpeg", None)]}),
    "audio": (Kind.AUDIO, "", {"files": [("2621233374848977", "audio/ogg; codecs=opus", None)]}),
    "video": (Kind.VIDEO, "", {"files": [("2621233374848978", "video/mp4", None)]}),
    "document": (Kind.DOCUMENT, "", {"files": [("2621233374848979", "application/pdf", "../letter <1>.pdf")]}),
    "sticker": (Kind.STICKER, "", {"files": [("2621233374848980", "image/webp", None)]}),
    "location": (
        Kind.LOCATION,
        "San Fernando Cathedral, 115 W Main Plaza, San Antonio (lat 29.42410, long -98.49360)",
        {},
    ),
    "contacts": (Kind.CONTACTS, "", {}),
    "reaction": (Kind.REACTION, "", {}),
    "order": (Kind.ORDER, "", {}),
    "unsupported": (Kind.UNSUPPORTED, "", {}),
    "unknown_type": (Kind.UNSUPPORTED, "", {}),
    "request_welcome": (Kind.SYSTEM, "", {}),
    "system_changed_number": (Kind.NUMBER_CHANGED, "", {}),
    "system_changed_identity": (Kind.IDENTITY_CHANGED, "", {}),
    "brazil_without_ninth_digit": (Kind.TEXT, "Oi", {"address": "+553199990007"}),
    "mexico_with_one": (Kind.TEXT, "Hola", {"address": "+5215512345678"}),
}
NEWS: dict[str, tuple[DeliveryStatus, int | None]] = {
    "status_sent": (DeliveryStatus.SENT, None),
    "status_delivered": (DeliveryStatus.DELIVERED, None),
    "status_read": (DeliveryStatus.READ, None),
    "status_failed": (DeliveryStatus.FAILED, 131047),
}
IGNORED = {"other_number", "other_object", "other_field"}
SEVERAL = {"batch", "odd_parts", "no_user_number"}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["from", "id", "type", "text", "body", "image", "system", "status", "errors", "timestamp"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


def batch(*messages: Json) -> Json:
    """The recorded text with other messages in it."""
    body: Json = json.loads(payload("meta", "text"))
    body["entry"][0]["changes"][0]["value"]["messages"] = list(messages)
    return body


def text(id: str, words: str) -> Json:
    """A message of Maya's, as it stands in a batch."""
    return {"from": MAYA[1:], "id": f"wamid.{id}", "timestamp": "1772463600", "type": "text", "text": {"body": words}}


def nested(depth: int) -> Any:
    """Lists in lists."""
    thing: Any = "deep"
    for _ in range(depth):
        thing = [thing]
    return thing


@pytest.fixture
async def line(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    """Meta in front of the product."""
    set_up(monkeypatch)
    app = create_app(db=sqlite_db, dialogue=Voice())
    async with served(app) as address, httpx.AsyncClient(base_url=address) as http:
        yield Line(http, app)


@pytest.fixture
def _ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    set_up(monkeypatch)
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("_ours")
@pytest.mark.parametrize("name", READ)
def test_each_recorded_message_is_read_as_what_it_is(name: str) -> None:
    (event,) = meta_webhook.events(json.loads(payload("meta", name)))
    read = meta_webhook.read(event)
    kind, words, others = READ[name]
    assert read is not None
    assert (read.provider, read.channel, read.kind, read.text) == (Provider.META, Channel.WHATSAPP, kind, words)
    assert read.address == event.object_id == others.get("address", MAYA)
    assert read.choice_id == others.get("choice_id")
    files = [(file.reference, file.content_type, file.file_name) for file in read.media]
    assert files == others.get("files", [])
    assert event.kind == ("system" if name.startswith("system") else "message")


@pytest.mark.usefixtures("_ours")
@pytest.mark.parametrize("name", NEWS)
def test_each_status_is_read_with_its_code_and_our_own_id(name: str) -> None:
    (event,) = meta_webhook.events(json.loads(payload("meta", name)))
    news = meta_webhook.read_news(event)
    assert news is not None
    assert (news.status, news.code) == NEWS[name]
    assert (news.provider, news.reference) == (Provider.META, REFERENCE)
    assert event.external_id == f"{news.provider_id}:{name.split('_')[1]}"
    assert event.object_id == news.provider_id


def test_every_recorded_payload_has_its_expectation() -> None:
    assert set(names("meta")) == set(READ) | set(NEWS) | IGNORED | SEVERAL


async def test_the_set_up_answers_the_challenge_for_the_right_token_only_t3(line: Line) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"}
    answer = await line.http.get("/webhooks/whatsapp", params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for wrong in ({"hub.verify_token": "x"}, {"hub.verify_token": "hö"}, {"hub.mode": "unsubscribe"}):
        assert (await line.http.get("/webhooks/whatsapp", params=asked | wrong)).status_code == 403
    assert (await line.http.get("/webhooks/whatsapp")).status_code == 403


@pytest.mark.parametrize("name", ["text", "button_reply", "list_reply", "image", "location"])
async def test_a_signed_message_is_kept_once_however_often_it_comes(line: Line, name: str) -> None:
    assert {(await line.meta(name)).status_code for _ in range(3)} == {200}
    await line.rounds.quiet()
    (event,) = line.events()
    assert event.processed_at is not None
    assert len(line.heard()) == 1


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "sha256=00",
        meta_signature(payload("meta", "text")).removeprefix("sha256="),
        meta_signature(payload("meta", "text")).upper(),
        meta_signature(payload("meta", "text"), secret="another"),
        meta_signature(payload("meta", "image")),
        "sha1=" + "0" * 40,
        "hö",
    ],
)
async def test_a_bad_or_missing_signature_is_refused_and_nothing_kept_t3(line: Line, signature: str) -> None:
    raw = payload("meta", "text")
    headers = {"X-Hub-Signature-256": signature.encode("latin-1")} if signature else {}
    answer = await line.http.post("/webhooks/whatsapp", content=raw, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "signature_invalid"
    assert line.events() == []


async def test_the_signature_is_over_the_bytes_not_over_what_they_mean(line: Line) -> None:
    raw = payload("meta", "text")
    other = json.dumps(json.loads(raw)).encode()
    assert (await line.meta(other, signature=meta_signature(raw))).status_code == 403


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b"nonsense"])
async def test_what_is_no_json_is_refused_by_name(line: Line, raw: bytes) -> None:
    answer = await line.meta(raw)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "malformed"


@pytest.mark.parametrize("body", ["null", "[]", "3", '"x"', "{}", '{"object":"whatsapp_business_account","entry":7}'])
async def test_json_that_says_nothing_is_taken_quietly(line: Line, body: str) -> None:
    assert (await line.meta(body.encode())).status_code == 200
    assert line.events() == []


@pytest.mark.parametrize("name", sorted(IGNORED))
async def test_what_is_not_for_us_is_left_alone(line: Line, name: str) -> None:
    assert (await line.meta(name)).status_code == 200
    assert line.events() == []


async def test_a_batch_is_one_row_for_each_part_and_each_phone_gets_its_own(line: Line) -> None:
    assert (await line.meta("batch")).status_code == 200
    await line.rounds.quiet()
    assert [(event.kind, event.object_id) for event in line.events() if event.kind == "message"] == [
        ("message", MAYA),
        ("message", MAYA),
        ("message", "+13125550102"),
    ]
    assert sum(event.kind == "status" for event in line.events()) == 2
    assert all(event.processed_at is not None for event in line.events())
    assert line.heard() in (["one", "two", "three"], ["three", "one", "two"]), "phones go side by side"


async def test_odd_parts_are_kept_and_skipped_and_the_rest_is_heard(line: Line) -> None:
    assert (await line.meta("odd_parts")).status_code == 200
    await line.rounds.quiet()
    assert all(event.processed_at is not None for event in line.events())
    assert "still heard" in line.heard()


async def test_a_message_without_a_number_is_kept_and_left_alone(line: Line) -> None:
    assert (await line.meta("no_user_number")).status_code == 200
    await line.rounds.quiet()
    assert [event.error for event in line.events()] == ["no_number"]
    assert line.all(Conversation) == []


@pytest.mark.usefixtures("_ours")
@given(messages=st.lists(anything, max_size=4), statuses=st.lists(anything, max_size=4) | anything)
def test_no_shape_of_a_batch_breaks_the_reading(messages: Any, statuses: Any) -> None:
    value = {"metadata": {"phone_number_id": NUMBER_ID}, "messages": messages, "statuses": statuses}
    batch = {
        "object": "whatsapp_business_account",
        "entry": [{"changes": [{"field": "messages", "value": value}, messages]}, statuses],
    }
    for event in meta_webhook.events(batch):
        assert len(event.external_id) <= 255
        assert len(event.object_id or "") <= 255
        meta_webhook.read_news(event) if event.kind == "status" else meta_webhook.read(event)


async def test_c14_without_the_operators_switch_or_a_secret_there_is_no_such_route(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1"}
    set_up(monkeypatch, GT_WHATSAPP="")
    assert (await line.meta("text")).status_code == 404
    assert (await line.http.get("/webhooks/whatsapp", params=asked)).status_code == 404
    set_up(monkeypatch, META_APP_SECRET="")
    assert (await line.meta("text")).status_code == 404
    set_up(monkeypatch, META_VERIFY_TOKEN="")
    assert (await line.http.get("/webhooks/whatsapp", params=asked)).status_code == 404


async def test_a_batch_may_be_as_large_as_meta_makes_it_and_no_larger(line: Line) -> None:
    messages = [text(str(number), "x" * 4_000) for number in range(40)]
    padding = {"from": "nobody", "id": "wamid.padding", "type": "new_kind", "new_kind": {"of": "x" * 2_900_000}}
    assert (await line.meta(batch(*messages, padding))).status_code == 200
    await line.rounds.quiet()
    assert len(line.heard()) == 40
    refused = await line.meta(b" " * 3_500_001)
    assert refused.status_code == 413
    assert "3,500 kB" in refused.json()["error"]["message"]


async def test_the_many_messages_of_one_batch_are_each_heard_once_in_their_order(line: Line) -> None:
    phones = [MAYA[1:], "13125550102", "13125550103"]
    messages = [{**text(str(number), f"message {number}"), "from": phones[number % 3]} for number in range(60)]
    for _ in range(2):
        assert (await line.meta(batch(*messages, *messages[:5]))).status_code == 200
    await line.rounds.quiet()
    assert len(line.events()) == 60
    for place, conversation in enumerate(line.all(Conversation)):
        said = [message for message in line.all(Message) if message.conversation_id == conversation.id]
        heard = [message.text for message in sorted(said, key=lambda each: each.seq) if message.author == "customer"]
        first = [f"+{phone}" for phone in phones].index(conversation.address)
        assert heard == [f"message {number}" for number in range(first, 60, 3)], place


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"type": "text", "text": {"body": nested(900)}}, id="deep in a message"),
        pytest.param({"type": "image", "image": {"id": "1\ud8002", "mime_type": "image/jpeg"}}, id="half a character"),
        pytest.param({"type": "image", "image": {"id": "1\x002", "mime_type": "image/jpeg"}}, id="NUL"),
        pytest.param(
            {"type": "interactive", "interactive": {"button_reply": {"id": "\ud800", "title": "x"}}}, id="tap"
        ),
        pytest.param({"type": "text", "text": {"body": "\ud800"}, "id": "wamid.\x00\ud800"}, id="odd id"),
        pytest.param({"type": "text", "text": {"body": "hm"}, "id": "greeting"}, id="an id that is a name of ours"),
    ],
)
async def test_one_bad_part_neither_loses_nor_delays_the_others(line: Line, bad: Json) -> None:
    other = {**text("2", "from another phone"), "from": "13125550102"}
    assert (await line.meta(batch({**text("0", ""), **bad}, text("1", "still heard"), other))).status_code == 200
    await line.rounds.quiet()
    assert {"still heard", "from another phone"} <= set(line.heard())
    assert [(event.processed_at is None, event.attempts) for event in line.events()] == [(False, 0)] * 3


async def test_a_batch_whose_frame_is_deep_or_a_status_whose_code_is_huge_is_taken(line: Line) -> None:
    body = batch(text("1", "heard"))
    value = body["entry"][0]["changes"][0]["value"]
    value["metadata"]["more"] = nested(900)
    value["statuses"] = [{"id": "wamid.1", "status": "failed", "errors": [{"code": 10**30}], "timestamp": "9" * 40}]
    value["contacts"] = ["huge"]
    raw = json.dumps(body).replace('"huge"', "9" * 5_000).encode()
    assert (await line.meta(raw)).status_code == 200
    await line.rounds.quiet()
    assert line.heard() == ["heard"]
    assert all(event.processed_at is not None for event in line.events())


async def test_neither_card_numbers_nor_somebody_elses_contact_card_are_kept_raw_p3(line: Line) -> None:
    await line.meta("text_card_number")
    await line.meta("contacts")
    await line.rounds.quiet()
    raw = b"".join(event.body for event in line.events())
    assert b"4242" not in raw
    assert b"Friend" not in raw
    assert b"5550199" not in raw
    assert all("4242" not in message.text for message in line.all(Message))


@pytest.mark.usefixtures("_ours")
@pytest.mark.parametrize(
    "item",
    [
        {
            "type": "interactive",
            "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": f'{{"a":"{CARD}"}}'}},
        },
        {"type": "interactive", "interactive": {"button_reply": {"id": CARD, "title": CARD}}},
        {"type": "button", "button": {"payload": CARD, "text": CARD}},
        {"type": "text", "text": {"body": "hi"}, "referral": {"headline": CARD, "body": CARD, "source_url": CARD}},
        {"type": "unsupported", "errors": [{"details": CARD, "error_data": {"details": CARD}}]},
        {"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": CARD}},
        {"type": "new_kind", "new_kind": {CARD: int(CARD.replace(" ", "")), "list": [CARD, [CARD]]}},
        {"type": "location", "location": {"latitude": CARD, "longitude": 4242424242424242, "name": CARD}},
    ],
)
def test_p3_no_field_of_a_message_keeps_a_card_number(item: Json) -> None:
    body = batch({**text("1", ""), **item})
    body["entry"][0]["changes"][0]["value"]["metadata"]["note"] = CARD
    (event,) = meta_webhook.events(body)
    assert b"4242" not in event.body


@pytest.mark.usefixtures("_ours")
def test_ids_and_numbers_that_look_like_a_cards_are_kept_as_they_are() -> None:
    looks = "4242424242424242"
    image = {**text("1", ""), "type": "image", "id": f"wamid.{looks}", "image": {"id": looks, "mime_type": "image/png"}}
    tapped = {"button_reply": {"id": "00000000-0000-7000-8000-000000000000:1", "title": "Yes"}}
    tap = {**text("2", ""), "type": "interactive", "interactive": tapped}
    read = [meta_webhook.read(event) for event in meta_webhook.events(batch(image, tap))]
    assert [(each.external_id, each.media[0].reference) for each in read[:1] if each] == [(f"wamid.{looks}", looks)]
    assert [each.choice_id for each in read[1:] if each] == [tapped["button_reply"]["id"]]
