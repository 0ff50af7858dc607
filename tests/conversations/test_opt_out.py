"""STOP, START and HELP on a phone: done at once, confirmed once, then silence (C4, C5, P1)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import policies
from bot.conversations import consents, handoff, opt_in, opt_out, router, transcript, transfers, turns
from bot.conversations.keywords import Keyword
from bot.conversations.opt_out import heard
from bot.db import Database
from bot.errors import NotFound
from bot.models import (
    Author,
    Case,
    Channel,
    ConsentSource,
    Conversation,
    Delivery,
    DeliveryStatus,
    Hold,
    Holder,
    HoldEvent,
    HoldKind,
    HoldStatus,
    Message,
)
from bot.words import say
from tests import factories
from tests.conftest import SetClock

PHONE = "+12105550101"
BRAND = policies.brand_name()
STOPPED = say("opted_out", "en", brand=BRAND)
BACK = say("opted_in", "en", brand=BRAND)
HELPED = say("help_phone", "en", brand=BRAND)


class Texting:
    """Somebody with a phone, on one medium."""

    def __init__(self, db: Database, channel: Channel = Channel.SMS, **given: Any) -> None:
        self.db, self.channel = db, channel
        with db.transaction() as session:
            self.id = factories.conversation(session, channel=channel, address=PHONE, **given).id

    def send(self, keyword: Keyword, text: str = "", *, client_id: str = "", by_provider: bool = False) -> Message:
        """The customer sends `keyword`, written as `text`."""

        def work(session: Session) -> Message:
            return heard(
                session,
                session.get_one(Conversation, self.id),
                keyword,
                text=text or keyword.upper(),
                client_id=client_id or str(uuid.uuid4()),
                told_by_provider=by_provider,
            )

        return self.db.in_transaction(work)

    def write(self, text: str) -> router.Received:
        """The customer sends something else."""
        return self.db.in_transaction(
            lambda session: router.receive(session, self.id, client_id=str(uuid.uuid4()), text=text)
        )

    def say(self, text: str, **given: Any) -> Message:
        """We send something."""

        def work(session: Session) -> Message:
            values = {"author": Author.BOT, "text": text} | given
            return transcript.append(session, session.get_one(Conversation, self.id), **values)

        return self.db.in_transaction(work)

    def all_is_sent(self) -> None:
        """The provider has taken what was waiting."""
        waiting = sa.update(Delivery).where(Delivery.status == DeliveryStatus.QUEUED)
        self.db.in_transaction(lambda session: session.execute(waiting.values(status=DeliveryStatus.SENT)))

    @property
    def now(self) -> Conversation:
        """The conversation's row."""
        with self.db.reading() as session:
            return session.get_one(Conversation, self.id)

    @property
    def ours(self) -> list[str]:
        """What we said, as far as it goes out."""
        with self.db.reading() as session:
            return list(
                session.scalars(
                    sa.select(Message.text)
                    .join(Delivery, Delivery.message_id == Message.id)
                    .where(Message.conversation_id == self.id, Delivery.status != DeliveryStatus.WITHHELD)
                    .order_by(Message.seq)
                )
            )

    @property
    def refused(self) -> bool:
        """Whether messages are stopped."""
        with self.db.reading() as session:
            return consents.is_refused(session, self.channel, PHONE)

    def awaits_yes(self) -> bool:
        """Whether a mere YES restores them."""
        with self.db.reading() as session:
            return opt_out.awaits_yes(session, session.get_one(Conversation, self.id))


@pytest.fixture
def texting(db: Database, clock: SetClock) -> Texting:
    """By SMS."""
    return Texting(db)


def test_c5_a_stop_is_confirmed_once_with_nothing_else_in_it(texting: Texting) -> None:
    texting.send(Keyword.STOP)
    assert texting.ours == [STOPPED]
    assert texting.refused
    texting.send(Keyword.STOP, "stop!!")
    texting.send(Keyword.STOP, ["I", "said", "stop"][-1])
    assert texting.ours == [STOPPED]
    with texting.db.reading() as session:
        kept = transcript.after(session, texting.id)
        assert [message.text for message in kept if message.author == Author.CUSTOMER] == ["STOP", "stop!!", "stop"]
        assert len(consents.history(session, [PHONE])) == 1


