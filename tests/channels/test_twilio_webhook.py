"""What Twilio sends: signed for our public address or refused, kept once, answered with silence, read right (T1)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from bot.app import create_app
from bot.channels import twilio_webhook
from bot.channels.inbound_message import InboundMessage, Kind
from bot.conversations.keywords import Keyword
from bot.db import Database
from bot.errors import Forged
from bot.models import Channel, Conversation, DeliveryStatus, Message, Provider, Source
from bot.settings import settings
from tests.channels.phone_line import MAYA, PUBLIC_URL, TOKEN, Line, names, payload, set_up, twilio_signature
from tests.served import served
from tests.voices import Voice

MESSAGES = [name for name in names("twilio") if not name.startswith("status_")]
STATUSES = [name for name in names("twilio") if name.startswith("status_")]
CHOICE = "0199f3a0-0000-7000-8000-000000000001"

# What each is read as: channel, kind, words, and what else there is; None where nobody can be answered.
READ: dict[str, tuple[Channel, Kind, str, dict[str, Any]] | None] = {
    "sms_text": (Channel.SMS, Kind.TEXT, "Hello, is it possible to pay a part? Ça va & +1 = ñ 🙂", {}),
    "sms_unknown_fields": (Channel.SMS, Kind.TEXT, "Hello", {}),
    "sms_media": (Channel.SMS, Kind.IMAGE, "", {"files": ["image/jpeg", "application/pdf"]}),
    "sms_media_caption": (Channel.SMS, Kind.IMAGE, "This is my receipt", {"files": ["image/png"]}),
    "sms_stop_told": (Channel.SMS, Kind.TEXT, "Stop", {"told": Keyword.STOP}),
    "sms_start_told": (Channel.SMS, Kind.TEXT, "START", {"told": Keyword.START}),
    "sms_help_told": (Channel.SMS, Kind.TEXT, "help", {"told": Keyword.HELP}),
    "sms_stop": (Channel.SMS, Kind.TEXT, "Stop. Thank you", {}),
    "sms_short_code": None,
    "sms_alphanumeric": None,
    "sms_no_sender": None,
    "sms_empty": (Channel.SMS, Kind.UNSUPPORTED, "", {}),
    "sms_without_sid": None,
    "sms_only_old_sid": (Channel.SMS, Kind.TEXT, "Hello", {}),
    "sms_odd_count": (Channel.SMS, Kind.TEXT, "Hello", {}),
    "sms_card_number": (Channel.SMS, Kind.TEXT, "My card is [card number removed], take it from there", {}),
    "sms_contact": (Channel.SMS, Kind.CONTACTS, "", {"files": ["text/x-vcard"]}),
    "messenger_text": None,
    "whatsapp_text": (Channel.WHATSAPP, Kind.TEXT, "Hello from WhatsApp", {}),
    "whatsapp_button": (Channel.WHATSAPP, Kind.TEXT, "Talk to a person", {"choice_id": f"{CHOICE}:1"}),
    "whatsapp_list": (Channel.WHATSAPP, Kind.TEXT, "4 months", {"choice_id": f"{CHOICE}:2"}),
    "whatsapp_image": (Channel.WHATSAPP, Kind.IMAGE, "", {"files": ["image/jpeg"]}),
    "whatsapp_audio": (Channel.WHATSAPP, Kind.AUDIO, "", {"files": ["audio/ogg"]}),
    "whatsapp_document": (Channel.WHATSAPP, Kind.DOCUMENT, "", {"files": ["application/pdf"], "named": "letter.pdf"}),
    "whatsapp_sticker": (Channel.WHATSAPP, Kind.STICKER, "", {"files": ["image/webp"]}),
    "whatsapp_location": (
        Channel.WHATSAPP,
        Kind.LOCATION,
        "San Fernando Cathedral, 115 W Main Plaza, San Antonio (lat 29.42410, long -98.49360)",
        {},
    ),
    "whatsapp_contacts": (Channel.WHATSAPP, Kind.CONTACTS, "", {"files": ["text/vcard"]}),
    "whatsapp_reaction": (Channel.WHATSAPP, Kind.REACTION, "👍", {}),
    "whatsapp_unsupported": (Channel.WHATSAPP, Kind.UNSUPPORTED, "", {}),
    "whatsapp_order": (Channel.WHATSAPP, Kind.ORDER, "", {}),
}


@pytest.fixture
async def line(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    """Twilio in front of the product."""
    set_up(monkeypatch)
    app = create_app(db=sqlite_db, dialogue=Voice())
    async with served(app) as address, httpx.AsyncClient(base_url=address) as http:
        yield Line(http, app)


@pytest.fixture
def _ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    set_up(monkeypatch)
    yield
    settings.cache_clear()


def kept(name: str) -> InboundMessage | None:
    fields = parse_qsl(payload("twilio", name).decode(), keep_blank_values=True)
    (event,) = twilio_webhook.message_events(fields)
    return twilio_webhook.read(event)


@pytest.mark.usefixtures("_ours")
@pytest.mark.parametrize("name", sorted(set(MESSAGES) - {"sms_other_account"}))
def test_each_recorded_message_is_read_as_what_it_is(name: str) -> None:
    read = kept(name)
    if READ[name] is None:
        assert read is None
        return
    channel, kind, words, others = READ[name]  # type: ignore[misc]
    assert read is not None
    assert (read.provider, read.channel, read.address, read.kind, read.text) == (
        Provider.TWILIO,
        channel,
        MAYA,
        kind,
        words,
    )
    assert read.choice_id == others.get("choice_id")
    assert read.told == others.get("told")
    assert [file.content_type for file in read.media] == others.get("files", [])
    assert [file.file_name for file in read.media if file.file_name] == ([others["named"]] if "named" in others else [])


@pytest.mark.usefixtures("_ours")
@pytest.mark.parametrize("name", names("twilio"))
def test_twilios_own_library_signs_each_payload_as_we_do_t1(name: str) -> None:
    raw = payload("twilio", name)
    if name == "sms_other_account":
        with pytest.raises(Forged, match="another account"):
            twilio_webhook.signed("/webhooks/twilio", raw, twilio_signature("/webhooks/twilio", raw), auth_token=TOKEN)
        return
    for path in ("/webhooks/twilio", "/webhooks/twilio/status?delivery=1&x=%20y"):
        fields = twilio_webhook.signed(path, raw, twilio_signature(path, raw), auth_token=TOKEN)
        assert fields == parse_qsl(raw.decode(), keep_blank_values=True)


@given(
    fields=st.dictionaries(
        st.text("abcXYZ09_", min_size=1, max_size=8), st.text(max_size=20).filter(lambda t: t.isprintable()), max_size=8
    ),
    port=st.sampled_from(["", ":443", ":8443"]),
    signed_port=st.booleans(),
)
def test_any_form_that_twilios_library_would_take_is_taken_t1(
    fields: dict[str, str], port: str, signed_port: bool
) -> None:
    url = f"https://pay.example{port}/webhooks/twilio?delivery=1"
    validator = RequestValidator(TOKEN)
    bare = "https://pay.example/webhooks/twilio?delivery=1"
    signature = validator.compute_signature(url if signed_port else bare, fields)
    assert validator.validate(url, fields, signature)
    holds = [
        twilio_webhook._holds(each, list(fields.items()), signature, TOKEN) for each in twilio_webhook._addresses(url)
    ]
    assert any(holds)


@pytest.mark.parametrize("name", ["sms_text", "sms_media", "whatsapp_text", "whatsapp_button", "whatsapp_location"])
async def test_a_signed_message_is_kept_once_and_answered_with_silence(line: Line, name: str) -> None:
    answers = [await line.twilio(name) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].headers["Content-Type"].startswith("text/xml")
    assert answers[0].text.endswith("<Response/>")
    await line.rounds.quiet()
    (event,) = line.events()
    assert (event.source, event.kind, event.object_id) == (Source.TWILIO, "message", MAYA)
    assert event.processed_at is not None
    assert len(line.heard()) == 1


@pytest.mark.parametrize("signature", ["", "AAAA", "höhö", "x" * 5000])
@pytest.mark.parametrize("path", ["/webhooks/twilio", "/webhooks/twilio/status"])
async def test_a_bad_or_missing_signature_is_refused_and_nothing_kept_t1(line: Line, signature: str, path: str) -> None:
    raw = payload("twilio", "sms_text")
    answer = await line.http.post(
        path,
        content=raw,
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            **({"X-Twilio-Signature": signature.encode("latin-1")} if signature else {}),  # type: ignore[dict-item]
        },
    )
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "signature_invalid"
    assert line.events() == []


async def test_a_right_signature_of_something_else_is_refused_t1(line: Line) -> None:
    raw, path = payload("twilio", "sms_text"), "/webhooks/twilio"
    others = [
        twilio_signature(path, raw, token="another"),
        twilio_signature(path, raw, base="http://127.0.0.1"),
        twilio_signature(path, raw, base="http://pay.example"),
        twilio_signature(f"{path}?x=1", raw),
        twilio_signature("/webhooks/twilio/status", raw),
        twilio_signature(path, payload("twilio", "sms_stop")),
        twilio_signature(path, raw + b"&More=1"),
    ]
    for signature in others:
        assert (await line.twilio(raw, signature=signature)).status_code == 403
    lied = await line.http.post(
        path,
        content=raw,
        headers={
            "Host": "evil.example",
            "X-Forwarded-Host": "evil.example",
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": twilio_signature(path, raw, base="https://evil.example"),
        },
    )
    assert lied.status_code == 403
    assert line.events() == []


async def test_another_accounts_message_is_refused(line: Line) -> None:
    answer = await line.twilio("sms_other_account")
    assert answer.status_code == 403
    assert line.events() == []


@pytest.mark.parametrize("name", [name for name, read in READ.items() if read is None])
async def test_what_nobody_can_answer_is_kept_and_left_alone(line: Line, name: str) -> None:
    assert (await line.twilio(name)).status_code == 200
    await line.rounds.quiet()
    (event,) = line.events()
    assert event.processed_at is not None
    assert line.all(Conversation) == []


async def test_c14_whatsapp_by_twilio_waits_for_the_operators_switch(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, GT_WHATSAPP="")
    assert (await line.twilio("whatsapp_text")).status_code == 200
    assert (await line.twilio("sms_text")).status_code == 200
    await line.rounds.quiet()
    assert [event.error for event in line.events()] == ["whatsapp_off", None]
    assert [conversation.channel for conversation in line.all(Conversation)] == [Channel.SMS]


async def test_without_a_token_there_is_no_such_route(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(monkeypatch, TWILIO_ACCOUNT_SID="", TWILIO_AUTH_TOKEN="")
    for path in ("/webhooks/twilio", "/webhooks/twilio/status"):
        assert (await line.twilio("sms_text", path=path, signature="x")).status_code == 404


async def test_a_huge_body_and_a_flood_of_fields_are_refused(line: Line) -> None:
    assert (await line.twilio(b"Body=" + b"x" * 2_100_000, signature="x")).status_code == 413
    flood = b"&".join(b"a%d=1" % number for number in range(600))
    assert (await line.twilio(flood)).status_code == 403
    assert line.events() == []


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("status_sent", DeliveryStatus.SENT, None),
        ("status_delivered", DeliveryStatus.DELIVERED, None),
        ("status_undelivered", DeliveryStatus.FAILED, 30003),
        ("status_failed_blocked", DeliveryStatus.FAILED, 21610),
        ("status_read", DeliveryStatus.READ, None),
        ("status_new_word", None, None),
    ],
)
async def test_a_status_is_kept_once_by_message_and_word_and_read(
    line: Line, name: str, status: DeliveryStatus | None, code: int | None
) -> None:
    path = "/webhooks/twilio/status?delivery=0199f3a0-0000-7000-8000-0000000000aa"
    for _ in range(2):
        assert (await line.twilio(name, path=path)).status_code == 204
    await line.rounds.quiet()
    (event,) = line.events()
    assert event.kind == "status"
    assert event.external_id == f"{event.object_id}:{name.split('_')[1]}" or name == "status_new_word"
    assert event.processed_at is not None
    news = twilio_webhook.read_news(event)
    assert (news.status if news else None) == status
    if news is not None:
        assert (news.code, news.reference) == (code, "0199f3a0-0000-7000-8000-0000000000aa")
        assert news.provider_id == event.object_id


async def test_a_card_number_is_not_even_kept_raw_p3(line: Line) -> None:
    await line.twilio("sms_card_number")
    await line.rounds.quiet()
    (event,) = line.events()
    assert b"4242" not in event.body
    assert all("4242" not in message.text for message in line.all(Message))


@pytest.mark.parametrize(
    "name",
    [
        "ProfileName",
        "ReferralBody",
        "ReferralHeadline",
        "FlowData",
        "InteractiveData",
        "ButtonPayload",
        "ListId",
        "Latitude",
        "SomethingNew",
        "4242424242424242",
    ],
)
async def test_p3_no_field_of_a_form_keeps_a_card_number(line: Line, name: str) -> None:
    card = "4242 4242 4242 4242"
    await line.twilio({name: card})
    await line.rounds.quiet()
    (event,) = line.events()
    assert b"4242" not in event.body
    assert "4242" not in "".join(message.text for message in line.all(Message))
    assert line.heard() != []


async def test_ids_and_numbers_that_look_like_a_cards_are_kept_as_they_are(line: Line) -> None:
    sid, choice = "SM00000000000000004242424242424242", "00000000-0000-7000-8000-000000000000:1"
    kept = {"MessageSid": sid, "ButtonPayload": choice, "WaId": "4242424242424", "Latitude": "29.424100000000001"}
    await line.twilio(kept)
    (event,) = line.events()
    assert kept.items() <= dict(parse_qsl(event.body.decode())).items()


@pytest.mark.parametrize("sid", ["greeting", "unread:media_received:2", "SM\x00"])
async def test_an_id_that_is_a_name_of_ours_is_heard_all_the_same(line: Line, sid: str) -> None:
    for number in range(2):
        await line.twilio({"MessageSid": f"{sid}", "Body": f"words {number}"})
    await line.twilio({"MessageSid": "SM00000000000000000000000000000fff", "Body": "after"})
    await line.rounds.quiet()
    assert line.heard() == ["words 0", "after"]
    assert [(event.processed_at is None, event.attempts) for event in line.events()] == [(False, 0)] * 2


async def test_the_answer_to_a_message_is_twiml_that_says_nothing(line: Line) -> None:
    """Any verb in it would be a message of ours that no delivery knows of."""
    for name in ("sms_text", "sms_stop_told", "whatsapp_image", "sms_no_sender"):
        answer = await line.twilio(name)
        assert answer.headers["Content-Type"].partition(";")[0] == "text/xml"
        root = ElementTree.fromstring(answer.text)
        assert (root.tag, list(root), root.attrib, (root.text or "").strip()) == ("Response", [], {}, "")


def test_every_recorded_payload_has_its_expectation() -> None:
    assert set(MESSAGES) == set(READ) | {"sms_other_account"}
    assert len(STATUSES) == 6
    assert settings().public_url == PUBLIC_URL
