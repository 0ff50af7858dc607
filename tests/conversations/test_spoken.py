"""Which language is spoken: the wish, what is written, the profile, the page or the number (K12, P2)."""

from __future__ import annotations

import uuid
from typing import Any

from bot.conversations import router, spoken
from bot.db import Database, lock
from bot.models import Channel, Conversation, Customer
from tests import factories


class Line:
    """A conversation to write into."""

    def __init__(self, db: Database, **given: Any) -> None:
        self.db = db
        with db.transaction() as session:
            self.id = factories.conversation(session, **given).id

    @property
    def locale(self) -> str:
        """As it is now."""
        with self.db.reading() as session:
            return session.get_one(Conversation, self.id).locale

    def write(self, text: str) -> str:
        """The locale after the customer has written `text`."""
        with self.db.transaction() as session:
            router.receive(session, self.id, client_id=str(uuid.uuid4()), text=text)
        return self.locale

    def wish(self, language: str) -> str:
        """The locale after a wish."""
        with self.db.transaction() as session:
            spoken.wish(session, self._held(session), None, language)
        return self.locale

    def prove(self, language: str, wished: str | None = None) -> str:
        """The locale once a customer with this profile has proven to be there."""
        with self.db.transaction() as session:
            customer: Customer = factories.customer(session, language=language)
            session.flush()
            if wished:
                other = factories.conversation(session, customer_id=customer.id)
                session.flush()
                spoken.wish(session, other, customer, wished)
            spoken.know(session, self._held(session), customer)
        return self.locale

    def _held(self, session: Any) -> Conversation:
        held = lock(session, Conversation, self.id)
        assert held is not None
        return held


def phone(db: Database, locale: str = "en-US") -> Line:
    """Somebody's text messages."""
    return Line(db, channel=Channel.SMS, address="+12105550199", locale=locale)


def test_one_long_message_switches(db: Database) -> None:
    line = Line(db)
    assert line.write("I would like to see my account") == "en-US"
    assert line.write("perdón, quiero saber cuánto debo todavía") == "es-US"
    assert line.write("sorry, can you tell me that in other words please") == "en-US"


def test_two_clear_messages_switch_and_one_does_not(db: Database) -> None:
    line = Line(db)
    line.write("hello there")
    assert line.write("quiero pagar") == "en-US"
    assert line.write("GT-1001") == "en-US"
    assert line.write("no tengo dinero") == "es-US"


def test_a_single_word_switches_nothing_but_the_beginning_on_a_phone(sqlite_db: Database) -> None:
    web = Line(sqlite_db)
    for word in ("hola", "gracias", "sí", "mañana"):
        assert web.write(word) == "en-US", word
    begun = phone(sqlite_db)
    assert begun.write("hola") == "es-US"
    assert begun.write("thanks") == "es-US"


def test_the_first_message_decides_before_any_proof(db: Database) -> None:
    assert Line(db).write("quiero pagar") == "es-US"
    assert Line(db, locale="pt-BR").write("I want to pay") == "en"
    assert phone(db).write("Oi, quero pagar") == "pt"


def test_a_mixed_message_stays_in_the_language_in_force(db: Database) -> None:
    for locale in ("en-US", "es-MX"):
        assert Line(db, locale=locale).write("quiero pagar 50 on friday") == locale


def test_a_language_that_we_lack_changes_nothing(sqlite_db: Database) -> None:
    assert Line(sqlite_db).write("Bonjour, je voudrais payer ma facture") == "en-US"


def test_a_wish_beats_what_is_written_and_the_profile(db: Database) -> None:
    line = Line(db)
    assert line.wish("pt") == "pt"
    assert line.write("I would like to see my account today please") == "pt"
    assert line.prove("es-MX") == "pt"


def test_a_wish_for_a_language_that_we_lack_leaves_the_others(db: Database) -> None:
    line = Line(db)
    assert line.wish("fr") == "en-US"
    assert line.write("quiero saber cuánto debo, por favor") == "es-US"


def test_a_wish_of_another_conversation_counts_once_they_are_known(db: Database) -> None:
    assert Line(db).prove("en-US", wished="es") == "es-US"


def test_the_profile_decides_where_nothing_was_written_clearly(db: Database) -> None:
    line = Line(db)
    line.write("GT-1006")
    assert line.prove("es-MX") == "es-MX"


def test_what_was_written_beats_the_profile_and_takes_its_country(db: Database) -> None:
    english = Line(db)
    english.write("how much do I owe")
    assert english.prove("es-MX") == "en-US"
    brazilian = Line(db)
    brazilian.write("quanto eu devo ainda?")
    assert brazilian.prove("pt-BR") == "pt-BR"


def test_a_profile_in_a_language_that_we_lack_changes_nothing(sqlite_db: Database) -> None:
    assert Line(sqlite_db).prove("fr-CA") == "en-US"


def test_a_number_speaks_the_language_of_its_country_until_its_owner_writes_p2() -> None:
    spoken_in = {
        "US": "en-US", "GB": "en-GB", "MX": "es-MX", "BR": "pt-BR", "AO": "pt-AO", "DE": "en-DE", None: "en-US",
    }  # fmt: skip
    assert {region: spoken.at_number(region) for region in spoken_in} == spoken_in
