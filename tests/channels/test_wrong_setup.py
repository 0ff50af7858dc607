"""Wrong credentials, answers that are nobody's, look-ups that fail: what waits is not lost, nor kept for ever."""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.channels import outbox
from bot.channels.base import Choosable, FailureReason, Outgoing, Sender, SendFailed, Style
from bot.channels.meta import MetaWhatsApp
from bot.channels.stored_contents import StoredContents
from bot.channels.twilio import TwilioSms
from bot.channels.twilio_api import instant, seconds
from bot.channels.twilio_whatsapp import TwilioWhatsApp
from bot.db import Database
from bot.models import Channel, DeliveryStatus, Provider
from tests.channels.phones import Phone
from tests.channels.provider import ACCOUNT, META_TOKEN, PHONE_ID, TOKEN, Fate, provider
from tests.channels.provider import Provider as Stub
from tests.conftest import SetClock

S = DeliveryStatus
TEXT = Outgoing("+12105550101", "Hello.", "delivery-1")
TWILIO_SAYS = {"code": 20003, "message": "Authenticate", "status": 401, "more_info": ""}
META_SAYS = {"error": {"message": "Session has expired", "type": "OAuthException", "code": 190}}


@pytest.fixture
def stub() -> Iterator[Stub]:
    with provider() as found:
        yield found


@pytest.fixture
def sms(stub: Stub) -> Iterator[TwilioSms]:
    with closing(TwilioSms(ACCOUNT, TOKEN, "+15005550006", stub.url)) as sender:
        yield sender


@pytest.fixture
def meta(stub: Stub) -> Iterator[MetaWhatsApp]:
    with closing(MetaWhatsApp(PHONE_ID, META_TOKEN, stub.url, "v23.0")) as sender:
        yield sender


@pytest.fixture
def phone(db: Database, clock: SetClock) -> Phone:
    made = Phone(db)
    made.says("hello")
    clock.advance(seconds=1)
    return made


def answers(stub: Stub, status: int, content: Any, *, to: str = "POST", **headers: str) -> None:
    """Every request by this method gets this."""
    stub.odd = lambda method: (status, content, headers) if method == to else None


def well(stub: Stub) -> None:
    """It is itself again."""
    stub.odd = lambda _: None


def lost(stub: Stub) -> None:
    """The next answer is lost on its way; those after it come."""
    fates = iter([Fate.LOST])
    stub.fate = lambda: next(fates, Fate.TAKEN)


def reason(sender: Sender) -> FailureReason:
    """Why it was not sent."""
    with pytest.raises(SendFailed) as failed:
        sender.send(TEXT)
    return failed.value.reason


@pytest.mark.parametrize(("status", "content"), [(400, TWILIO_SAYS), (401, TWILIO_SAYS), (403, None), (404, None)])
def test_wrong_credentials_lose_nothing_and_are_an_error_in_the_log(
    db: Database, phone: Phone, stub: Stub, sms: TwilioSms, clock: SetClock, status: int, content: Any
) -> None:
    phone.hears("One.")
    phone.hears("Two.")
    answers(stub, status, content)
    with capture_logs() as logs:
        outbox.send_due(db, sender=sms)
    assert phone.statuses() == [S.QUEUED, S.QUEUED]
    assert [one["log_level"] for one in logs if one["event"] == "delivery_failed"] == ["error"]
    assert (phone.deliveries()[0].next_at - clock.now()).total_seconds() >= 60
    well(stub)
    clock.advance(minutes=10)
    outbox.send_due(db, sender=sms)
    assert stub.bodies() == ["One.", "Two."]


def test_a_token_of_metas_that_ended_loses_nothing(
    db: Database, stub: Stub, meta: MetaWhatsApp, clock: SetClock
) -> None:
    phone = Phone(db, channel=Channel.WHATSAPP, provider=Provider.META)
    phone.says("hello")
    phone.hears("One.")
    answers(stub, 401, META_SAYS)
    outbox.send_due(db, sender=meta)
    assert phone.statuses() == [S.QUEUED]
    well(stub)
    clock.advance(hours=1)
    outbox.send_due(db, sender=meta)
    assert stub.bodies() == ["One."]


@pytest.mark.parametrize("status", [302, 307, 400, 401, 403, 404, 407, 413])
def test_a_strangers_page_waits_whichever_door(stub: Stub, sms: TwilioSms, meta: MetaWhatsApp, status: int) -> None:
    answers(stub, status, None, Location="https://elsewhere.example/")
    assert reason(sms) == reason(meta) == FailureReason.SETUP


