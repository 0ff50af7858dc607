"""The outbox, the clock, the pages and the start of the sandbox."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
import stripe

from bot import clock
from sandbox.clock import Clock
from sandbox.outbox import address
from tests.sandbox.requests import SESSION
from tests.sandbox.running import ACCOUNT, KEY, TOKEN, Receiver, Running, running

ROOT = Path(__file__).resolve().parents[2]


def send(sandbox: Running, to: str, body: str) -> None:
    form = {"To": to, "From": "whatsapp:+15005550006" if to.startswith("whatsapp:") else "+15005550006", "Body": body}
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    sandbox.http.post(path, data=form, auth=(ACCOUNT, TOKEN)).raise_for_status()


class TestOutbox:
    def test_messages_are_listed_newest_last_for_one_or_for_all(self, sandbox: Running) -> None:
        send(sandbox, "+12105550101", "one")
        send(sandbox, "+13125550102", "two")
        sandbox.write("+12105550101", channel="whatsapp", text="hello")
        send(sandbox, "whatsapp:+12105550101", "three")
        every = sandbox.http.get("/sandbox/outbox").json()
        assert [one["body"] for one in every] == ["one", "two", "three"]
        assert set(every[0]) == {"to", "channel", "body", "at"}
        hers = sandbox.http.get("/sandbox/outbox", params={"to": "+12105550101"}).json()
        assert [(one["channel"], one["body"]) for one in hers] == [("sms", "one"), ("whatsapp", "three")]
        assert sandbox.http.get("/sandbox/outbox?to=+19999999999").json() == []

    @pytest.mark.parametrize("query", ["+12105550101", "%2B12105550101", "%2012105550101", "+1%20210%20555-0101"])
    def test_a_plus_that_was_not_encoded_works_too(self, sandbox: Running, query: str) -> None:
        send(sandbox, "+12105550101", "one")
        assert len(sandbox.http.get(f"/sandbox/outbox?to={query}").json()) == 1

    def test_an_e_mail_address_has_one_spelling(self) -> None:
        assert address(" Maya@Example.com ") == "maya@example.com"

    def test_the_instant_is_the_demos(self, sandbox: Running) -> None:
        sandbox.http.post("/sandbox/clock", json={"advance": "P10D"})
        send(sandbox, "+12105550101", "one")
        at = dt.datetime.fromisoformat(sandbox.http.get("/sandbox/outbox").json()[0]["at"])
        assert dt.timedelta(days=9, hours=23) < at - dt.datetime.now(dt.UTC) <= dt.timedelta(days=10)


class TestClock:
    @pytest.mark.parametrize(
        ("duration", "step"),
        [("P1D", dt.timedelta(days=1)), ("PT30M", dt.timedelta(minutes=30)), ("P2W", dt.timedelta(weeks=2))],
    )
    def test_it_moves_forward_for_every_process_that_follows(
        self, tmp_path: Path, sandbox: Running, duration: str, step: dt.timedelta
    ) -> None:
        clock.follow(tmp_path / "clock")
        try:
            for n in (1, 2):
                answer = sandbox.http.post("/sandbox/clock", json={"advance": duration})
                now = dt.datetime.fromisoformat(answer.json()["now"])
                assert abs(now - dt.datetime.now(dt.UTC) - n * step) < dt.timedelta(seconds=5)
                # At once, though both steps may fall into one tick of the file system.
                assert abs(clock.now() - now) < dt.timedelta(seconds=5)
        finally:
            clock.use(None)
        assert sandbox.http.get("/sandbox/clock").json()["offset_s"] == 2 * step.total_seconds()

    def test_a_month_is_as_long_as_the_month_that_follows(self, tmp_path: Path) -> None:
        moved = Clock(tmp_path / "clock").advance("P1M") - dt.datetime.now(dt.UTC)
        assert dt.timedelta(days=27) < moved < dt.timedelta(days=32)

    @pytest.mark.parametrize("bad", ["", "tomorrow", "P", "-P1D", "PT0S", "P99999999D", "1D"])
    def test_what_is_no_step_forward_is_refused_and_moves_nothing(self, sandbox: Running, bad: str) -> None:
        answer = sandbox.http.post("/sandbox/clock", json={"advance": bad})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input")
        assert sandbox.http.get("/sandbox/clock").json()["offset_s"] == 0

    def test_sessions_expire_as_the_clock_passes_them_and_say_so(
        self, sandbox: Running, client: stripe.StripeClient, hooks: Receiver
    ) -> None:
        long, paid = (client.v1.checkout.sessions.create(SESSION) for _ in range(2))
        short = client.v1.checkout.sessions.create({**SESSION, "expires_at": long.created + 3600})
        sandbox.act(paid.id, "complete")
        sandbox.http.post("/sandbox/clock", json={"advance": "PT61M"})
        statuses = [client.v1.checkout.sessions.retrieve(one.id).status for one in (short, long, paid)]
        assert statuses == ["expired", "open", "complete"]
        expired = client.v1.events.list({"type": "checkout.session.expired"}).data
        assert [event.data.object["id"] for event in expired] == [short.id]
        hooks.wait(lambda webhooks: any(b"checkout.session.expired" in one.body for one in webhooks))


class TestPages:
    def test_the_index_leads_to_what_the_sandbox_offers(self, sandbox: Running) -> None:
        page = sandbox.http.get("/").text
        for link in ("/sandbox/phone", "/sandbox/outbox", "/sandbox/clock", "/sandbox/stripe/webhooks", "/healthz"):
            assert f'href="{link}"' in page
            assert sandbox.http.get(link).status_code == 200

    def test_the_phone_page_may_load_nothing_from_elsewhere_and_holds_no_markup_of_a_visitors(
        self, sandbox: Running
    ) -> None:
        page = sandbox.http.get("/sandbox/phone", params={"to": '"><script>x'})
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<script>x" not in page.text
        assert "http://" not in page.text.replace("http://www.w3.org", "")
        for name in ("phone.js", "bubbles.js", "holder.js", "levers.js", "phone.css", "thread.css"):
            assert sandbox.http.get(f"/sandbox/static/{name}").status_code == 200
        assert sandbox.http.get("/sandbox/static/..%2Fapp.py").status_code == 404


def test_state_survives_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as before:
        client = stripe.StripeClient(KEY, base_addresses={"api": before.url})
        session = client.v1.checkout.sessions.create(SESSION, {"idempotency_key": "payment:1"})
        send(before, "+12105550101", "one")
        before.http.post("/sandbox/clock", json={"advance": "PT1H"})
        before.faults(drop_webhooks=True)
    with running(tmp_path) as after:
        client = stripe.StripeClient(KEY, base_addresses={"api": after.url})
        assert client.v1.checkout.sessions.create(SESSION, {"idempotency_key": "payment:1"}).id == session.id
        assert len(after.http.get("/sandbox/outbox").json()) == 1
        assert after.http.get("/sandbox/clock").json()["offset_s"] == 3600
        assert after.http.get("/sandbox/stripe/faults").json()["drop_webhooks"] is True


def test_a_missing_setting_is_named_at_the_start(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "GT_VAR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "STRIPE_API_KEY" in ended.stderr
    assert "STRIPE_WEBHOOK_SECRET" in ended.stderr


def test_the_sandbox_and_the_product_know_nothing_of_each_other() -> None:
    for folder, stranger in (("sandbox", "bot"), ("bot", "sandbox"), ("actions", "sandbox")):
        for file in (ROOT / folder).rglob("*.py"):
            lines = file.read_text().splitlines()
            assert not [one for one in lines if one.startswith((f"from {stranger}", f"import {stranger}"))], file
