"""What Twilio and Meta do wrong on demand, the same for both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sandbox.thread import standing
from tests.sandbox.running import ACCOUNT, FROM, META_PHONE_ID, META_TOKEN, TOKEN, Receiver, Running

MAYA = "+12105550101"
Send = Callable[[], httpx.Response]
both = pytest.mark.parametrize("service", ["twilio", "meta"])


@pytest.fixture
def send(sandbox: Running, hooks: Receiver, service: str) -> Send:
    """One message by that service, inside the window, its news sent to `hooks`."""
    sandbox.write(MAYA, channel="whatsapp", provider="meta", text="hello")

    def by_twilio() -> httpx.Response:
        form = {"To": MAYA, "From": FROM, "Body": "one", "StatusCallback": f"{hooks.url}/status"}
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        return sandbox.http.post(path, data=form, auth=(ACCOUNT, TOKEN))

    def by_meta() -> httpx.Response:
        message = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": MAYA, "type": "text"}
        return sandbox.http.post(
            f"/v23.0/{META_PHONE_ID}/messages",
            json={**message, "text": {"body": "one"}},
            headers={"Authorization": f"Bearer {META_TOKEN}"},
        )

    return by_twilio if service == "twilio" else by_meta


def code(answer: httpx.Response) -> int:
    body: dict[str, Any] = answer.json()
    return int(body["error"]["code"] if "error" in body else body["code"])


def sent(sandbox: Running) -> int:
    return len(sandbox.http.get("/sandbox/outbox").json())


@both
def test_an_answer_gets_lost_after_the_work_was_done(sandbox: Running, send: Send, service: str) -> None:
    sandbox.faults(service, lose_answers=1)
    with pytest.raises(httpx.RemoteProtocolError):
        send()
    assert sent(sandbox) == 1
    assert send().is_success
    assert sent(sandbox) == 2


@both
def test_a_service_that_is_down_does_nothing_until_it_is_up(sandbox: Running, send: Send, service: str) -> None:
    sandbox.faults(service, down=True)
    assert {send().status_code for _ in range(3)} == {503}
    sandbox.faults(service)
    assert send().is_success
    assert sent(sandbox) == 1


@both
def test_some_calls_in_a_hundred_fail_before_anything_is_done(sandbox: Running, send: Send, service: str) -> None:
    sandbox.faults(service, error_percent=50)
    statuses = [send().is_success for _ in range(60)]
    assert 5 < sum(statuses) < 55
    assert sent(sandbox) == sum(statuses)


@both
def test_calls_beyond_the_limit_of_a_second_are_refused_by_the_services_number(
    sandbox: Running, send: Send, service: str
) -> None:
    sandbox.faults(service, requests_per_s=1)
    answers = [send() for _ in range(2)]
    assert answers[0].is_success
    assert code(answers[1]) == {"twilio": 20429, "meta": 130429}[service]


@both
def test_a_call_fails_with_any_number_that_is_asked_for(sandbox: Running, send: Send, service: str) -> None:
    wanted = {"twilio": 21611, "meta": 131056}[service]
    sandbox.faults(service, fail_requests={"count": 1, "status": 400, "code": wanted})
    assert code(send()) == wanted
    assert send().is_success


@both
def test_news_is_told_twice_out_of_order_or_never(sandbox: Running, send: Send, service: str, hooks: Receiver) -> None:
    def steps() -> list[str]:
        bodies = [one.body.decode() for one in hooks.received]
        return [
            step
            for body in bodies
            for step in ("sent", "delivered")
            if f'"{step}"' in body or f"Status={step}&" in body
        ]

    sandbox.faults(service, repeat_percent=100, shuffle=True, read_receipts=False)
    send()
    hooks.wait(lambda _: len(steps()) == 4)
    assert steps() == ["delivered", "sent", "delivered", "sent"]
    sandbox.faults(service, drop_webhooks=True)
    send()
    dropped = [one for one in sandbox.http.get(f"/sandbox/{service}/webhooks").json() if one["state"] == "dropped"]
    assert len(dropped) in (2, 3)


@both
def test_scattered_news_goes_out_each_at_its_own_time(sandbox: Running, send: Send, service: str) -> None:
    sandbox.faults(service, scatter_webhooks_s=60)
    send()
    due = [one["due"] for one in sandbox.http.get(f"/sandbox/{service}/webhooks").json()[-3:]]
    assert len(set(due)) == len(due)


def test_a_message_goes_its_way_at_the_pace_of_the_demo() -> None:
    steps = [{"status": "queued", "due": 0.0}, {"status": "sent", "due": 1.0}, {"status": "delivered", "due": 9e12}]
    assert standing(steps)["status"] == "sent"
