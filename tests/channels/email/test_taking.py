"""An e-mail that comes lands in its conversation, once; a server's news marks its delivery; machines get no answer."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa

from bot.billing import identity
from bot.billing.identity import Outcome as Proof
from bot.billing.identity import factors, refusals
from bot.billing.identity.proofs import MAIL_ANSWERS
from bot.channels import outbox, phone_events
from bot.channels.email import taking
from bot.channels.email.taking import LARGEST, Outcome, take
from bot.channels.outbox.outcomes import BAD_MAILBOX
from bot.db import Database, lock
from bot.errors import InvalidInput
from bot.models import (
    Attachment,
    AttachmentStatus,
    Author,
    Channel,
    Conversation,
    Customer,
    CustomerFactor,
    Delivery,
    DeliveryStatus,
    ExternalEvent,
    FactorKind,
    Holder,
    Message,
    Provider,
)
from tests import factories
from tests.channels.email.mails import QUOTED, answer, report, with_file
from tests.channels.mail_server import ADDRESS, Box
from tests.channels.phones import Phone
from tests.conftest import SetClock

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@pytest.fixture
def mailbox(db: Database, clock: SetClock, box: Box) -> Phone:
    """The conversation of Maya's address, in which nothing was said."""
    return Phone(db, channel=Channel.EMAIL, provider=Provider.SMTP, number=ADDRESS)


def said(db: Database, author: Author = Author.CUSTOMER) -> list[str]:
    with db.reading() as session:
        query = sa.select(Message.text).where(Message.author == author, Message.hidden.is_(False))
        return list(session.scalars(query.order_by(Message.created_at, Message.seq)))


def talks(db: Database) -> list[Conversation]:
    with db.reading() as session:
        return list(session.scalars(sa.select(Conversation).order_by(Conversation.created_at)))


def test_an_answer_lands_in_its_conversation_without_what_it_quotes(mailbox: Phone) -> None:
    assert take(mailbox.db, answer(mailbox.conversation(), f"Yes, on Friday please.{QUOTED}")) is Outcome.TAKEN
    assert said(mailbox.db) == ["Yes, on Friday please."]
    (talk,) = talks(mailbox.db)
    assert (talk.id, talk.provider) == (mailbox.id, Provider.SMTP)


def test_the_same_e_mail_twice_is_one_message(mailbox: Phone) -> None:
    raw = answer(mailbox.conversation(), "once")
    assert [take(mailbox.db, raw), take(mailbox.db, raw)] == [Outcome.TAKEN, Outcome.KNOWN]
    assert said(mailbox.db) == ["once"]


