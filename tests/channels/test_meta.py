"""WhatsApp by Meta's Cloud API: what goes over the wire, and what its answers mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing

import pytest

from bot.channels.base import Choosable, FailureReason, Outgoing, Sender, SendFailed, Style, Template
from bot.channels.meta import MetaWhatsApp, reason_of, whatsapp
from bot.errors import InvalidInput
from bot.settings import Settings
from tests.channels.provider import META_TOKEN, PHONE_ID, Fate, provider
from tests.channels.provider import Provider as Stub

TEXT = Outgoing("+12105550101", "Hello.", "delivery-1")
CHOICES = (Choosable("m:0", "My account"), Choosable("m:1", "Talk to a person", "whenever somebody is in"))


@pytest.fixture
def stub() -> Iterator[Stub]:
    with provider() as found:
        yield found


@pytest.fixture
def sender(stub: Stub) -> Iterator[MetaWhatsApp]:
    with closing(MetaWhatsApp(PHONE_ID, META_TOKEN, stub.url, "v23.0")) as made:
        yield made


def envelope(kind: str, content: object) -> dict[str, object]:
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "12105550101",
        "type": kind,
        kind: content,
        "biz_opaque_callback_data": "delivery-1",
    }


def test_it_keeps_the_contract_of_a_sender(sender: MetaWhatsApp) -> None:
    channel: Sender = sender
    shown = channel.capabilities
    assert (channel.name, shown.buttons, shown.button_length, shown.list_rows) == ("whatsapp", 3, 20, 10)
    assert (shown.row_length, shown.row_description, shown.choice_body, shown.max_length) == (24, 72, 1024, 4096)


def test_a_text_goes_out_without_a_preview_with_our_token_and_our_reference_p1(
    stub: Stub, sender: MetaWhatsApp
) -> None:
    sent = sender.send(TEXT)
    (request,) = stub.requests
    assert (request.path, request.headers["Authorization"]) == (f"/v23.0/{PHONE_ID}/messages", f"Bearer {META_TOKEN}")
    assert request.body == envelope("text", {"body": "Hello.", "preview_url": False})
    assert sent.provider_id == stub.messages[0].id


def test_buttons_come_back_by_our_ids(stub: Stub, sender: MetaWhatsApp) -> None:
    sender.send(Outgoing(TEXT.to, "What now?", "delivery-1", choices=CHOICES, style=Style.BUTTONS))
    buttons = [{"type": "reply", "reply": {"id": one.id, "title": one.title}} for one in CHOICES]
    content = {"type": "button", "body": {"text": "What now?"}, "action": {"buttons": buttons}}
    assert stub.requests[0].body == envelope("interactive", content)


def test_a_list_opens_by_its_button_and_says_more_where_there_is_more(stub: Stub, sender: MetaWhatsApp) -> None:
    sender.send(Outgoing(TEXT.to, "Which?", "delivery-1", choices=CHOICES, style=Style.LIST, list_button="Choose"))
    rows = [
        {"id": "m:0", "title": "My account"},
        {"id": "m:1", "title": "Talk to a person", "description": "whenever somebody is in"},
    ]
    content = {
        "type": "list",
        "body": {"text": "Which?"},
        "action": {"button": "Choose", "sections": [{"rows": rows}]},
    }
    assert stub.requests[0].body == envelope("interactive", content)


@pytest.mark.parametrize("parameters", [("Juniper",), ()])
def test_a_template_goes_out_by_name_and_language_t4(
    stub: Stub, sender: MetaWhatsApp, parameters: tuple[str, ...]
) -> None:
    template = Template("conversation_update", "pt_BR", "Olá, {{1}}", parameters)
    sender.send(Outgoing(TEXT.to, "Olá, Juniper", "delivery-1", template=template))
    content: dict[str, object] = {
        "name": "conversation_update",
        "language": {"policy": "deterministic", "code": "pt_BR"},
    }
    if parameters:
        content["components"] = [{"type": "body", "parameters": [{"type": "text", "text": "Juniper"}]}]
    assert stub.requests[0].body == envelope("template", content)


@pytest.mark.parametrize(
    ("code", "status", "reason", "retryable"),
    [
        (131047, 400, FailureReason.CLOSED_WINDOW, False),
        (131026, 400, FailureReason.REFUSED, False),
        (131030, 400, FailureReason.REFUSED, False),
        (131031, 403, FailureReason.SETUP, True),
        (100, 400, FailureReason.REFUSED, False),
        (190, 401, FailureReason.SETUP, True),
        (200, 403, FailureReason.SETUP, True),
        (132001, 404, FailureReason.REFUSED, False),
        (130429, 400, FailureReason.LIMITED, True),
        (131056, 400, FailureReason.LIMITED, True),
        (80007, 400, FailureReason.LIMITED, True),
        (131000, 500, FailureReason.UNAVAILABLE, True),
        (131016, 503, FailureReason.UNAVAILABLE, True),
    ],
)
def test_a_refusal_has_its_reason_its_number_and_no_address_p7(
    stub: Stub, sender: MetaWhatsApp, code: int, status: int, reason: FailureReason, retryable: bool
) -> None:
    stub.refuse = lambda _: (code, status)
    with pytest.raises(SendFailed) as failed:
        sender.send(TEXT)
    assert (failed.value.reason, failed.value.provider_code, failed.value.retryable) == (reason, code, retryable)
    assert failed.value.about == "delivery-1"
    assert "2105550101" not in str(failed.value)


@pytest.mark.parametrize("fate", [Fate.LOST, Fate.GATEWAY, Fate.BROKEN])
def test_an_answer_that_is_lost_says_nothing(stub: Stub, sender: MetaWhatsApp, fate: Fate) -> None:
    stub.fate = lambda: fate
    with pytest.raises(SendFailed) as failed:
        sender.send(TEXT)
    assert (failed.value.reason, failed.value.retryable) == (FailureReason.UNKNOWN_OUTCOME, False)
    assert list(sender.find(TEXT, dt.datetime(2026, 3, 2, tzinfo=dt.UTC))) == []


def test_a_pause_that_is_asked_for_is_passed_on(stub: Stub, sender: MetaWhatsApp) -> None:
    stub.fate = lambda: Fate.LIMITED
    with pytest.raises(SendFailed) as failed:
        sender.send(TEXT)
    assert (failed.value.reason, failed.value.retry_after) == (FailureReason.LIMITED, 7)


def test_nobody_there_is_worth_another_try() -> None:
    alone = MetaWhatsApp(PHONE_ID, META_TOKEN, "http://127.0.0.1:9", "v23.0")
    with closing(alone), pytest.raises(SendFailed) as failed:
        alone.send(TEXT)
    assert (failed.value.reason, failed.value.retryable) == (FailureReason.UNAVAILABLE, True)


@pytest.mark.parametrize(
    ("body", "style"), [("", Style.PLAIN), (" \n", Style.PLAIN), ("x" * 4097, Style.PLAIN), ("x" * 1025, Style.BUTTONS)]
)
def test_a_body_that_whatsapp_never_carries_is_not_sent_t4(
    stub: Stub, sender: MetaWhatsApp, body: str, style: Style
) -> None:
    with pytest.raises(InvalidInput):
        sender.send(Outgoing(TEXT.to, body, "delivery-1", choices=CHOICES, style=style))
    assert stub.requests == []


def test_connections_are_kept(stub: Stub, sender: MetaWhatsApp) -> None:
    for _ in range(5):
        sender.send(TEXT)
    assert len(stub.ports) == 1


def test_the_sender_is_built_from_the_settings(stub: Stub) -> None:
    values = {"GT_SECRET_KEY": "s" * 32, "GT_RASA_TOKEN": "t" * 16, "META_PHONE_NUMBER_ID": PHONE_ID}
    with closing(
        whatsapp(Settings.model_validate({**values, "META_ACCESS_TOKEN": META_TOKEN, "META_API_BASE": stub.url}))
    ) as built:
        assert built.send(TEXT).provider_id
    with pytest.raises(SendFailed, match="META_ACCESS_TOKEN"):
        whatsapp(Settings.model_validate(values))


def test_codes_that_we_do_not_know_mean_nothing() -> None:
    assert reason_of(None) is None
    assert reason_of(999999) is None