def test_p1_no_confirmation_hints_at_anything_open() -> None:
    for locale in ("en", "es", "pt"):
        for key in ("opted_out", "opted_in", "help_phone"):
            said = say(key, locale, brand=BRAND).lower()
            assert not any(
                word in said for word in ("pay", "owe", "debt", "balance", "overdue", "deuda", "dívida", "pag")
            )
    assert BRAND in HELPED
    assert "STOP" in HELPED
    assert "person" in HELPED


def test_design_10_10_a_later_question_restores_nothing_and_a_stop_after_it_is_confirmed_anew(texting: Texting) -> None:
    texting.send(Keyword.STOP)
    texting.write("when are you open?")
    texting.say("From eight to eight.")
    texting.all_is_sent()
    assert texting.refused
    texting.send(Keyword.STOP)
    assert texting.ours == [STOPPED, "From eight to eight.", STOPPED]


def test_c5_what_we_begin_after_a_stop_does_not_count_as_said(texting: Texting) -> None:
    texting.send(Keyword.STOP)
    texting.say("Thank you, your payment has arrived.", unasked=True)
    texting.send(Keyword.STOP)
    assert texting.ours.count(STOPPED) == 1


def test_the_same_message_again_changes_nothing(texting: Texting) -> None:
    first = texting.send(Keyword.STOP, client_id="SM1")
    texting.all_is_sent()
    texting.send(Keyword.START, client_id="SM2")
    again = texting.send(Keyword.STOP, client_id="SM1")
    assert again.id == first.id
    assert not texting.refused
    assert texting.ours == [STOPPED, BACK]


def test_start_restores_and_says_what_to_expect_and_how_to_stop(texting: Texting) -> None:
    texting.send(Keyword.STOP)
    texting.all_is_sent()
    texting.send(Keyword.START, "yes")
    texting.all_is_sent()
    assert not texting.refused
    assert texting.ours == [STOPPED, BACK]
    assert "STOP" in BACK
    texting.send(Keyword.STOP)
    assert texting.ours == [STOPPED, BACK, STOPPED]


def test_c5_a_stop_whose_confirmation_is_still_here_when_they_start_again_is_not_confirmed(texting: Texting) -> None:
    texting.send(Keyword.STOP)
    texting.send(Keyword.START)
    assert texting.ours == [BACK]
    texting.all_is_sent()
    texting.send(Keyword.STOP)
    texting.all_is_sent()
    texting.send(Keyword.START)
    assert texting.ours == [BACK, STOPPED, BACK]


def test_help_is_answered_each_time_also_after_a_stop(texting: Texting) -> None:
    texting.send(Keyword.HELP)
    texting.all_is_sent()
    texting.send(Keyword.STOP)
    texting.send(Keyword.HELP)
    assert texting.ours == [HELPED, STOPPED, HELPED]
    assert texting.refused
    with texting.db.reading() as session:
        newest = transcript.after(session, texting.id)[-1]
        assert [button["payload"] for button in newest.buttons or []] == [turns.PERSON]
        assert transcript.offers(session, texting.id, turns.PERSON)


@pytest.mark.parametrize(
    ("text", "locale", "spoken"), [("ALTO", "en-US", "es"), ("sair", "en-US", "pt"), ("stop", "pt-BR", "pt")]
)
def test_it_is_confirmed_in_their_language(
    sqlite_db: Database, clock: SetClock, text: str, locale: str, spoken: str
) -> None:
    texting = Texting(sqlite_db, locale=locale)
    texting.send(Keyword.STOP, text)
    texting.send(Keyword.STOP, "STOP")
    assert texting.ours == [say("opted_out", spoken, brand=BRAND)]


@pytest.mark.parametrize("keyword", Keyword)
def test_what_the_provider_has_said_itself_is_not_said_twice(texting: Texting, keyword: Keyword) -> None:
    texting.send(keyword, by_provider=True)
    assert texting.ours == []
    assert texting.refused is (keyword is Keyword.STOP)
    with texting.db.reading() as session:
        assert {one.source for one in consents.history(session, [PHONE])} <= {ConsentSource.PROVIDER}


def test_design_10_10_a_stop_binds_the_medium_and_the_number(db: Database, clock: SetClock) -> None:
    texting, other = Texting(db), Texting(db, Channel.WHATSAPP)
    texting.send(Keyword.STOP)
    assert texting.refused
    assert not other.refused


def test_a_stop_ends_the_turn_under_way_and_the_form(texting: Texting) -> None:
    received = texting.write("I'd like to pay")
    assert received.begun is not None
    texting.write("20")
    texting.send(Keyword.STOP)
    now = texting.now
    assert now.turn_owner is None
    assert now.turn_until is None
    assert now.dialogue_reset
    with texting.db.reading() as session:
        assert transcript.pending_ids(session, texting.id) == set()