def test_what_a_crash_left_is_finished_by_the_sweep(
    mailbox: Phone, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dead:
        dead.setattr(taking.phone_events, "carry_all", lambda *_: 0)
        take(mailbox.db, answer(mailbox.conversation(), "still here"))
    assert said(mailbox.db) == []
    clock.advance(minutes=1)
    assert phone_events.sweep(mailbox.db) == 1
    assert said(mailbox.db) == ["still here"]


def test_who_writes_without_answering_us_gets_a_conversation_of_their_own(mailbox: Phone) -> None:
    take(mailbox.db, answer(None, "Good morning", sender="New.Person@Example.com"))
    assert [talk.address for talk in talks(mailbox.db)] == [ADDRESS, "new.person@example.com"]


def test_an_answer_to_a_forwarded_e_mail_is_its_writers_own(mailbox: Phone) -> None:
    take(mailbox.db, answer(mailbox.conversation(), "I am their cousin", sender="cousin@example.com"))
    assert [talk.address for talk in talks(mailbox.db)] == [ADDRESS, "cousin@example.com"]


def test_a_forged_sender_ends_the_proof_and_can_prove_nothing(mailbox: Phone) -> None:
    db = mailbox.db
    with db.transaction() as session:
        maya = factories.customer(session, email=ADDRESS)
        digest = factors.digest(maya.id, FactorKind.POSTCODE, "78006")
        session.add(CustomerFactor(customer_id=maya.id, kind=FactorKind.POSTCODE, digest=digest))
    postcode = frozenset({(FactorKind.POSTCODE, "78006")})
    take(db, answer(None, "78006"))
    assert prove(mailbox, postcode) is Proof.WRONG
    take(db, answer(mailbox.conversation(), "78006"))
    assert prove(mailbox, postcode) is Proof.VERIFIED
    assert mailbox.conversation().verified_until is not None
    take(db, answer(None, "Cancel my plan"))
    assert mailbox.conversation().verified_until is None
    assert prove(mailbox, postcode) is Proof.WRONG
    take(db, answer(mailbox.conversation(), "78006"))
    assert prove(mailbox, postcode) is Proof.VERIFIED


def prove(mailbox: Phone, said: frozenset[tuple[FactorKind, str]]) -> Proof:
    with mailbox.db.transaction() as session:
        conversation = lock(session, Conversation, mailbox.id)
        assert conversation is not None
        return identity.prove(session, conversation, said)


def test_an_address_on_file_alone_proves_nothing_and_a_strangers_is_wrong_alike_p2(mailbox: Phone) -> None:
    with mailbox.db.transaction() as session:
        factories.maya(session).email = ADDRESS
    stranger = Phone(mailbox.db, channel=Channel.EMAIL, provider=Provider.SMTP, number="stranger@example.com")
    for one in (mailbox, stranger):
        take(mailbox.db, answer(one.conversation(), "hello", sender=one.number))
        assert one.conversation().customer_id is None
        assert prove(one, frozenset({(FactorKind.POSTCODE, "99999")})) is Proof.WRONG


def test_stop_is_heard_before_anything_else_and_confirmed_once_c4_c5(mailbox: Phone, box: Box) -> None:
    take(mailbox.db, answer(mailbox.conversation(), f"STOP{QUOTED}"))
    with mailbox.db.reading() as session:
        assert refusals.is_refused(session, Channel.EMAIL, ADDRESS)
    outbox.send_due(mailbox.db)
    (mail,) = box.mails
    body = mail.get_body(("plain",))
    assert body is not None
    assert "won't send any more e-mails to this address" in body.get_content()
    take(mailbox.db, answer(mailbox.conversation(), "stop"))
    assert outbox.send_due(mailbox.db) == 0


def test_a_mailbox_that_unsubscribes_by_the_subject_alone_is_heard_c4(mailbox: Phone) -> None:
    take(mailbox.db, answer(mailbox.conversation(), "\n", Subject="unsubscribe"))
    with mailbox.db.reading() as session:
        assert refusals.is_refused(session, Channel.EMAIL, ADDRESS)


def test_card_numbers_are_gone_before_anything_is_kept_in_the_transcript_p3(mailbox: Phone) -> None:
    take(mailbox.db, answer(mailbox.conversation(), "my card is 4242 4242 4242 4242"))
    assert "4242 4242" not in said(mailbox.db)[0]
    with mailbox.db.reading() as session:
        (body,) = session.scalars(sa.select(ExternalEvent.body))
    assert b"4242 4242" not in body


def test_a_machines_e_mail_is_dropped_and_never_answered(mailbox: Phone) -> None:
    talk = mailbox.conversation()
    for headers in (
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; x=1"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<news.example.com>"},
        {"Return_Path": "<>"},
        {"From": "no-reply@example.com"},
        {"From": "MAILER-DAEMON@example.com"},
        {"From": "nobody at all"},
    ):
        assert take(mailbox.db, answer(talk, "I am away", **headers)) is Outcome.DROPPED, headers
    assert said(mailbox.db) == said(mailbox.db, Author.SYSTEM) == []
    assert take(mailbox.db, answer(talk, "I am here", Auto_Submitted="no")) is Outcome.TAKEN


def sent(mailbox: Phone) -> Delivery:
    mailbox.hears("There's a message for you.", unasked=True)
    assert outbox.send_due(mailbox.db) == 1
    return mailbox.deliveries()[-1]


def test_a_notification_says_that_an_address_takes_nothing_and_agents_are_told(mailbox: Phone) -> None:
    delivery = sent(mailbox)
    assert delivery.status == DeliveryStatus.SENT
    assert take(mailbox.db, report(delivery)) is Outcome.TAKEN
    delivery = mailbox.deliveries()[-1]
    assert (delivery.status, delivery.error) == (DeliveryStatus.FAILED, "bad_address:511")
    assert mailbox.notes() == [BAD_MAILBOX]
    assert take(mailbox.db, report(delivery)) is Outcome.KNOWN
    assert mailbox.notes() == [BAD_MAILBOX]


def test_what_a_notification_says_is_taken_at_its_word(mailbox: Phone) -> None:
    for status, action, becomes, error in (
        ("4.4.1", "delayed", DeliveryStatus.SENT, None),
        ("2.1.5", "delivered", DeliveryStatus.DELIVERED, None),
        ("5.2.2", "failed", DeliveryStatus.FAILED, "refused:522"),
        ("4.4.7", "failed", DeliveryStatus.FAILED, "refused:447"),
    ):
        delivery = sent(mailbox)
        take(mailbox.db, report(delivery, status, action))
        found = mailbox.deliveries()[-1]
        assert (found.status, found.error) == (becomes, error), status
    assert mailbox.notes() == []


def test_news_that_came_to_another_address_is_believed_by_nobody(mailbox: Phone) -> None:
    delivery = sent(mailbox)
    for to in ("hello@juniperfinch.example", f"hello+b{'a' * 46}@juniperfinch.example"):
        assert take(mailbox.db, report(delivery, to=to)) is Outcome.DROPPED
    assert mailbox.deliveries()[-1].status == DeliveryStatus.SENT


def test_a_note_of_absence_to_the_senders_address_marks_nothing_as_failed(mailbox: Phone) -> None:
    delivery = sent(mailbox)
    back = report(delivery).partition(b"To: ")[2].partition(b"\r\n")[0].decode()
    assert take(mailbox.db, answer(None, "I am away", To=back, Auto_Submitted="auto-replied")) is Outcome.DROPPED
    assert mailbox.deliveries()[-1].status == DeliveryStatus.SENT


