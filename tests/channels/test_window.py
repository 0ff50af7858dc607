"""WhatsApp's 24 hours: free text within, a template and patience after (T4)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import yaml

from bot import policies
from bot.channels import delivery_news, outbox, window
from bot.channels.base import Sender
from bot.channels.delivery_news import DeliveryNews
from bot.channels.meta import MetaWhatsApp
from bot.channels.stored_contents import StoredContents
from bot.channels.twilio_whatsapp import TwilioWhatsApp
from bot.conversations import consents
from bot.db import Database
from bot.models import Author, Channel, ConsentSource, Conversation, DeliveryStatus, Provider
from bot.policies import FOLDER, WhatsAppTemplatesPolicy
from tests.channels.phones import NUMBER, Phone
from tests.channels.provider import ACCOUNT, META_TOKEN, PHONE_ID, TOKEN, provider
from tests.channels.provider import Provider as Stub
from tests.conftest import SetClock
from tests.kindness import Ban, banned

S = DeliveryStatus
# What would tell whoever holds the phone that something is open (P1).
HINTS = re.compile(r"account|owe|balance|pay|invoice|bill|amount|cuenta|deuda|pag|factura|saldo|conta\b|dívida", re.I)
CLOSED = {Provider.TWILIO: 63016, Provider.META: 131047}


@pytest.fixture
def stub() -> Iterator[Stub]:
    with provider() as found:
        yield found


@pytest.fixture(params=[Provider.TWILIO, Provider.META])
def carrier(request: pytest.FixtureRequest) -> Provider:
    return Provider(request.param)


@pytest.fixture
def sender(db: Database, stub: Stub, carrier: Provider) -> Iterator[Sender]:
    if carrier == Provider.META:
        with closing(MetaWhatsApp(PHONE_ID, META_TOKEN, stub.url, "v23.0")) as meta:
            yield meta
    else:
        with closing(TwilioWhatsApp(ACCOUNT, TOKEN, "+15005550006", StoredContents(db), stub.url, stub.url)) as twilio:
            yield twilio


@pytest.fixture
def phone(db: Database, clock: SetClock, carrier: Provider) -> Phone:
    made = Phone(db, channel=Channel.WHATSAPP, provider=carrier)
    made.says("hello")
    clock.advance(seconds=1)
    return made


def test_what_is_left_is_reckoned_from_the_customers_last_message(db: Database, phone: Phone, clock: SetClock) -> None:
    assert window.left(phone.conversation()) == dt.timedelta(hours=23, minutes=59, seconds=59)
    clock.advance(hours=23)
    phone.hears("We are here.")
    assert window.left(phone.conversation()) == dt.timedelta(minutes=59, seconds=59)
    assert not window.is_closed(phone.conversation())
    clock.advance(minutes=60)
    assert window.left(phone.conversation()) == dt.timedelta(0)
    assert window.is_closed(phone.conversation())
    with db.reading() as session:
        assert outbox.may_write(session, phone.conversation()) == outbox.Barrier.WINDOW_CLOSED
    phone.says("and now?")
    assert window.left(phone.conversation()) == dt.timedelta(hours=24)


def test_somebody_who_never_wrote_has_no_window(db: Database, clock: SetClock) -> None:
    silent = Phone(db, channel=Channel.WHATSAPP)
    assert window.left(silent.conversation()) == dt.timedelta(0)
    assert window.is_closed(silent.conversation())
    assert not window.is_closed(Phone(db, number="+13125550102").conversation())  # SMS has none


def test_t4_after_it_closed_one_template_goes_out_and_the_rest_follows_when_they_write_again(
    db: Database, phone: Phone, stub: Stub, sender: Sender, clock: SetClock
) -> None:
    clock.advance(hours=24)
    phone.hears("A receipt.", unasked=True)
    phone.hears("I looked into it.", author=Author.AGENT)
    outbox.send_due(db, sender=sender)
    assert phone.statuses() == [S.SENT, S.HELD, S.HELD]
    (template,) = stub.messages
    clock.advance(hours=30)
    phone.hears("And another thing.", author=Author.AGENT)
    outbox.send_due(db, sender=sender)
    assert stub.messages == [template]
    phone.says("what is it?")
    outbox.send_due(db, sender=sender)
    assert [body.split("\n")[0] for body in stub.bodies()[1:]] == [
        "A receipt.",
        "I looked into it.",
        "And another thing.",
    ]
    assert phone.statuses() == [S.SENT] * 4


def test_t4_the_next_time_it_closes_there_is_a_template_again(
    db: Database, phone: Phone, stub: Stub, sender: Sender, clock: SetClock
) -> None:
    for _ in range(2):
        clock.advance(hours=25)
        phone.hears("News.", unasked=True)
        outbox.send_due(db, sender=sender)
        clock.advance(hours=1)
        phone.says("yes?")
        outbox.send_due(db, sender=sender)
    assert len(stub.messages) == 4
    assert phone.statuses() == [S.SENT] * 4


def test_t4_a_window_that_closes_on_the_way_holds_what_was_refused(
    db: Database, phone: Phone, stub: Stub, sender: Sender, carrier: Provider, clock: SetClock
) -> None:
    phone.hears("One.")
    phone.hears("Two.")
    stub.refuse = lambda form: (CLOSED[carrier], 400) if "template" not in form and "ContentSid" not in form else None
    outbox.send_due(db, sender=sender)
    assert phone.statuses() == [S.SENT, S.HELD, S.HELD]
    assert len(stub.messages) == 1
    stub.refuse = lambda _: None
    clock.advance(minutes=1)
    phone.says("yes?")
    outbox.send_due(db, sender=sender)
    assert stub.bodies()[1:] == ["One.", "Two."]


def test_t4_a_report_that_it_was_closed_holds_what_had_been_taken_and_repeats_of_it_do_no_harm(
    db: Database, phone: Phone, stub: Stub, sender: Sender, carrier: Provider, clock: SetClock
) -> None:
    phone.hears("One.")
    outbox.send_due(db, sender=sender)
    (row,) = phone.deliveries()
    assert row.provider_id is not None
    failed = DeliveryNews(carrier, row.provider_id, row.id, S.FAILED, CLOSED[carrier])

    def report() -> None:
        with db.transaction() as session:
            delivery_news.take(session, failed)

    report()
    assert phone.statuses() == [S.QUEUED, S.HELD]
    clock.advance(minutes=1)
    phone.says("yes?")
    report()
    outbox.send_due(db, sender=sender)
    report()
    assert stub.bodies() == ["One.", "One."]
    assert [(one.status, one.error) for one in phone.deliveries()] == [(S.WITHHELD, "window_open"), (S.SENT, None)]


def test_t4_while_the_provider_says_that_it_is_closed_there_is_one_template_however_often_they_write(
    db: Database, phone: Phone, stub: Stub, sender: Sender, carrier: Provider, clock: SetClock
) -> None:
    stub.refuse = lambda form: (CLOSED[carrier], 400) if "template" not in form and "ContentSid" not in form else None
    for number in range(3):
        phone.hears(f"Answer {number}.")
        outbox.send_due(db, sender=sender)
        clock.advance(seconds=4)
        phone.says("hello?")
        outbox.send_due(db, sender=sender)
        clock.advance(seconds=4)
    assert phone.statuses() == [S.SENT, S.HELD, S.HELD, S.HELD]
    assert len(stub.messages) == 1
    stub.refuse = lambda _: None
    phone.says("and now?")
    outbox.send_due(db, sender=sender)
    assert stub.bodies()[1:] == ["Answer 0.", "Answer 1.", "Answer 2."]


def test_t4_once_free_text_has_arrived_the_next_closing_that_the_provider_tells_of_has_its_own_template(
    db: Database, phone: Phone, stub: Stub, sender: Sender, carrier: Provider, clock: SetClock
) -> None:
    def closes(text: str) -> None:
        stub.refuse = lambda form: (CLOSED[carrier], 400) if text in str(form) else None
        phone.hears(text)
        outbox.send_due(db, sender=sender)
        stub.refuse = lambda _: None
        clock.advance(minutes=1)

    closes("One.")
    phone.says("yes?")
    outbox.send_due(db, sender=sender)
    row = phone.deliveries()[-1]
    assert row.provider_id is not None
    with db.transaction() as session:
        delivery_news.take(session, DeliveryNews(carrier, row.provider_id, row.id, S.DELIVERED))
    clock.advance(minutes=1)
    closes("Two.")
    assert len(stub.messages) == 3
    assert phone.statuses() == [S.SENT, S.SENT, S.DELIVERED, S.HELD]


def test_t4_what_they_wrote_in_time_and_what_comes_late_frees_what_was_held(
    db: Database, phone: Phone, stub: Stub, sender: Sender, clock: SetClock
) -> None:
    clock.advance(hours=25)
    phone.hears("News.", unasked=True)
    outbox.send_due(db, sender=sender)
    phone.says("yes?")
    with db.transaction() as session:
        session.get_one(Conversation, phone.id).wrote_at = clock.now() - dt.timedelta(minutes=20)
    phone.hears("Here I am.")
    outbox.send_due(db, sender=sender)
    assert [body.split("\n")[0] for body in stub.bodies()[1:]] == ["News.", "Here I am."]


def test_t4_messages_that_come_a_day_late_open_nothing_and_bring_one_template(
    db: Database, phone: Phone, stub: Stub, sender: Sender, clock: SetClock
) -> None:
    for number in range(3):
        phone.says("hello?")
        with db.transaction() as session:
            session.get_one(Conversation, phone.id).wrote_at = clock.now() - dt.timedelta(hours=30)
        phone.hears(f"Answer {number}.")
        outbox.send_due(db, sender=sender)
        clock.advance(seconds=4)
    assert len(stub.messages) == 1
    assert phone.statuses() == [S.SENT, S.HELD, S.HELD, S.HELD]


def test_c5_somebody_who_opted_out_gets_no_template(
    db: Database, phone: Phone, stub: Stub, sender: Sender, clock: SetClock
) -> None:
    phone.hears("An answer that was late.")
    with db.transaction() as session:
        consents.record(session, channel=Channel.WHATSAPP, address=NUMBER, granted=False, source=ConsentSource.KEYWORD)
    clock.advance(hours=25)
    outbox.send_due(db, sender=sender)
    assert stub.messages == []


def test_what_waited_for_a_month_is_not_sent_any_more(
    db: Database, phone: Phone, stub: Stub, sender: Sender, clock: SetClock
) -> None:
    clock.advance(hours=25)
    phone.hears("News.", unasked=True)
    outbox.send_due(db, sender=sender)
    clock.advance(days=31)
    phone.says("hello?")
    phone.hears("Hello again.")
    outbox.send_due(db, sender=sender)
    assert stub.bodies()[1:] == ["Hello again."]


@pytest.mark.parametrize("locale", ["en-US", "es-MX", "pt-BR", "fr-FR"])
def test_p1_c3_a_template_hints_at_nothing_and_says_how_to_stop(locale: str) -> None:
    template = policies.whatsapp_templates().in_locale(window.UPDATE, locale)
    assert banned(template.body, {Ban.SHOUTING}) == []
    assert not HINTS.search(template.body)
    assert "STOP" in template.body
    assert template.language.startswith(locale[:2] if locale != "fr-FR" else "en")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda one: one.update(name="Conversation Update"), "name"),
        (lambda one: one.update(language="english"), "language"),
        (lambda one: one.update(body="Hello, this is {{1}}."), "STOP"),
        (lambda one: one.update(body="Reply STOP to end this."), "{{1}}"),
        (lambda one: one.update(body="{{1}} here. Reply STOP."), "begin or end"),
        (lambda one: one.update(body="Hello {{1}}, {{2}}. Reply STOP."), "{{1}}"),
        (lambda one: one.update(content_sid="HX1"), "content_sid"),
    ],
)
def test_a_wrong_template_is_refused_at_start(change: Callable[[dict[str, object]], None], expected: str) -> None:
    loaded = yaml.safe_load((FOLDER / "whatsapp_templates.yml").read_text())
    change(loaded["conversation_update"]["en"])
    with pytest.raises(ValueError, match=expected.replace("{", r"\{").replace("}", r"\}")):
        WhatsAppTemplatesPolicy.model_validate(loaded)


def test_templates_need_english() -> None:
    with pytest.raises(ValueError, match="English"):
        WhatsAppTemplatesPolicy.model_validate({"conversation_update": {}})
