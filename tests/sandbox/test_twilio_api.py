"""Twilio's Messages resource, against Twilio's own description of it, and the signed news of each message."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from bot.channels.twilio import verify
from sandbox.segments import segments
from tests.sandbox.running import ACCOUNT, TOKEN, Receiver, Running

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"
with_specs = pytest.mark.skipif(not SPECS.is_dir(), reason="Twilio's description is not beside this checkout")
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
FORM = {"To": "+12105550101", "From": "+15005550006", "Body": "Your code is 123456."}


def send(
    sandbox: Running, auth: tuple[str, str] = (ACCOUNT, TOKEN), path: str = PATH, **changes: Any
) -> httpx.Response:
    form = {name: value for name, value in {**FORM, **changes}.items() if value is not None}
    return sandbox.http.post(path, data=form, auth=auth)


def test_a_message_is_taken_and_lies_in_the_outbox(sandbox: Running) -> None:
    answer = send(sandbox)
    assert answer.status_code == 201
    assert re.fullmatch(r"SM[0-9a-f]{32}", answer.json()["sid"])
    kept = sandbox.http.get("/sandbox/outbox", params={"to": "+12105550101"}).json()
    assert [(one["to"], one["channel"], one["body"]) for one in kept] == [
        ("+12105550101", "sms", "Your code is 123456.")
    ]


@with_specs
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"From": None, "MessagingServiceSid": "MG" + "0" * 32},
        {"MediaUrl": "https://shop.example/a.pdf", "Body": None},
        {"To": "whatsapp:+12105550101", "From": "whatsapp:+15005550006"},
    ],
)
def test_the_answer_is_twilios_message_resource(sandbox: Running, changes: dict[str, Any]) -> None:
    schemas = json.loads((SPECS / "twilio_api_v2010.json").read_text())["components"]["schemas"]
    sandbox.write("+12105550101", channel="whatsapp", text="hello")
    message = send(sandbox, **changes).json()
    resource = schemas["api.v2010.account.message"]["properties"]
    assert set(message) == set(resource)
    assert [name for name in resource if not conforms(message[name], resource[name], schemas)] == []
    later = sandbox.http.get(message["uri"], auth=(ACCOUNT, TOKEN)).json()
    assert later["status"] == ("read" if changes.get("To") else "delivered")
    assert [name for name in resource if not conforms(later[name], resource[name], schemas)] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": None}, 21604),
        ({"From": None}, 21603),
        ({"Body": None}, 21602),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"To": "12105550101"}, 21211),
        ({"To": "+1"}, 21211),
        ({"To": "maya"}, 21211),
        ({"To": "+15005550001"}, 21211),
        ({"To": "+15005550004"}, 21610),
        ({"To": "+15005550009"}, 21614),
        ({"To": "+15005550006"}, 21266),
        ({"To": "whatsapp:+12105550101"}, 63007),
        ({"From": "Shop"}, 21212),
        ({"From": None, "MessagingServiceSid": "MG1"}, 21701),
        ({"StatusCallback": "nowhere"}, 21609),
        ({"ContentSid": "HX1"}, 21655),
        ({"ContentSid": "HX" + "0" * 32}, 21655),
        ({"ContentSid": "HX" + "0" * 32, "ContentVariables": "{1: x}"}, 21656),
        ({"MediaUrl": [f"https://shop.example/{n}.png" for n in range(11)]}, 21623),
    ],
)
def test_what_twilio_refuses_is_refused_by_its_number_and_not_kept(
    sandbox: Running, changes: dict[str, Any], code: int
) -> None:
    answer = send(sandbox, **changes)
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (400, code, 400)
    assert answer.json()["more_info"].endswith(str(code))
    assert sandbox.http.get("/sandbox/outbox").json() == []


@pytest.mark.parametrize(
    ("auth", "path", "code"),
    [
        ((ACCOUNT, "wrong"), PATH, 20003),
        (("AC" + "9" * 32, TOKEN), PATH, 20003),
        ((ACCOUNT, TOKEN), PATH.replace(ACCOUNT, "AC" + "9" * 32), 20404),
    ],
)
def test_only_the_accounts_own_key_sends(sandbox: Running, auth: tuple[str, str], path: str, code: int) -> None:
    answer = send(sandbox, auth, path)
    assert answer.json()["code"] == code
    assert sandbox.http.post(PATH, data=FORM).status_code == 401


def test_a_blocked_number_is_refused_on_demand_t2(sandbox: Running) -> None:
    sandbox.faults("twilio", blocked=["+12105550101"])
    assert send(sandbox).json()["code"] == 21610
    assert send(sandbox, To="+13125550102").status_code == 201


def test_calls_fail_on_demand(sandbox: Running) -> None:
    sandbox.faults("twilio", fail_requests={"count": 1, "status": 429})
    assert (send(sandbox).status_code, send(sandbox).status_code) == (429, 201)


def test_what_became_of_a_message_is_told_in_signed_forms_t1(sandbox: Running, hooks: Receiver) -> None:
    url = f"{hooks.url}/webhooks/twilio/status?x=1"
    sid = send(sandbox, StatusCallback=url).json()["sid"]
    came = hooks.wait(lambda webhooks: len(webhooks) == 2)
    forms = [parse_qsl(one.body.decode(), keep_blank_values=True) for one in came]
    assert [dict(form)["MessageStatus"] for form in forms] == ["sent", "delivered"]
    for one, form in zip(came, forms, strict=True):
        assert dict(form)["MessageSid"] == sid
        verify(url, form, one.headers["X-Twilio-Signature"], auth_token=TOKEN)


def test_news_is_repeated_out_of_order_or_bad_on_demand_t1(sandbox: Running, hooks: Receiver) -> None:
    sandbox.faults("twilio", repeat_webhooks=1, shuffle=True, undelivered=["+12105550101"])
    send(sandbox, StatusCallback=f"{hooks.url}/status")
    came = hooks.wait(lambda webhooks: len(webhooks) == 4)
    forms = [dict(parse_qsl(one.body.decode())) for one in came]
    assert [form["MessageStatus"] for form in forms] == ["undelivered", "sent"] * 2
    assert forms[0]["ErrorCode"] == "30003"


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ç" * 70, 1),
        ("ç" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_parts_are_counted_as_networks_do_t2(body: str, parts: int) -> None:
    assert segments(body) == parts


def conforms(value: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """Whether `value` is of the schema's type, enumeration, pattern and lengths."""
    if "$ref" in schema:
        return conforms(value, schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    if value is None:
        return bool(schema.get("nullable"))
    kinds = {"string": str, "integer": int, "object": dict}
    if not isinstance(value, kinds[schema["type"]]):
        return False
    if not isinstance(value, str):
        return True
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return False
    return bool(schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)))
