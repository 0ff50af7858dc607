"""SMTP: what is taken, what is not, and what nobody knows; nothing in a header that does not belong there (P1, C3)."""

from __future__ import annotations

import email.utils
import socket
import threading
import uuid
from contextlib import closing
from typing import Any

import pytest

from bot import policies
from bot.channels.base import FailureReason, Mail, Outgoing, SendFailed
from bot.channels.email import addresses, sender
from bot.channels.email.sender import MailSender
from bot.errors import InvalidInput
from bot.settings import settings
from tests.channels.mail_server import ADDRESS, FROM, Box, settings_of

R = FailureReason
TALK = uuid.UUID("0190a000-0000-7000-8000-000000000001")
BODY = "Hello,\n\nthere's a message for you.\nA second line.\n\n.\n.a line that begins with a dot"


def outgoing(**given: Any) -> Outgoing:
    mail = Mail("A message from Juniper & Finch Home", "en-US", TALK, "auto-generated")
    values: dict[str, Any] = {"to": ADDRESS, "body": BODY, "reference": str(uuid.uuid4()), "mail": mail}
    return Outgoing(**(values | given))


def failing(box: Box, message: Outgoing | None = None, **given: Any) -> FailureReason:
    with closing(MailSender(settings_of(box.port, **given))) as way, pytest.raises(SendFailed) as found:
        way.send(message or outgoing())
    return found.value.reason


def test_an_e_mail_has_the_same_words_as_text_and_as_plain_html(box: Box) -> None:
    with closing(MailSender(settings())) as way:
        sent = way.send(outgoing(body=f"{BODY}\n\nhttps://pay.example/pay/abc and https://else.example/x <b>"))
    (mail,) = box.mails
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    words, page = text.get_content(), html.get_content()
    for line in ("there's a message for you.", "A second line.", ".a line that begins with a dot"):
        assert line in words
        assert line.replace("'", "&#39;") in page
    assert mail.get_content_type() == "multipart/alternative"
    assert '<html lang="en-US">' in page
    assert '<a href="https://pay.example/pay/abc">' in page
    assert 'href="https://else.example' not in page  # another's link is words
    assert "&lt;b&gt;" in page
    for unwanted in ("<img", "<script", "http-equiv", "url(", "onload", "tracking"):
        assert unwanted not in page
    assert page.count('class="open"') == 1
    assert "https://pay.example/chat" in words
    assert sent.provider_id == str(mail["Message-ID"]).strip()


def test_headers_imply_nothing_and_say_how_to_hear_no_more_p1_c3(box: Box) -> None:
    with closing(MailSender(settings())) as way:
        message = outgoing()
        way.send(message)
    (mail,) = box.mails
    assert email.utils.parseaddr(str(mail["From"])) == (policies.brand_name(), FROM)
    assert str(mail["To"]) == ADDRESS
    assert policies.tones().tells(f"{mail['Subject']} {mail['From']}", "en") == []
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(mail["List-Unsubscribe"]).startswith("<https://pay.example/unsubscribe/")
    reply = email.utils.parseaddr(str(mail["Reply-To"]))[1]
    assert addresses.answered(reply, ADDRESS) == TALK
    assert addresses.answered(reply, "somebody.else@example.com") is None
    assert len(reply.partition("@")[0]) <= 64
    assert addresses.came_back(box.senders[0]) == uuid.UUID(message.reference)
    assert addresses.delivery_of(str(mail["Message-ID"])) == uuid.UUID(message.reference)


def test_the_same_delivery_is_the_same_message_each_time(box: Box) -> None:
    message = outgoing()
    with closing(MailSender(settings())) as way:
        assert way.send(message) == way.send(message)
    assert box.mails[0]["Message-ID"] == box.mails[1]["Message-ID"]
    assert box.connections == 1  # the connection was kept


def test_no_name_and_no_subject_breaks_out_of_its_header(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "brand_name", lambda: 'Evil"\r\nBcc: all@example.com\r\n\r\nx\x00 <a@b.example>')
    mail = Mail("Hi\r\nBcc: all@example.com\r\n\r\n<b>", "en", TALK, "no")
    with closing(MailSender(settings())) as way:
        way.send(outgoing(mail=mail))
    (taken,) = box.mails
    assert "Bcc" not in taken
    assert email.utils.parseaddr(str(taken["From"]))[1] == FROM
    assert "Auto-Submitted" not in taken  # a person wrote it
    assert str(taken["Subject"]) == "Hi Bcc: all@example.com <b>"


@pytest.mark.parametrize(
    "to",
    [
        "maya@example.com\r\nRCPT TO:<all@example.com>",
        "maya",
        "a b@example.com",
        "<x>@example.com",
        "ä@example.com",
        "",
    ],
)
def test_what_is_no_address_is_never_said_to_a_server(box: Box, to: str) -> None:
    assert failing(box, outgoing(to=to)) is R.BAD_ADDRESS
    assert box.connections == 0