@pytest.mark.parametrize("keyword", [Keyword.HELP, Keyword.START])
def test_help_and_start_leave_the_turn_and_the_form_alone(texting: Texting, keyword: Keyword) -> None:
    texting.write("I'd like to pay")
    texting.send(keyword)
    assert texting.now.turn_owner is not None
    assert not texting.now.dialogue_reset
    with texting.db.reading() as session:
        assert len(transcript.pending_ids(session, texting.id)) == 1


def test_c5_what_is_still_on_its_way_stays_here(texting: Texting) -> None:
    sent = texting.say("Sent before.")
    for status in (DeliveryStatus.QUEUED, DeliveryStatus.HELD, DeliveryStatus.UNCERTAIN):
        texting.say(f"Still {status}.")
    with texting.db.transaction() as session:
        other = factories.conversation(session, channel=Channel.SMS, address="+12105550199")
        transcript.append(session, other, author=Author.BOT, text="To somebody else.")
        for status in DeliveryStatus:
            text = f"Still {status}."
            session.execute(
                sa.update(Delivery)
                .where(Delivery.message_id.in_(sa.select(Message.id).where(Message.text == text)))
                .values(status=status)
            )
        session.execute(sa.update(Delivery).where(Delivery.message_id == sent.id).values(status=DeliveryStatus.SENT))
        session.add(Delivery(channel=Channel.SMS, address=PHONE, body="123456 is your code", secret=True))
        session.add(Delivery(channel=Channel.WHATSAPP, address=PHONE, body="elsewhere"))
    texting.send(Keyword.STOP)
    assert texting.ours == ["Sent before.", STOPPED]
    with texting.db.reading() as session:
        rows = session.execute(
            sa.select(Delivery.status, Delivery.body, Delivery.secret, Delivery.channel, Delivery.error)
            .where(Delivery.message_id.is_(None))
            .order_by(Delivery.channel)
        ).all()
        assert [tuple(row) for row in rows] == [
            ("withheld", "", True, "sms", opt_out.OPTED_OUT),
            ("queued", "elsewhere", False, "whatsapp", None),
        ]
        for_others = session.scalar(sa.select(Delivery.status).where(Delivery.address == "+12105550199"))
        assert for_others == DeliveryStatus.QUEUED


@pytest.mark.parametrize("claimed", [False, True])
def test_a_person_keeps_the_conversation_and_sees_the_stop(texting: Texting, claimed: bool) -> None:
    with texting.db.transaction() as session:
        handoff.request(session, texting.id, reason="asked", skill="general", summary={})
        anna = factories.agent(session)
        if claimed:
            handoff.claim(session, texting.id, anna)
    texting.send(Keyword.STOP)
    assert texting.now.holder == (Holder.AGENT if claimed else Holder.QUEUE)
    with texting.db.reading() as session:
        seen = transcript.after(session, texting.id, hidden=True)
        assert [message.text for message in seen if message.hidden] == [opt_out.NOTES[Keyword.STOP]]
    assert texting.ours == [STOPPED]


def test_c5_an_agent_answers_a_message_and_begins_nothing_after_a_stop(texting: Texting) -> None:
    with texting.db.transaction() as session:
        handoff.request(session, texting.id, reason="asked", skill="general", summary={})
        anna = factories.agent(session)
        handoff.claim(session, texting.id, anna)

    def reply(text: str) -> None:
        texting.db.in_transaction(lambda session: handoff.reply(session, texting.id, anna, text, str(uuid.uuid4())))

    def unasked() -> dict[str, bool]:
        with texting.db.reading() as session:
            rows = session.execute(
                sa.select(Message.text, Delivery.unasked).join(Delivery, Delivery.message_id == Message.id)
            )
            return {row.text: row.unasked for row in rows}

    texting.write("can I have until May?")
    reply("Yes, you can.")
    reply("And take your time.")
    texting.send(Keyword.STOP)
    reply("One more thing.")
    texting.write("what was that about May?")
    reply("May is fine.")
    assert {text for text, flag in unasked().items() if not flag} == {"Yes, you can.", "May is fine.", STOPPED}


