"""Refusals in free words while a person has the conversation bind as STOP does (C4, C5, C7)."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import policies
from bot.conversations import consents, handoff, keywords, refused_in_words, router
from bot.db import Database
from bot.models import Author, Case, Channel, Consent, ConsentSource, Conversation, Message
from bot.words import say
from tests import factories
from tests.conftest import SetClock

PHONE = "+12105550101"
CONFIRMED = say("opted_out", "en", brand=policies.brand_name())


class Waiting:
    """Somebody who waits for a person, or speaks with one."""

    def __init__(self, db: Database, channel: Channel = Channel.SMS, *, claimed: bool = False) -> None:
        self.db, self.channel = db, channel
        address = PHONE if channel != Channel.WEB else None
        with db.transaction() as session:
            self.id = factories.conversation(session, channel=channel, address=address).id
            handoff.request(session, self.id, reason="request_human", skill="general", summary={})
            if claimed:
                handoff.claim(session, self.id, factories.agent(session))

    def write(self, text: str) -> None:
        """The customer writes `text`."""

        def work(session: Session) -> None:
            router.receive(session, self.id, client_id=str(uuid.uuid4()), text=text)

        self.db.in_transaction(work)

    def count(self, kind: type[Case] | type[Consent]) -> int:
        """How many there are."""
        with self.db.reading() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(kind)) or 0

    def said(self, *, hidden: bool = False) -> list[str]:
        """What the system said."""
        ours = sa.select(Message.text).where(Message.author == Author.SYSTEM, Message.hidden.is_(hidden))
        with self.db.reading() as session:
            return list(session.scalars(ours.order_by(Message.seq)))


@pytest.mark.parametrize("claimed", [False, True])
def test_c4_a_refusal_in_words_binds_is_told_to_the_desk_and_confirmed_once(db: Database, claimed: bool) -> None:
    waiting = Waiting(db, claimed=claimed)
    waiting.write("please just stop texting me")
    waiting.write("I said STOP texting me!!")
    with db.reading() as session:
        assert consents.is_refused(session, Channel.SMS, PHONE)
        assert session.scalars(sa.select(Consent)).one().source == ConsentSource.WORDS
        assert session.scalars(sa.select(Case)).one().kind == "cease"
    assert waiting.said().count(CONFIRMED) == 1
    assert len([note for note in waiting.said(hidden=True) if "no more messages" in note]) == 1


def test_c4_on_the_website_it_binds_the_number_on_file_of_who_is_verified(db: Database, clock: SetClock) -> None:
    waiting = Waiting(db, Channel.WEB)
    with db.transaction() as session:
        customer = factories.customer(session, phone=PHONE)
        conversation = session.get_one(Conversation, waiting.id)
        conversation.customer_id, conversation.verified_until = customer.id, clock.now() + dt.timedelta(minutes=30)
    waiting.write("stop texting me")
    waiting.write("I said stop texting me")
    with db.reading() as session:
        assert consents.is_refused(session, Channel.SMS, PHONE)
        assert consents.is_refused(session, Channel.WHATSAPP, PHONE)
        assert session.scalars(sa.select(Case)).one().customer_id == customer.id
    assert waiting.said().count(say("refused_on_phones", "en")) == 1
    assert waiting.said(hidden=True) == [refused_in_words.NOTE_PHONES]


def test_c8_on_the_website_it_is_a_persons_to_see_to_where_nobody_is_known(db: Database) -> None:
    waiting = Waiting(db, Channel.WEB)
    waiting.write("stop texting me")
    waiting.write("stop texting me")
    assert (waiting.count(Consent), waiting.count(Case)) == (0, 1)
    assert waiting.said().count(say("refused_passed_on", "en")) == 1
    assert waiting.said(hidden=True) == [refused_in_words.NOTE_UNKNOWN]


def test_p6_who_waits_and_asks_whether_a_person_writes_is_told_that_it_is_a_program(db: Database) -> None:
    waiting = Waiting(db, Channel.WEB)
    waiting.write("hello?")
    for text in ("are you human?", "Hi, am I talking to a bot?", "¿Eres una persona?", "vc é robô?"):
        waiting.write(text)
        assert waiting.said()[-1].startswith("I'm a computer program"), text
    waiting.write("are you a human who can help me with my invoice")
    assert len(waiting.said()) == 5


def test_these_refuse_in_three_languages() -> None:
    said = [
        "Stop texting me", "DON’T text me again", "leave me alone please", "take me off your list now",
        "no more messages ok?",
        "remove my number from your system", "No me escriban más", "dejen de escribirme por favor", "déjenme en paz",
        "Parem de me mandar mensagem", "nao quero mais mensagens", "tirem meu número daí",
        "já disse, não entrem mais em contato!", "pfv me tira da lista",
        "Por gentileza, não me escrevam mais. Obrigada",
    ]  # fmt: skip
    assert [text for text in said if not keywords.refuses(text)] == []


def test_c4_whatever_says_more_is_for_the_person_to_read() -> None:
    said = [
        "don't text me before 10", "please don't message me at work", "don't contact me until Friday", "stop",
        "I can't stop crying", "why do you text me", "don't leave me", "no me escriban hasta el lunes",
        "Please don't contact me by phone, text is fine", "Don't text me the link, I am at the shop",
        "don't write to me in English", "no more texts from the bank came, did you get my payment?",
        "Leave me alone with the kids' bills, can I pay 20?", "I never said stop contacting me", "please", "now", "",
        "email me, don't text me after 6", "stop texting me " * 20,
        "não parem de me escrever", "não me escrevam antes das 10",
        "parem de me mandar mensagem no trabalho, à noite pode",
        "não quero mais mensagens do banco, vocês receberam meu pagamento?",
    ]  # fmt: skip
    assert [text for text in said if keywords.refuses(text)] == []
