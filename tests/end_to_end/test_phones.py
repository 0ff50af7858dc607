"""The whole line on phones: prove, hear, pay, agree a plan, meet a person; STOP in a form; a window that closes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from bot.demo import PASSWORD
from bot.models import Delivery, DeliveryStatus, Message, Payment, PaymentStatus
from tests.end_to_end.desk import Agent
from tests.end_to_end.patience import until
from tests.end_to_end.phone import Phone
from tests.end_to_end.running import Running
from tests.end_to_end.stage import Stage

pytestmark = pytest.mark.slow

MAYA, SAMUEL, NOBODY = "+12105550101", "+13125550102", "+12125550199"
MEDIA = [("sms", "twilio"), ("whatsapp", "twilio"), ("whatsapp", "meta")]


@pytest.fixture
def morning(stage: Stage) -> Iterator[Running]:
    """The demo as it was when it had just started, and left so."""
    stage.begin_afresh()
    yield stage.product
    stage.begin_afresh()


class Shift:
    """Ana at her desk, with the conversation that she takes from the queue."""

    def __init__(self, product: Running, channel: str) -> None:
        self.agent = Agent(product, "ana@example.com", PASSWORD)
        self.conversation = until(lambda: self._waiting(channel), lambda: f"nobody waits by {channel}")
        self.do("claim")

    def do(self, what: str, **body: Any) -> dict[str, Any]:
        """Claim, answer, return or close."""
        if what == "messages":
            body = {"client_id": str(uuid.uuid4()), **body}
        done = self.agent.http.post(f"conversations/{self.conversation}/{what}", json=body)
        assert done.is_success, done.text
        found: dict[str, Any] = done.json()
        return found

    def sees(self) -> dict[str, Any]:
        """The conversation with all that stands beside it."""
        return self.agent.get(f"conversations/{self.conversation}")

    def close(self) -> None:
        """Go home."""
        self.agent.close()

    def _waiting(self, channel: str) -> str | None:
        return next((item["id"] for item in self.agent.get("queue")["waiting"] if item["channel"] == channel), None)


def has_settled(stage: Stage) -> bool:
    """Whether a payment has reached the ledger."""
    with stage.reading() as session:
        return session.scalar(sa.select(Payment.id).where(Payment.status == PaymentStatus.SUCCEEDED)) is not None


def is_quiet(stage: Stage, last: str) -> bool:
    """Whether what the customer wrote `last` is in the thread, and nothing is on its way to them."""
    moving = (DeliveryStatus.QUEUED, DeliveryStatus.UNCERTAIN)
    with stage.reading() as session:
        is_heard = session.scalar(sa.select(Message.id).where(Message.text == last)) is not None
        return is_heard and session.scalar(sa.select(Delivery.id).where(Delivery.status.in_(moving))) is None


@pytest.mark.parametrize(("channel", "provider"), MEDIA)
def test_maya_settles_by_phone_and_ana_answers_on_it(morning: Running, channel: str, provider: str) -> None:
    with closing(Phone(morning, MAYA, channel, provider)) as phone:
        first = phone.say("hi, how much do I owe?", "program", "postcode")
        assert "$" not in first
        phone.say("78006", "Maya", "200.50")
        phone.say("I'd like to pay 80.50", "80.50", "/pay/")
        phone.pay()
        phone.hear("payment of $80.50 has arrived")
        phone.say("can I pay the rest in instalments?", "40.00", "3", "6")
        phone.say("1", "40.00", "?")
        phone.say("yes, I agree", "set up")
        phone.say("I'd like to talk to a person please", "colleague")
        with closing(Shift(morning, channel)) as ana:
            phone.hear("Ana")
            ana.do("messages", text="Hello Maya, Ana here. How can I help?")
            phone.hear("Hello Maya, Ana here.")
            assert "Maya Torres" in str(ana.sees()["customer"])
            ana.do("return")
            phone.hear("assistant")
        phone.say("how much do I owe now?", "180.00")
        assert [bubble["error"] for bubble in phone.arrived() if bubble["error"]] == []


def test_samuel_pays_by_whatsapp_on_postgresql_and_redis(production: Running) -> None:
    with closing(Phone(production, SAMUEL, "whatsapp", "meta")) as phone:
        phone.say("hello, I want to pay what's due", "postcode")
        phone.say("60614", "Samuel", "42.00", "/pay/")
        phone.pay()
        phone.hear("payment of $42.00 has arrived")


def test_a_choice_is_tapped_on_whatsapp_and_numbered_by_sms_t5(morning: Running) -> None:
    with closing(Phone(morning, SAMUEL, "whatsapp", "meta")) as phone:
        phone.say("can I talk to a person", "program", "colleague")
        phone.choose("Back to assistant", "I'm back")
    with closing(Phone(morning, SAMUEL)) as phone:
        offered = phone.say("can I talk to a person", "program", "Back to assistant")
        number = re.search(r"(\d)\. Back to assistant", offered)
        assert number, offered
        phone.say(number[1], "I'm back")


def test_stop_in_the_middle_of_a_form_ends_it_and_is_confirmed_once_c4_c5(morning: Running, stage: Stage) -> None:
    with closing(Phone(morning, SAMUEL)) as phone:
        phone.say("I'd like to set up a payment plan", "program", "postcode")
        before = len(phone.arrived())
        phone.say("STOP", "START")  # Twilio says it, and takes nothing of ours for this number any more
        phone.send(text="Stop. Thank you")
        until(lambda: is_quiet(stage, "Stop. Thank you"), "the second stop was not acted on")
        phone.say("START", "welcome back")
        said = [bubble["text"] for bubble in phone.arrived()[before:]]
        assert len(said) == 2, "\n".join(said)
        phone.say("how can I pay?", "card")


def test_after_stop_on_whatsapp_each_message_gets_its_answer_and_nothing_else_comes_c5(
    morning: Running, stage: Stage
) -> None:
    with closing(Phone(morning, SAMUEL, "whatsapp", "meta")) as phone:
        phone.say("hello", "program")
        before = len(phone.arrived())
        phone.say("stop!")
        phone.send(text="STOP")
        phone.say("I'd like to pay what's due", "postcode")
        phone.say("60614", "Samuel", "42.00", "/pay/")
        assert sum("START" in bubble["text"] for bubble in phone.arrived()[before:]) == 1
        phone.pay()
        until(lambda: has_settled(stage) or None, lambda: "the payment was not settled")
        phone.say("thanks")
        assert "has arrived" not in "".join(bubble["text"] for bubble in phone.arrived())


def test_a_window_that_closes_holds_what_is_written_until_they_reply_t4(morning: Running) -> None:
    with closing(Phone(morning, SAMUEL, "whatsapp", "meta")) as phone:
        phone.say("I want to talk to a person", "colleague")
        with closing(Shift(morning, "whatsapp")) as ana:
            phone.hear("Ana")
        phone.advance("PT25H")
        with closing(Agent(morning, "ana@example.com", PASSWORD)) as later:
            path = f"conversations/{ana.conversation}"
            assert later.get(path)["phone"]["barrier"] == "window_closed"
            words = {"client_id": str(uuid.uuid4()), "text": "Here is what I found for you."}
            assert later.http.post(f"{path}/messages", json=words).is_success
            notice = phone.hear("reply")
            assert "what I found" not in notice
            phone.say("here I am", "Here is what I found for you.")
            assert later.get(path)["phone"]["barrier"] is None


def test_a_number_that_nobody_knows_hears_the_same_words_p2(morning: Running) -> None:
    with closing(Phone(morning, NOBODY)) as unknown, closing(Phone(morning, SAMUEL)) as known:
        for phone in (unknown, known):
            phone.say("what do I owe?", "program", "postcode")
            wrong = phone.say("99999")
            assert "match" in wrong.lower()
            assert "$" not in "".join(bubble["text"] for bubble in phone.arrived()[-3:])


def test_a_picture_is_kept_for_the_agent_and_answered_kindly_t5(morning: Running) -> None:
    with closing(Phone(morning, SAMUEL, "whatsapp", "twilio")) as phone:
        phone.send(media="photo")
        phone.hear("program")
        phone.say("I want to talk to a person", "colleague")
        with closing(Shift(morning, "whatsapp")) as ana:

            def kept() -> dict[str, Any] | None:
                files = [file for line in ana.sees()["messages"] for file in line["attachments"]]
                return next((file for file in files if file["status"] == "kept"), None)

            picture = until(kept, lambda: str(ana.sees()["messages"]))
            assert picture["content_type"].startswith("image/")
            fetched = ana.agent.http.get(f"attachments/{picture['id']}")
            assert fetched.status_code == 200
            assert len(fetched.content) == picture["size"]