def test_the_address_that_a_server_names_counts_though_the_headers_lack_it(mailbox: Phone) -> None:
    talk = mailbox.conversation()
    raw = answer(talk, "by a list of names", To="undisclosed-recipients:;")
    to = answer(talk).partition(b"To: ")[2].partition(b"\r\n")[0].decode()
    take(mailbox.db, b"From maya@example.com Mon Mar  2 15:00:00 2026\r\n" + raw, to)
    with mailbox.db.reading() as session:
        assert session.scalars(sa.select(Message.client_id)).one().startswith(MAIL_ANSWERS)


def test_a_file_is_kept_for_the_agent_and_one_that_is_not_what_it_says_is_refused(mailbox: Phone) -> None:
    talk = mailbox.conversation()
    take(mailbox.db, with_file(talk, "My receipt", PNG, "image/png", "receipt.png"))
    take(mailbox.db, with_file(talk, "Another", b"<html>", "application/pdf", "../../x.pdf"))
    with mailbox.db.reading() as session:
        kept, refused = session.scalars(sa.select(Attachment).order_by(Attachment.created_at, Attachment.id))
    assert (kept.status, kept.body, kept.file_name) == (AttachmentStatus.KEPT, PNG, "receipt.png")
    assert (refused.status, refused.body) == (AttachmentStatus.REFUSED, None)
    with mailbox.db.reading() as session:
        assert not any(b"files" in body for body in session.scalars(sa.select(ExternalEvent.body)))  # kept once
    assert said(mailbox.db) == ["My receipt", "Another"]


def test_a_file_without_words_gets_a_kind_one(mailbox: Phone) -> None:
    take(mailbox.db, with_file(mailbox.conversation(), "\n", PNG, "image/png", "photo.png"))
    assert said(mailbox.db) == ["[photo]"]
    assert len(said(mailbox.db, Author.BOT)) == 2  # who we are, and what becomes of it


def test_a_person_at_the_desk_gets_it_where_they_have_the_conversation(mailbox: Phone) -> None:
    with mailbox.db.transaction() as session:
        lock(session, Conversation, mailbox.id).holder = Holder.QUEUE  # type: ignore[union-attr]
    take(mailbox.db, answer(mailbox.conversation(), "Are you there?"))
    assert said(mailbox.db) == ["Are you there?"]


def test_an_e_mail_that_is_html_alone_is_read_as_words(mailbox: Phone) -> None:
    raw = answer(mailbox.conversation(), "x").replace(b"text/plain", b"text/html")
    html = b"<style>p{}</style><p>Can I pay<br>half?</p><script>alert(1)</script><div class=gmail_quote>On Monday</div>"
    head, _, _ = raw.partition(b"\r\n\r\n")
    take(mailbox.db, head + b"\r\n\r\n" + html)
    assert said(mailbox.db) == ["Can I pay\nhalf?"]


def test_what_no_e_mail_is_and_what_is_too_large_is_refused(mailbox: Phone) -> None:
    for raw in (b"", b"\r\n ", b"x" * (LARGEST + 1)):
        with pytest.raises(InvalidInput):
            take(mailbox.db, raw)
    with pytest.raises(InvalidInput):
        take(mailbox.db, answer(None), "a@b.example\r\nX: y")
    with mailbox.db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ExternalEvent)) == 0


def test_a_broken_e_mail_fails_nothing(mailbox: Phone) -> None:
    talk = mailbox.conversation()
    whole = answer(talk, "Bonjour")
    for number, raw in enumerate(
        (
            whole.replace(b"utf-8", b"no-such-charset"),
            whole.replace(b"Content-Transfer-Encoding: 7bit", b"Content-Transfer-Encoding: base64"),
            whole.replace(b"text/plain", b"multipart/mixed"),
            whole.replace(b"Subject: Re", b"Subject: =?utf-8?q?=ff?= \xff\xfe"),
            whole.replace(b"Bonjour", b"\x00\xff\xfeBonjour"),
        )
    ):
        assert take(mailbox.db, raw.replace(b"Message-ID: <", f"Message-ID: <{number}".encode())) is Outcome.TAKEN
    with mailbox.db.reading() as session:
        left = session.scalars(sa.select(ExternalEvent).where(ExternalEvent.processed_at.is_(None))).all()
    assert [event.error for event in left] == []


def test_two_people_at_one_address_are_told_apart_by_what_they_know(mailbox: Phone) -> None:
    with mailbox.db.transaction() as session:
        for _ in range(2):
            factories.customer(session, email=ADDRESS, account_number=f"T-{uuid.uuid4()}")
    with mailbox.db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Customer.email == ADDRESS)) == 2
    take(mailbox.db, answer(mailbox.conversation(), "hello"))
    assert prove(mailbox, frozenset({(FactorKind.POSTCODE, "00000")})) is Proof.WRONG