def test_c5_the_steps_of_an_agent_are_begun_by_us_those_of_the_customer_are_answered(texting: Texting) -> None:
    with texting.db.transaction() as session:
        handoff.request(session, texting.id, reason="asked", skill="general", summary={})
        anna = factories.agent(session)
        handoff.claim(session, texting.id, anna)
        transfers.transfer(session, texting.id, anna, None)
    texting.db.in_transaction(lambda session: handoff.withdraw(session, session.get_one(Conversation, texting.id)))
    with texting.db.reading() as session:
        flags = list(session.scalars(sa.select(Delivery.unasked).order_by(Delivery.seq)))
        assert flags == [True, True, False]


def test_yes_means_start_until_something_else_was_said(texting: Texting, clock: SetClock) -> None:
    assert not texting.awaits_yes()
    texting.send(Keyword.STOP)
    assert texting.awaits_yes()
    clock.advance(minutes=1)
    texting.send(Keyword.HELP)
    assert texting.awaits_yes()
    texting.write("can I pay in parts?")
    clock.advance(seconds=2)
    texting.say("Yes. Shall I look for three parts?")
    assert not texting.awaits_yes()
    texting.send(Keyword.START)
    assert not texting.awaits_yes()


def test_yes_means_start_after_a_stop_that_the_provider_answered(texting: Texting, clock: SetClock) -> None:
    texting.say("Hello.")
    clock.advance(minutes=1)
    texting.send(Keyword.STOP, by_provider=True)
    assert texting.awaits_yes()


def test_design_10_10_start_after_a_refusal_in_words_is_told_to_the_desk_once(texting: Texting) -> None:
    with texting.db.transaction() as session:
        session.add(Hold(kind=HoldKind.CEASE, conversation_id=texting.id, address=PHONE))
    for _ in range(2):
        texting.send(Keyword.START)
    with texting.db.reading() as session:
        assert list(session.scalars(sa.select(Case.summary))) == [opt_in.ALLOWED_AGAIN]
        assert session.scalar(sa.select(Hold.lifted_at)) is None


def test_c11_start_promises_nothing_that_a_refusal_in_words_forbids(texting: Texting) -> None:
    with texting.db.transaction() as session:
        session.add(Hold(kind=HoldKind.CEASE, conversation_id=texting.id, address=PHONE))
    texting.send(Keyword.START)
    with texting.db.reading() as session:
        said = session.scalars(sa.select(Message.text).where(Message.author == Author.SYSTEM)).all()
    assert list(said) == [say("opted_in_asked", "en", brand=BRAND)]


def test_design_10_10_start_takes_back_a_refusal_of_this_medium_in_words_and_no_other(texting: Texting) -> None:
    with texting.db.transaction() as session:
        session.add(Hold(kind=HoldKind.CEASE, conversation_id=texting.id, address=PHONE, reason="stop texting me"))
    texting.send(Keyword.START)
    with texting.db.reading() as session:
        assert session.scalars(sa.select(Hold)).one().status == HoldStatus.LIFTED
        assert session.scalars(sa.select(HoldEvent)).one().actor == "system"
        assert list(session.scalars(sa.select(Case))) == []
    assert texting.ours == [BACK]
    for words in ("stop texting and calling me", "no texts, nothing, anywhere", "don't contact me"):
        with texting.db.transaction() as session:
            held = Hold(kind=HoldKind.CEASE, conversation_id=texting.id, address=PHONE, reason=words)
            session.add(held)
        texting.send(Keyword.START)
        with texting.db.transaction() as session:
            assert session.get_one(Hold, held.id).status == HoldStatus.REPORTED, words
            session.delete(session.get_one(Hold, held.id))


def test_design_10_10_what_was_refused_besides_keeps_the_hold(texting: Texting) -> None:
    with texting.db.transaction() as session:
        session.add(Hold(kind=HoldKind.CEASE, conversation_id=texting.id, address=PHONE, reason="stop texting me"))
        session.add(Case(kind="cease", conversation_id=texting.id, summary="Refused: all contact.\nleave me alone"))
    texting.send(Keyword.START)
    with texting.db.reading() as session:
        assert session.scalars(sa.select(Hold)).one().status == HoldStatus.REPORTED


def test_p3_a_keyword_in_a_conversation_that_is_gone_is_refused(texting: Texting, sqlite_db: Database) -> None:
    gone = Conversation(id=uuid.uuid4(), channel=Channel.SMS, address=PHONE)
    with texting.db.transaction() as session, pytest.raises(NotFound):
        heard(session, gone, Keyword.STOP, text="stop", client_id="1", told_by_provider=False)
