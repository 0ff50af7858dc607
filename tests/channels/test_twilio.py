"""SMS through Twilio: against the sandbox, and table by table for what only the wire can bring."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from bot.channels.base import FailureReason, Outgoing, Sender, SendFailed
from bot.channels.twilio import TwilioSms, sign, sms, verify
from bot.errors import InvalidInput, SignatureInvalid
from bot.settings import Settings
from tests.sandbox.running import ACCOUNT, TOKEN, Receiver, Running, receiver, running

MESSAGE = Outgoing(to="+12105550101", body="Your code is 123456.", reference="message-1")


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    with receiver() as kept:
        yield kept


@pytest.fixture
def sandbox(tmp_path: Path, hooks: Receiver) -> Iterator[Running]:
    with running(tmp_path, hooks.url) as server:
        yield server


@pytest.fixture
def sender(sandbox: Running) -> Iterator[TwilioSms]:
    made = TwilioSms(ACCOUNT, TOKEN, "+15005550006", sandbox.url)
    yield made
    made.close()


def test_it_keeps_the_contract_of_a_sender(sender: TwilioSms) -> None:
    channel: Sender = sender
    assert channel.name == "sms"
    assert (channel.capabilities.max_length, channel.capabilities.buttons, channel.capabilities.gsm) == (1600, 0, True)


def test_a_message_goes_out_and_has_the_providers_id(sandbox: Running, sender: TwilioSms) -> None:
    sent = sender.send(MESSAGE)
    assert sent.provider_id.startswith("SM")
    assert [one["body"] for one in sandbox.http.get("/sandbox/outbox").json()] == [MESSAGE.body]


def test_news_comes_to_the_address_that_was_named(sender: TwilioSms, hooks: Receiver) -> None:
    url = f"{hooks.url}/webhooks/twilio/status"
    sender.send(Outgoing(MESSAGE.to, MESSAGE.body, "message-1", status_callback=url))
    came = hooks.wait(lambda webhooks: len(webhooks) == 2)
    assert {one.path for one in came} == {"/webhooks/twilio/status"}


def test_a_messaging_service_sends_in_place_of_a_number(sandbox: Running) -> None:
    with closing(TwilioSms(ACCOUNT, TOKEN, "MG" + "0" * 32, sandbox.url)) as service:
        service.send(MESSAGE)
    assert len(sandbox.http.get("/sandbox/outbox").json()) == 1


@pytest.mark.parametrize(
    ("to", "reason", "code"),
    [
        ("+15005550001", FailureReason.BAD_ADDRESS, 21211),
        ("+15005550002", FailureReason.BAD_ADDRESS, 21612),
        ("+15005550004", FailureReason.BLOCKED, 21610),
        ("+15005550009", FailureReason.BAD_ADDRESS, 21614),
        ("+15005550006", FailureReason.REFUSED, 21266),
    ],
)
def test_a_refusal_has_its_reason_its_number_and_no_address_t2_p7(
    sender: TwilioSms, to: str, reason: FailureReason, code: int
) -> None:
    with pytest.raises(SendFailed) as failed:
        sender.send(Outgoing(to, "Hello", "message-1"))
    assert (failed.value.reason, failed.value.provider_code, failed.value.retryable) == (reason, code, False)
    assert failed.value.about == "message-1"
    assert to not in failed.value.message


@pytest.mark.parametrize(
    ("status", "reason", "retryable"),
    [
        (429, FailureReason.LIMITED, True),
        (500, FailureReason.UNAVAILABLE, True),
        (503, FailureReason.UNAVAILABLE, True),
    ],
)
def test_what_may_pass_is_worth_another_try(
    sandbox: Running, sender: TwilioSms, status: int, reason: FailureReason, retryable: bool
) -> None:
    sandbox.faults("twilio", fail_requests={"count": 1, "status": status})
    with pytest.raises(SendFailed) as failed:
        sender.send(MESSAGE)
    assert (failed.value.reason, failed.value.retryable) == (reason, retryable)
    assert sender.send(MESSAGE).provider_id


def test_a_wrong_token_is_our_own_fault_and_waits_until_it_is_mended(sandbox: Running) -> None:
    stranger = TwilioSms(ACCOUNT, "wrong", "+15005550006", sandbox.url)
    with closing(stranger), pytest.raises(SendFailed) as failed:
        stranger.send(MESSAGE)
    assert (failed.value.reason, failed.value.provider_code) == (FailureReason.SETUP, 20003)
    assert failed.value.retryable


def test_nobody_there_is_worth_another_try() -> None:
    alone = TwilioSms(ACCOUNT, TOKEN, "+15005550006", "http://127.0.0.1:9")
    with closing(alone), pytest.raises(SendFailed) as failed:
        alone.send(MESSAGE)
    assert (failed.value.reason, failed.value.retryable) == (FailureReason.UNAVAILABLE, True)


def test_an_answer_that_is_lost_is_not_sent_again_c2(sandbox: Running) -> None:
    sandbox.faults("twilio", hang_s=2)
    hasty = TwilioSms(ACCOUNT, TOKEN, "+15005550006", sandbox.url, timeout=httpx.Timeout(0.3))
    with closing(hasty), pytest.raises(SendFailed) as failed:
        hasty.send(MESSAGE)
    assert (failed.value.reason, failed.value.retryable) == (FailureReason.UNKNOWN_OUTCOME, False)
    assert len(sandbox.http.get("/sandbox/outbox").json()) == 1


@pytest.mark.parametrize("body", ["", "  \n", "x" * 1601])
def test_a_body_that_no_sms_carries_is_never_sent_t2(sandbox: Running, sender: TwilioSms, body: str) -> None:
    with pytest.raises(InvalidInput):
        sender.send(Outgoing(MESSAGE.to, body, "message-1"))
    assert sandbox.http.get("/sandbox/outbox").json() == []


def test_the_sender_is_built_from_the_settings(sandbox: Running) -> None:
    values = {"GT_SECRET_KEY": "s" * 32, "GT_RASA_TOKEN": "t" * 16, "TWILIO_ACCOUNT_SID": ACCOUNT}
    token = {"TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_FROM": "+15005550006", "TWILIO_API_BASE": sandbox.url}
    with closing(sms(Settings.model_validate({**values, **token}))) as built:
        assert built.send(MESSAGE).provider_id
    with pytest.raises(SendFailed, match="TWILIO_AUTH_TOKEN"):
        sms(Settings.model_validate({**values, "TWILIO_ACCOUNT_SID": ""}))


class TestSignature:
    # The example of Twilio's own libraries.
    URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
    FIELDS = (
        ("CallSid", "CA1234567890ABCDE"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
        ("Caller", "+14158675309"),
    )
    SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="

    def test_twilios_own_example_holds_in_any_order_t1(self) -> None:
        assert sign(self.URL, self.FIELDS, auth_token="12345") == self.SIGNATURE
        verify(self.URL, reversed(self.FIELDS), self.SIGNATURE, auth_token="12345")

    @pytest.mark.parametrize(
        "bend",
        [
            lambda url, fields: (url.replace("https", "http"), fields),
            lambda url, fields: (url + "&x=1", fields),
            lambda url, fields: (url.removesuffix("&bar=2"), fields),
            lambda url, fields: (url, fields[1:]),
            lambda url, fields: (url, (*fields, ("Unknown", "1"))),
            lambda url, fields: (url, (*fields[1:], ("CallSid", "CA0"))),
            lambda url, fields: (url, ()),
        ],
    )
    def test_any_change_breaks_it_t1(
        self, bend: Callable[[str, tuple[tuple[str, str], ...]], tuple[str, tuple[tuple[str, str], ...]]]
    ) -> None:
        url, fields = bend(self.URL, self.FIELDS)
        with pytest.raises(SignatureInvalid):
            verify(url, fields, self.SIGNATURE, auth_token="12345")

    @pytest.mark.parametrize("signature", ["", "x", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "ü", "A" * 10_000])
    def test_a_missing_or_malformed_signature_is_refused_t1(self, signature: str) -> None:
        with pytest.raises(SignatureInvalid):
            verify(self.URL, self.FIELDS, signature, auth_token="12345")

    def test_without_a_token_nothing_is_signed_t1(self) -> None:
        with pytest.raises(SignatureInvalid):
            verify(self.URL, self.FIELDS, sign(self.URL, self.FIELDS, auth_token=""), auth_token="")

    def test_parameters_that_we_do_not_know_and_empty_ones_count_t1(self) -> None:
        fields = (*self.FIELDS, ("MediaUrl0", "https://x.example/ü"), ("New", ""), ("Digits", "1234"))
        verify(self.URL, fields, sign(self.URL, fields, auth_token="12345"), auth_token="12345")
        assert sign(self.URL, fields, auth_token="12345") != self.SIGNATURE
