"""E-mail through the outbox: once, in its order, what is said in one breath in one; what cannot go stays (T1, C5)."""

from __future__ import annotations

import pytest

from bot.channels import outbox, senders
from bot.channels.email import addresses
from bot.channels.email.taking import take
from bot.conversations import opt_out
from bot.db import Database, lock
from bot.models import Author, Channel, Conversation, DeliveryStatus, Provider
from bot.settings import settings
from tests.channels.email.mails import answer
from tests.channels.mail_server import ADDRESS, Box
from tests.channels.phones import Phone
from tests.conftest import SetClock

S = DeliveryStatus


@pytest.fixture
def mailbox(db: Database, clock: SetClock, box: Box) -> Phone:
    return Phone(db, channel=Channel.EMAIL, provider=Provider.SMTP, number=ADDRESS)


def text(box: Box, place: int = -1) -> str:
    part = box.mails[place].get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_what_is_said_in_one_breath_is_one_e_mail_with_its_choices_numbered_on(mailbox: Phone, box: Box) -> None:
    pay = [{"title": "Pay", "payload": "/make_payment"}, {"title": "Pay in parts", "payload": "/request_plan"}]
    mailbox.hears("Here is what stands.")
    mailbox.hears("What would you like to do?", buttons=pay)
    mailbox.hears("A person is happy to help, too.")
    assert outbox.send_due(mailbox.db) == 1
    assert len(box.mails) == 1
    said = text(box)
    assert "Here is what stands.\n\nWhat would you like to do?" in said
    assert "1. Pay\n2. Pay in parts" in said
    assert said.index("2. Pay") < said.index("A person is happy")
    assert mailbox.statuses() == [S.SENT] * 3
    assert len({delivery.sent_at for delivery in mailbox.deliveries()}) == 1


def test_what_we_begin_and_what_we_answer_are_two_e_mails(mailbox: Phone, box: Box) -> None:
    mailbox.hears("There's a message for you.", unasked=True)
    mailbox.says("yes?")
    mailbox.hears("Here it is.")
    assert outbox.send_due(mailbox.db) == 2
    assert [mail["Auto-Submitted"] for mail in box.mails] == ["auto-generated", "auto-replied"]


def test_a_persons_words_are_no_machines(mailbox: Phone, box: Box) -> None:
    mailbox.hears("Good morning, this is Ana.", author=Author.AGENT)
    outbox.send_due(mailbox.db)
    assert "Auto-Submitted" not in box.mails[0]


def test_a_server_that_is_away_keeps_the_whole_and_it_goes_out_once_later(
    mailbox: Phone, box: Box, clock: SetClock
) -> None:
    mailbox.hears("One.")
    mailbox.hears("Two.")
    box.on_recipient = "451 4.3.0 Later"
    assert outbox.send_due(mailbox.db) == 0
    assert mailbox.statuses() == [S.QUEUED, S.QUEUED]
    box.on_recipient = None
    mailbox.hears("Three.")
    clock.advance(minutes=10)
    assert outbox.send_due(mailbox.db) == 2
    assert "One.\n\nTwo." in text(box, 0)
    assert "Three." in text(box, 1)
    assert mailbox.statuses() == [S.SENT] * 3


def test_an_e_mail_that_may_have_been_taken_goes_out_again_as_the_same_message(
    mailbox: Phone, box: Box, clock: SetClock
) -> None:
    mailbox.hears("Only once, please.")
    box.drops_after_data = True
    assert outbox.send_due(mailbox.db) == 0
    assert mailbox.statuses() == [S.UNCERTAIN]
    box.drops_after_data = False
    clock.advance(minutes=1)
    assert outbox.send_due(mailbox.db) == 0  # it is waited for
    clock.advance(minutes=2)
    assert outbox.send_due(mailbox.db) == 1
    assert len(box.mails) == 2
    assert len({mail["Message-ID"] for mail in box.mails}) == 1
    assert mailbox.statuses() == [S.SENT]


def test_an_address_that_takes_nothing_fails_all_that_was_in_it(mailbox: Phone, box: Box) -> None:
    mailbox.hears("One.")
    mailbox.hears("Two.")
    box.on_recipient = "550 5.1.1 Nobody"
    outbox.send_due(mailbox.db)
    assert mailbox.statuses() == [S.FAILED, S.FAILED]
    assert len(mailbox.notes()) == 1


def test_a_refusal_keeps_back_what_we_begin_c5(mailbox: Phone, box: Box) -> None:
    with mailbox.db.transaction() as session:
        conversation = lock(session, Conversation, mailbox.id)
        assert conversation is not None
        opt_out.by_link(session, conversation)
    mailbox.hears("There's a message for you.", unasked=True)
    assert outbox.send_due(mailbox.db) == 0
    assert mailbox.statuses() == [S.WITHHELD]
    take(mailbox.db, answer(mailbox.conversation(), "One question, though."))
    mailbox.hears("Of course.")
    assert outbox.send_due(mailbox.db) == 1


def test_who_only_says_whom_they_are_is_asked_to_answer(mailbox: Phone, box: Box) -> None:
    take(mailbox.db, answer(None, "Hello"))
    mailbox.hears("Hello.")
    outbox.send_due(mailbox.db)
    assert "Please answer this one" in text(box)
    reply = str(box.mails[0]["Reply-To"]).partition("<")[2].rstrip(">")
    assert addresses.answered(reply, ADDRESS) == mailbox.id
    take(mailbox.db, answer(mailbox.conversation(), "Here I am"))
    mailbox.hears("Thank you.")
    outbox.send_due(mailbox.db)
    assert "Please answer this one" not in text(box)


def test_without_a_server_what_was_written_down_fails_and_nothing_else_waits(
    mailbox: Phone, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    senders.close()
    monkeypatch.delenv("GT_SMTP_HOST")
    settings.cache_clear()
    mailbox.hears("Nobody carries it.")
    assert outbox.send_due(mailbox.db) == 0
    assert mailbox.statuses() == [S.FAILED]
