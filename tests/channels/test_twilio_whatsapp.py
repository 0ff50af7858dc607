"""WhatsApp by Twilio: texts, and choices and templates as contents that hold nothing of a customer's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from bot import clock as bot_clock
from bot.channels.base import Choosable, FailureReason, Outgoing, Sender, SendFailed, Style, Template
from bot.channels.stored_contents import StoredContents
from bot.channels.twilio_whatsapp import TwilioWhatsApp, whatsapp
from bot.db import Database
from bot.errors import InvalidInput
from bot.settings import Settings
from tests.channels.provider import ACCOUNT, TOKEN, Fate, provider
from tests.channels.provider import Provider as Stub
from tests.sandbox import running as sandboxes

TO = "+12105550101"
TEXT = Outgoing(TO, "Hello.", "delivery-1", status_callback="https://pay.example/webhooks/twilio/status?delivery=d")
BUTTONS = Outgoing(
    TO,
    "You owe $80.50.\n\nWhat now,  Maya?",
    "delivery-1",
    choices=(Choosable("m:0", "Pay $80.50"), Choosable("m:1", "Talk to a person")),
    style=Style.BUTTONS,
    plain="You owe $80.50.\n\nWhat now, Maya?\n1. Pay $80.50\n2. Talk to a person",
)
LIST = Outgoing(
    TO,
    "Which plan?",
    "delivery-1",
    choices=tuple(Choosable(f"m:{n}", f"Plan {n}", "by the month" if n else "") for n in range(4)),
    style=Style.LIST,
    list_button="Choose",
    plain="Which plan?\n1. Plan 0",
)
UPDATE = Template("conversation_update", "en", "Hello, this is {{1}}. Reply to read.", ("Juniper",))


@pytest.fixture
def stub() -> Iterator[Stub]:
    with provider() as found:
        yield found


@pytest.fixture
def sender(sqlite_db: Database, stub: Stub) -> Iterator[TwilioWhatsApp]:
    with closing(made(sqlite_db, stub)) as found:
        yield found


def made(db: Database, stub: Stub) -> TwilioWhatsApp:
    return TwilioWhatsApp(ACCOUNT, TOKEN, "+15005550010", StoredContents(db), stub.url, stub.url)


def variables(request: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = json.loads(request["ContentVariables"])
    return found


def test_it_keeps_the_contract_of_a_sender(sender: TwilioWhatsApp) -> None:
    channel: Sender = sender
    assert (channel.name, channel.capabilities.max_length, channel.capabilities.choice_body) == ("whatsapp", 1600, 1024)


def test_a_text_goes_to_and_from_whatsapp_addresses(stub: Stub, sender: TwilioWhatsApp) -> None:
    sent = sender.send(TEXT)
    assert stub.requests[0].body == {
        "To": "whatsapp:+12105550101",
        "From": "whatsapp:+15005550010",
        "Body": "Hello.",
        "StatusCallback": TEXT.status_callback,
    }
    assert sent.provider_id == stub.messages[0].id


def test_buttons_are_a_content_whose_words_are_all_variables(stub: Stub, sender: TwilioWhatsApp) -> None:
    sender.send(BUTTONS)
    (content,) = stub.contents.values()
    assert content["types"] == {
        "twilio/quick-reply": {
            "body": "{{1}}\n\n{{2}}",
            "actions": [
                {"type": "QUICK_REPLY", "title": "{{3}}", "id": "{{4}}"},
                {"type": "QUICK_REPLY", "title": "{{5}}", "id": "{{6}}"},
            ],
        }
    }
    assert variables(stub.messages[0].request) == {
        "1": "You owe $80.50.",
        "2": "What now, Maya?",
        "3": "Pay $80.50",
        "4": "m:0",
        "5": "Talk to a person",
        "6": "m:1",
    }
    assert "Body" not in stub.messages[0].request


def test_a_list_is_a_content_too_and_ids_come_back_as_we_named_them(stub: Stub, sender: TwilioWhatsApp) -> None:
    sender.send(LIST)
    (content,) = stub.contents.values()
    picker = content["types"]["twilio/list-picker"]
    assert (picker["button"], len(picker["items"])) == ("Choose", 4)
    assert picker["items"][0] == {"item": "{{2}}", "id": "{{3}}"}
    assert picker["items"][1] == {"item": "{{4}}", "id": "{{5}}", "description": "{{6}}"}
    assert {"m:0", "m:3", "Plan 3", "by the month"} <= set(variables(stub.messages[0].request).values())


def test_what_twilio_keeps_names_nobody_and_no_amount_p1(stub: Stub, sender: TwilioWhatsApp) -> None:
    sender.send(BUTTONS)
    sender.send(LIST)
    kept = json.dumps(list(stub.contents.values()))
    assert not any(word in kept for word in ("Maya", "80.50", "owe", "Plan", "person", "m:0", TO))


def test_no_variable_holds_what_twilio_refuses_in_one(stub: Stub, sender: TwilioWhatsApp) -> None:
    odd = "A line\twith a tab.\r\n\n\n     Many      spaces.\n"
    sender.send(Outgoing(TO, odd, "delivery-1", choices=BUTTONS.choices, style=Style.BUTTONS))
    for value in variables(stub.messages[0].request).values():
        assert value
        assert not any(mark in value for mark in ("\n", "\r", "\t", "     "))


def test_one_shape_is_kept_once_for_every_process(sqlite_db: Database, stub: Stub, sender: TwilioWhatsApp) -> None:
    sender.send(BUTTONS)
    sender.send(BUTTONS)
    with closing(made(sqlite_db, stub)) as another:
        another.send(
            Outgoing(
                TO, "One.\n\nTwo.", "d", choices=(Choosable("x:0", "Yes"), Choosable("x:1", "No")), style=Style.BUTTONS
            )
        )
    assert (len(stub.contents), len(stub.messages)) == (1, 3)


def test_a_content_that_is_gone_is_made_anew(stub: Stub, sender: TwilioWhatsApp) -> None:
    sender.send(BUTTONS)
    stub.refuse = lambda form: (21655, 400) if form.get("ContentSid", "").endswith("1") else None
    sender.send(BUTTONS)
    assert (len(stub.contents), len(stub.messages)) == (2, 2)


def test_choices_that_twilio_will_not_keep_go_out_as_lines_t5(stub: Stub, sender: TwilioWhatsApp) -> None:
    stub.refuse_content = (20001, 400)
    sender.send(BUTTONS)
    assert stub.bodies() == [BUTTONS.plain]


def test_more_than_a_content_can_hold_goes_out_as_lines_t5(stub: Stub, sender: TwilioWhatsApp) -> None:
    long = "\n".join(f"Line {number}." for number in range(97))
    sender.send(Outgoing(TO, long, "d", choices=BUTTONS.choices, style=Style.BUTTONS, plain=f"{long}\n1. Pay"))
    assert (stub.contents, stub.bodies()) == ({}, [f"{long}\n1. Pay"])


def test_contents_that_cannot_be_kept_just_now_make_the_message_wait(stub: Stub, sender: TwilioWhatsApp) -> None:
    stub.refuse_content = (20500, 500)
    with pytest.raises(SendFailed) as failed:
        sender.send(BUTTONS)
    assert (failed.value.reason, stub.messages) == (FailureReason.UNAVAILABLE, [])


def test_a_template_goes_out_by_the_id_that_the_operator_names_t4(stub: Stub, sender: TwilioWhatsApp) -> None:
    stub.contents["HX" + "a" * 32] = {"types": {"twilio/text": {"body": UPDATE.body}}}
    named = Template(UPDATE.name, "en", UPDATE.body, UPDATE.parameters, "HX" + "a" * 32)
    sender.send(Outgoing(TO, "Hello, this is Juniper. Reply to read.", "d", template=named))
    assert stub.bodies() == ["Hello, this is Juniper. Reply to read."]
    assert len(stub.contents) == 1


def test_a_template_without_an_id_is_kept_and_its_approval_asked_for_once(stub: Stub, sender: TwilioWhatsApp) -> None:
    for _ in range(2):
        sender.send(Outgoing(TO, "Hello, this is Juniper. Reply to read.", "d", template=UPDATE))
    ((sid, content),) = stub.contents.items()
    assert (content["friendly_name"], content["language"]) == ("conversation_update", "en")
    assert (content["variables"], content["types"]) == ({"1": "Juniper"}, {"twilio/text": {"body": UPDATE.body}})
    assert stub.approvals == [(sid, {"name": "conversation_update", "category": "UTILITY"})]
    assert len(stub.messages) == 2


@pytest.mark.parametrize("message", [TEXT, BUTTONS, LIST], ids=["text", "buttons", "list"])
def test_what_was_taken_without_an_answer_is_found(stub: Stub, sender: TwilioWhatsApp, message: Outgoing) -> None:
    since = bot_clock.now()
    stub.fate = lambda: Fate.LOST
    with pytest.raises(SendFailed) as failed:
        sender.send(message)
    assert failed.value.reason == FailureReason.UNKNOWN_OUTCOME
    assert [sent.provider_id for sent in sender.find(message, since)] == [stub.messages[0].id]
    elsewhere = Outgoing("+13125550102", message.body, "delivery-2")
    assert list(sender.find(elsewhere, since)) == []


def test_a_closed_window_is_told_from_other_refusals_t4(stub: Stub, sender: TwilioWhatsApp) -> None:
    stub.refuse = lambda _: (63016, 400)
    with pytest.raises(SendFailed) as failed:
        sender.send(TEXT)
    assert (failed.value.reason, failed.value.provider_code) == (FailureReason.CLOSED_WINDOW, 63016)


@pytest.mark.parametrize("body", ["", " \n", "x" * 1601])
def test_a_body_that_it_never_carries_is_not_sent_t4(stub: Stub, sender: TwilioWhatsApp, body: str) -> None:
    with pytest.raises(InvalidInput):
        sender.send(Outgoing(TO, body, "delivery-1"))
    assert stub.requests == []


def test_the_sender_is_built_from_the_settings(sqlite_db: Database) -> None:
    values = {"GT_SECRET_KEY": "s" * 32, "GT_RASA_TOKEN": "t" * 16, "TWILIO_ACCOUNT_SID": ACCOUNT}
    values |= {"TWILIO_AUTH_TOKEN": TOKEN}
    with closing(whatsapp(Settings.model_validate({**values, "TWILIO_WHATSAPP_FROM": "+15005550010"}))) as built:
        assert built.name == "whatsapp"
    with pytest.raises(SendFailed, match="TWILIO_WHATSAPP_FROM"):
        whatsapp(Settings.model_validate(values))


def test_the_sandbox_takes_and_shows_them_all(sqlite_db: Database, tmp_path: Any) -> None:
    with sandboxes.running(tmp_path) as sandbox:
        sandbox.faults("twilio", drop_webhooks=True)
        sandbox.http.post(
            "/sandbox/phone/messages", json={"from": TO, "channel": "whatsapp", "provider": "twilio", "text": "hi"}
        )
        with closing(
            TwilioWhatsApp(
                sandboxes.ACCOUNT, sandboxes.TOKEN, "+15005550010", StoredContents(sqlite_db), sandbox.url, sandbox.url
            )
        ) as real:
            for message in (TEXT, BUTTONS, LIST):
                real.send(message)
        bodies = [one["body"] for one in sandbox.http.get("/sandbox/outbox", params={"to": TO}).json()]
    assert len(bodies) == 3
    assert "Talk to a person" in bodies[1]
    assert "Plan 3" in bodies[2]


def test_t4_the_sandbox_takes_a_template_but_no_text_for_somebody_who_never_wrote(
    sqlite_db: Database, tmp_path: Any
) -> None:
    with sandboxes.running(tmp_path) as sandbox:
        kept = StoredContents(sqlite_db)
        given = (sandboxes.ACCOUNT, sandboxes.TOKEN, "+15005550010", kept, sandbox.url, sandbox.url)
        with closing(TwilioWhatsApp(*given)) as real:
            real.send(Outgoing(TO, "Hello, this is Juniper. Reply to read.", "d", template=UPDATE))
            sandbox.faults("twilio", closed_window="refuse")
            with pytest.raises(SendFailed) as failed:
                real.send(TEXT)
        bodies = [one["body"] for one in sandbox.http.get("/sandbox/outbox", params={"to": TO}).json()]
    assert failed.value.reason == FailureReason.CLOSED_WINDOW
    assert bodies == ["Hello, this is Juniper. Reply to read."]