def test_a_request_that_took_too_long_to_arrive_waits(stub: Stub, sms: TwilioSms, meta: MetaWhatsApp) -> None:
    answers(stub, 408, None)
    assert reason(sms) == reason(meta) == FailureReason.UNAVAILABLE


def test_a_number_at_meta_that_is_not_ours_is_a_matter_of_the_settings(stub: Stub, meta: MetaWhatsApp) -> None:
    error = {"message": "Unsupported post request.", "type": "GraphMethodException", "code": 100, "error_subcode": 33}
    answers(stub, 400, {"error": error})
    assert reason(meta) == FailureReason.SETUP


def test_choices_that_cannot_be_kept_go_out_as_lines_t5(sqlite_db: Database, stub: Stub) -> None:
    contents = StoredContents(sqlite_db)
    choices, plain = (Choosable("m:0", "A"),), "What now?\n1. A"
    message = Outgoing(TEXT.to, "What now?", "delivery-1", choices=choices, style=Style.BUTTONS, plain=plain)
    stub.refuse_content = (20403, 403)
    with closing(TwilioWhatsApp(ACCOUNT, TOKEN, "+15005550010", contents, stub.url, stub.url)) as sender:
        sender.send(message)
    assert stub.bodies() == ["What now?\n1. A"]


@pytest.mark.parametrize(("status", "content"), [(403, None), (200, None), (200, {"messages": None})])
def test_a_look_up_that_always_fails_mutes_nobody_for_ever(
    db: Database, phone: Phone, stub: Stub, sms: TwilioSms, clock: SetClock, status: int, content: Any
) -> None:
    phone.hears("One.")
    lost(stub)
    outbox.send_due(db, sender=sms)
    answers(stub, status, content, to="GET")
    for _ in range(3):
        clock.advance(hours=7)
        outbox.send_due(db, sender=sms)
    assert phone.statuses() == [S.UNCERTAIN]
    clock.advance(hours=7)
    phone.says("hello?")
    phone.hears("Two.")
    outbox.send_due(db, sender=sms)
    assert [(row.status, row.error) for row in phone.deliveries()] == [(S.FAILED, "expired"), (S.SENT, None)]
    assert stub.bodies() == ["One.", "Two."]


def test_what_a_list_may_hold_by_its_description_can_be_read(
    db: Database, phone: Phone, stub: Stub, sms: TwilioSms, clock: SetClock
) -> None:
    phone.hears("One.")
    lost(stub)
    outbox.send_due(db, sender=sms)
    mine = {"sid": "SM1", "to": TEXT.to, "body": "One.", "direction": "outbound-api", "date_created": None}
    odd = [None, "SM2", {**mine, "sid": None}, {**mine, "sid": "SM3", "body": None}, {**mine, "sid": "SM4", "to": None}]
    old = {**mine, "sid": "SM5", "date_updated": "Mon, 02 Mar 2020 10:00:00 +0000"}
    answers(stub, 200, {"messages": [old, mine, *odd]}, to="GET")
    clock.advance(seconds=5)
    outbox.send_due(db, sender=sms)
    (row,) = phone.deliveries()
    assert (row.status, row.provider_id) == (S.SENT, "SM1")
    assert stub.bodies() == ["One."]


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Mon, 99 Mar 2026 10:00:00 GMT", "2026-03-02T10:00:00Z", 7, None, {}, "\u00b2"]
)
def test_a_date_that_is_none_is_none(date: object) -> None:
    assert instant(date) is None


def test_a_pause_may_be_asked_for_in_seconds_or_by_a_date(clock: SetClock) -> None:
    def at(minutes: int) -> str:
        return email.utils.format_datetime(clock.now() + dt.timedelta(minutes=minutes), usegmt=True)

    assert [seconds(told) for told in ("7", " 7 ", "0", "9" * 400)] == [7, 7, 0, 3600]
    assert seconds(at(2)) == pytest.approx(120, abs=1)
    assert (seconds(at(-2)), seconds(at(600))) == (0, 3600)
    assert [seconds(told) for told in (None, "", "soon", "-7", "7.5", "\u00b2", "\u0667")] == [None] * 7


def test_a_pause_that_cannot_be_read_is_none(stub: Stub, sms: TwilioSms) -> None:
    answers(stub, 429, None, **{"Retry-After": "\u00b2"})
    with pytest.raises(SendFailed) as failed:
        sms.send(TEXT)
    assert (failed.value.reason, failed.value.retry_after) == (FailureReason.LIMITED, None)