def test_a_domain_in_another_script_is_written_as_servers_know_it(box: Box) -> None:
    with closing(MailSender(settings())) as way:
        way.send(outgoing(to="maya@müller.example"))
    assert str(box.mails[0]["To"]) == "maya@xn--mller-kva.example"


def test_a_long_e_mail_and_every_kind_of_letter_arrive_whole(box: Box) -> None:
    body = ("Olá, ação! ¿Qué tal? 🙂 " * 50 + "\n\n") * 60
    with closing(MailSender(settings())) as way:
        way.send(outgoing(body=body))
    text = box.mails[0].get_body(("plain",))
    assert text is not None
    assert body.strip() in text.get_content().replace("\r\n", "\n")
    assert max(map(len, box.raw[0].split(b"\r\n"))) <= 998  # RFC 5321, 4.5.3.1.6


ANSWERS = [
    ("on_recipient", "550 5.1.1 No such user", R.BAD_ADDRESS),
    ("on_recipient", "550 no such user here", R.BAD_ADDRESS),
    ("on_recipient", "550 5.7.1 Blocked by policy", R.REFUSED),
    ("on_recipient", "552 5.2.2 Mailbox full", R.REFUSED),
    ("on_recipient", "450 4.2.0 Greylisted", R.LIMITED),
    ("on_recipient", "451 try again", R.LIMITED),
    ("on_recipient", "530 5.7.0 Authentication required", R.SETUP),
    ("on_mail", "550 5.7.1 Sender not allowed", R.SETUP),
    ("on_mail", "452 4.3.1 No room", R.LIMITED),
    ("on_data", "554 5.6.0 We don't like it", R.REFUSED),
    ("on_data", "554 5.1.1 Nobody", R.BAD_ADDRESS),
    ("on_data", "432 4.3.2 Not now", R.UNAVAILABLE),
    ("on_data", "421 4.3.2 Closing", R.LIMITED),
]


def test_what_a_server_says_decides_what_becomes_of_it(box: Box) -> None:
    for step, said, reason in ANSWERS:
        setattr(box, step, said)
        assert failing(box) is reason, said
        setattr(box, step, None)
    assert box.mails == []


def test_a_connection_that_breaks_after_the_whole_e_mail_leaves_it_open_whether_it_was_taken(box: Box) -> None:
    box.drops_after_data = True
    assert failing(box) is R.UNKNOWN_OUTCOME
    assert len(box.mails) == 1


def test_no_server_and_a_server_that_says_nothing_took_nothing(box: Box) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        port = deaf.getsockname()[1]
        own = settings_of(port, GT_SMTP_TIMEOUT=0.2)
        with closing(MailSender(own)) as way, pytest.raises(SendFailed) as found:
            way.send(outgoing())
        assert found.value.reason is R.UNAVAILABLE
    with closing(MailSender(own)) as way, pytest.raises(SendFailed) as found:
        way.send(outgoing())
    assert found.value.reason is R.UNAVAILABLE
    assert found.value.retryable


def test_a_server_without_tls_or_login_gets_neither_word_nor_password(box: Box) -> None:
    assert failing(box, GT_SMTP_TLS="starttls", GT_SMTP_HOST="localhost") is R.SETUP
    assert failing(box, GT_SMTP_USER="us", GT_SMTP_PASSWORD="secret") is R.SETUP
    assert box.mails == []


def test_a_server_that_shows_no_certificate_that_we_trust_gets_nothing(box: Box) -> None:
    assert failing(box, GT_SMTP_TLS="tls", GT_SMTP_TIMEOUT=1) in (R.SETUP, R.UNAVAILABLE)
    assert box.mails == []


def test_a_kept_connection_that_died_is_replaced_and_nothing_is_sent_twice(box: Box) -> None:
    with closing(MailSender(settings())) as way:
        way.send(outgoing())
        way._idle[0][1].sock.shutdown(socket.SHUT_RDWR)  # as a server does that has closed
        way.send(outgoing())
    assert len(box.mails) == 2
    assert box.connections == 2


def test_many_threads_may_send_at_once(box: Box) -> None:
    with closing(MailSender(settings())) as way:
        threads = [threading.Thread(target=way.send, args=(outgoing(),)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len({mail["Message-ID"] for mail in box.mails}) == 8


def test_without_a_server_there_is_no_way_out_by_e_mail() -> None:
    with pytest.raises(SendFailed) as found:
        sender.sender(settings())
    assert found.value.reason is R.REFUSED
    assert not found.value.retryable


def test_an_e_mail_without_its_subject_is_refused_before_anything_is_sent(box: Box) -> None:
    with closing(MailSender(settings())) as way, pytest.raises(InvalidInput):
        way.send(outgoing(mail=None))
    assert box.connections == 0
