"""A customer's phone: every kind of message as each provider tells it, signed; opt-outs; what came of the webhook."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator

from sandbox.opt_outs import START, STOP
from tests.sandbox.running import ACCOUNT, FROM, META_PHONE_ID, META_TOKEN, TOKEN, WHATSAPP_FROM, Receiver, Running
from tests.sandbox.specifications import Spec, with_specs

MAYA = "+12105550101"
AUTH = (ACCOUNT, TOKEN)
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
Json = dict[str, Any]

SAID: list[tuple[str, Json]] = [
    ("text", {"text": "hello"}),
    ("image", {"media": "photo", "text": "my letter"}),
    ("document", {"media": "document"}),
    ("audio", {"media": "voice"}),
    ("sticker", {"media": "sticker"}),
    ("location", {"location": {"latitude": 29.4252, "longitude": -98.4946}}),
    ("interactive", {"choice": "In parts"}),
    ("reaction", {"reaction": {"emoji": "👍"}}),
]


def form(hooks: Receiver, count: int = 1) -> dict[str, str]:
    """The newest of the first `count` forms."""
    came = hooks.wait(lambda all: len(all) >= count)
    return dict(parse_qsl(came[count - 1].body.decode(), keep_blank_values=True))


def value(hooks: Receiver, kind: str) -> Json:
    """What Meta told of the first message of this type."""

    def found(all: list[Any]) -> list[Json]:
        bodies = [json.loads(one.body) for one in all if one.path == "/webhooks/whatsapp"]
        values = [body["entry"][0]["changes"][0]["value"] for body in bodies]
        return [one for one in values if one.get("messages", [{}])[0].get("type") == kind]

    return found(hooks.wait(lambda all: bool(found(all))))[0]


def offer_by_twilio(sandbox: Running, *, rows: bool = False) -> str:
    actions = [{"type": "QUICK_REPLY", "title": title, "id": f"m:{title}"} for title in ("Pay now", "In parts")]
    items = [{"id": f"m:{title}", "item": title} for title in ("Pay now", "In parts")]
    types: Json = {"twilio/quick-reply": {"body": "What now?", "actions": actions}}
    if rows:
        types = {"twilio/list-picker": {"body": "What now?", "button": "See", "items": items}}
    sid = sandbox.http.post("/v1/Content", json={"language": "en", "types": types}, auth=AUTH).json()["sid"]
    sandbox.write(MAYA, channel="whatsapp", text="hi")
    both = {"To": f"whatsapp:{MAYA}", "From": f"whatsapp:{WHATSAPP_FROM}", "ContentSid": sid}
    return str(sandbox.http.post(PATH, data=both, auth=AUTH).json()["sid"])


def offer_by_meta(sandbox: Running, *, rows: bool = False) -> str:
    replies = [{"id": f"m:{title}", "title": title} for title in ("Pay now", "In parts")]
    interactive: Json = {"type": "button", "action": {"buttons": [{"type": "reply", "reply": one} for one in replies]}}
    if rows:
        interactive = {"type": "list", "action": {"button": "See", "sections": [{"rows": replies}]}}
    sandbox.write(MAYA, channel="whatsapp", provider="meta", text="hi")
    both = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": MAYA, "type": "interactive"}
    message = {**both, "interactive": {**interactive, "body": {"text": "What now?"}}}
    answer = sandbox.http.post(
        f"/v23.0/{META_PHONE_ID}/messages", json=message, headers={"Authorization": f"Bearer {META_TOKEN}"}
    )
    return str(answer.json()["messages"][0]["id"])


def test_a_text_message_is_told_in_a_form_that_the_official_validator_accepts_t1(
    sandbox: Running, hooks: Receiver
) -> None:
    answer = sandbox.write("+1 (210) 555-0101", text="  Olá, how much?\n1+1=2 & ")
    assert (answer["webhook"]["state"], answer["webhook"]["response"]) == ("delivered", 200)
    told = form(hooks)
    assert (told["From"], told["To"], told["Body"]) == (MAYA, FROM, "  Olá, how much?\n1+1=2 & ")
    assert told["MessageSid"] == told["SmsMessageSid"] == answer["id"]
    one = hooks.received[0]
    assert one.path == "/webhooks/twilio"
    validator, url = RequestValidator(TOKEN), hooks.url + one.path
    assert validator.validate(url, told, one.headers["X-Twilio-Signature"])
    assert not validator.validate(url, {**told, "Body": "another"}, one.headers["X-Twilio-Signature"])


@pytest.mark.parametrize(("kind", "what"), SAID)
def test_whatsapp_by_twilio_tells_every_kind(sandbox: Running, hooks: Receiver, kind: str, what: Json) -> None:
    context = offer_by_twilio(sandbox)
    id = sandbox.write(MAYA, channel="whatsapp", **what)["id"]
    told = form(hooks, 2)
    assert (told["MessageSid"], told["From"], told["WaId"]) == (id, f"whatsapp:{MAYA}", "12105550101")
    assert told["MessageType"] == {"interactive": "button"}.get(kind, kind)
    assert json.loads(told["ChannelMetadata"])["data"]["context"]["ProfileName"] == told["ProfileName"] == "Maya Torres"
    if kind == "interactive":
        chosen = (told["Body"], told["ButtonText"], told["ButtonPayload"])
        assert chosen == ("In parts", "In parts", "m:In parts")
    if kind in ("interactive", "reaction"):
        assert told["OriginalRepliedMessageSid"] == context
    if kind == "location":
        assert (told["Latitude"], told["Longitude"]) == ("29.4252", "-98.4946")
    assert told["NumMedia"] == ("1" if "media" in what else "0")


def test_a_row_of_a_list_is_told_by_its_id_and_title(sandbox: Running, hooks: Receiver) -> None:
    offer_by_twilio(sandbox, rows=True)
    sandbox.write(MAYA, channel="whatsapp", choice="m:Pay now")
    assert (form(hooks, 2)["ListId"], form(hooks, 2)["ListTitle"]) == ("m:Pay now", "Pay now")
    offer_by_meta(sandbox, rows=True)
    sandbox.write(MAYA, channel="whatsapp", provider="meta", choice="pay NOW")
    reply = value(hooks, "interactive")["messages"][0]["interactive"]
    assert (reply["type"], reply["list_reply"]["id"]) == ("list_reply", "m:Pay now")


def test_a_file_is_fetched_from_twilio_with_the_accounts_key(sandbox: Running, hooks: Receiver) -> None:
    mine = base64.b64encode(b"\xff\xd8\xff my picture").decode()
    sandbox.write(MAYA, media={"content_type": "image/jpeg", "data": mine})
    told = form(hooks)
    assert (told["NumMedia"], told["MediaContentType0"]) == ("1", "image/jpeg")
    assert sandbox.http.get(told["MediaUrl0"]).status_code == 401
    picture = sandbox.http.get(told["MediaUrl0"], auth=AUTH)
    assert (picture.content, picture.headers["content-type"]) == (b"\xff\xd8\xff my picture", "image/jpeg")
    assert sandbox.http.get(told["MediaUrl0"] + "0", auth=AUTH).status_code == 404


@with_specs
@pytest.mark.parametrize(("kind", "what"), [*SAID, ("unsupported", {"unsupported": True})])
def test_meta_tells_every_kind_in_its_own_shape_t3(sandbox: Running, hooks: Receiver, kind: str, what: Json) -> None:
    context = offer_by_meta(sandbox)
    id = sandbox.write(MAYA, channel="whatsapp", provider="meta", **what)["id"]
    told = value(hooks, kind) if kind != "text" else form_of_text(hooks, id)
    [message] = told["messages"]
    assert (message["id"], message["from"], message["type"]) == (id, "12105550101", kind)
    assert told["contacts"] == [{"profile": {"name": "Maya Torres"}, "wa_id": "12105550101"}]
    assert told["metadata"]["phone_number_id"] == META_PHONE_ID
    if kind == "interactive":
        assert message["interactive"]["button_reply"] == {"id": "m:In parts", "title": "In parts"}
        assert message["context"]["id"] == context
    if kind == "reaction":
        assert message["reaction"] == {"message_id": context, "emoji": "👍"}
    for one in hooks.received:
        assert list(Spec("meta", incoming=True).named("WebhookPayload", json.loads(one.body))) == []


def form_of_text(hooks: Receiver, id: str) -> Json:
    """What Meta told of this text."""
    values = [json.loads(one.body)["entry"][0]["changes"][0]["value"] for one in hooks.received]
    return next(one for one in values if one.get("messages", [{}])[0].get("id") == id)


def test_a_customer_who_moves_to_another_number_is_told_by_meta(sandbox: Running, hooks: Receiver) -> None:
    sandbox.write(MAYA, channel="whatsapp", provider="meta", new_number="+12125550199")
    told = value(hooks, "system")
    assert "contacts" not in told
    assert told["messages"][0]["system"]["wa_id"] == "12125550199"


def test_a_tapped_quick_reply_of_a_template_is_a_button_at_meta(sandbox: Running, hooks: Receiver) -> None:
    sandbox.switch("meta/templates", name="news", language="en", body="News.", buttons=["Read"])
    language = {"policy": "deterministic", "code": "en"}
    both = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": MAYA, "type": "template"}
    message = {**both, "template": {"name": "news", "language": language}}
    key = {"Authorization": f"Bearer {META_TOKEN}"}
    sandbox.http.post(f"/v23.0/{META_PHONE_ID}/messages", json=message, headers=key).raise_for_status()
    sandbox.write(MAYA, channel="whatsapp", provider="meta", choice="Read")
    assert value(hooks, "button")["messages"][0]["button"] == {"payload": "Read", "text": "Read"}


@pytest.mark.parametrize(
    "what",
    [
        {},
        {"text": "a", "choice": "b"},
        {"text": "a", "location": {}},
        {"media": "photo", "location": {}},
        {"text": "a", "channel": "letter"},
        {"text": "a", "colour": "red"},
        {"text": "a", "from": "maya"},
        {"location": {}},
        {"choice": "1"},
        {"media": {"content_type": "image/png", "data": "no base64"}},
        {"channel": "whatsapp", "unsupported": True},
    ],
)
def test_what_no_phone_could_send_is_refused_and_told_to_nobody(sandbox: Running, hooks: Receiver, what: Json) -> None:
    answer = sandbox.http.post("/sandbox/phone/messages", json={"from": MAYA, **what})
    assert answer.status_code == 422
    assert hooks.received == []
    assert sandbox.thread(MAYA) == []


def test_only_what_stands_there_can_be_tapped(sandbox: Running) -> None:
    tap = {"from": MAYA, "channel": "whatsapp", "choice": "Pay now"}
    assert sandbox.http.post("/sandbox/phone/messages", json=tap).status_code == 409
    offer_by_twilio(sandbox)
    assert sandbox.http.post("/sandbox/phone/messages", json=tap).status_code == 200
    assert sandbox.http.post("/sandbox/phone/messages", json={**tap, "choice": "Fly"}).status_code == 409


@pytest.mark.parametrize("word", sorted(STOP))
def test_twilio_blocks_a_number_that_sent_stop_until_it_sends_start_t2(sandbox: Running, word: str) -> None:
    text = {"To": MAYA, "From": FROM, "Body": "hello"}
    sandbox.write(MAYA, text=f" {word.lower()} ")
    assert sandbox.http.post(PATH, data=text, auth=AUTH).json()["code"] == 21610
    assert sandbox.http.post(PATH, data={**text, "To": "+13125550102"}, auth=AUTH).status_code == 201
    sandbox.write(MAYA, text=f"please {word}")
    sandbox.write(MAYA, text=sorted(START)[len(word) % len(START)])
    assert sandbox.http.post(PATH, data=text, auth=AUTH).status_code == 201


def test_stop_on_whatsapp_is_not_twilios_business(sandbox: Running) -> None:
    sandbox.write(MAYA, channel="whatsapp", text="STOP")
    answer = sandbox.http.post(PATH, data={"To": MAYA, "From": FROM, "Body": "hello"}, auth=AUTH)
    assert answer.status_code == 201


def test_twilio_confirms_a_stop_once_since_nobody_else_can(sandbox: Running, hooks: Receiver) -> None:
    for text in ("Stop", "STOP", "HELP", "hello"):
        sandbox.write(MAYA, text=text)
    [confirmed] = sandbox.http.get("/sandbox/outbox").json()
    assert "unsubscribed" in confirmed["body"]
    assert "OptOutType" not in form(hooks)
    sandbox.write(MAYA, text="START")
    sandbox.write(MAYA, text="STOP")
    assert len(sandbox.http.get("/sandbox/outbox").json()) == 2


@pytest.mark.parametrize(("text", "kind"), [("Stop", "STOP"), ("START", "START"), ("info", "HELP"), ("hello", None)])
def test_with_advanced_opt_out_twilio_answers_every_word_and_says_so(
    sandbox: Running, hooks: Receiver, text: str, kind: str | None
) -> None:
    sandbox.faults("twilio", advanced_opt_out=True)
    sandbox.write(MAYA, text=text)
    assert form(hooks).get("OptOutType") == kind
    assert len(sandbox.http.get("/sandbox/outbox").json()) == (1 if kind else 0)


def test_the_thread_shows_both_sides_in_order_and_how_far_each_one_got(sandbox: Running, hooks: Receiver) -> None:
    hooks.statuses += [200, 503]
    sandbox.write(MAYA, text="one")
    sandbox.http.post(PATH, data={"To": MAYA, "From": FROM, "Body": "x" * 161}, auth=AUTH)
    refused = sandbox.write(MAYA, text="three")
    assert (refused["webhook"]["state"], refused["webhook"]["response"]) == ("pending", 503)
    shown = sandbox.thread(MAYA)
    assert [(one["side"], one["status"]) for one in shown] == [
        ("phone", "delivered"),
        ("business", "delivered"),
        ("phone", "sent"),
    ]
    assert shown[1]["segments"] == 2
    assert sandbox.thread(MAYA, "whatsapp") == []


def test_what_never_arrived_says_why(sandbox: Running) -> None:
    sandbox.faults("twilio", undelivered=[MAYA])
    sandbox.http.post(PATH, data={"To": MAYA, "From": FROM, "Body": "one"}, auth=AUTH)
    [bubble] = sandbox.thread(MAYA)
    assert (bubble["status"], bubble["error"], bubble["reason"]) == (
        "undelivered",
        30003,
        "Unreachable destination handset",
    )


def test_the_demos_customers_hold_the_phones(sandbox: Running) -> None:
    everybody = sandbox.http.get("/sandbox/phone/people").json()["people"]
    assert len(everybody) == 8
    assert everybody[0] == {
        "name": "Maya Torres",
        "number": MAYA,
        "account": "GT-1001",
        "postcode": "78006",
        "born": "1988-04-12",
        "language": "en-US",
    }
