"""A number, a title or a tap means a choice only while it is open; everything else stays what it is (T4, T5)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.conversations import choice_words, choices, transcript
from bot.conversations.choices import Choice
from bot.conversations.router import BACK_TO_ASSISTANT
from bot.db import Database
from bot.models import Author, Channel, Conversation, Holder, Message
from bot.settings import ROOT
from bot.words import say
from tests import factories

Button = dict[str, str]
HOW_MUCH = [{"title": "All that is overdue", "payload": "/overdue"}, {"title": "Everything", "payload": "/all"}]
PERSON = [{"title": "Talk to a person", "payload": "/request_human"}]
RATING = [{"title": say(f"rating_{number}", "en"), "payload": f"/rate_{number}"} for number in range(1, 6)]


class Talk:
    """A conversation by text message, written down line by line."""

    def __init__(self, session: Session, **given: Any) -> None:
        self.session = session
        self.conversation = factories.conversation(session, channel=Channel.SMS, address="+12105550101", **given)

    def says(self, *buttons: Button, card: dict[str, Any] | None = None, author: Author = Author.BOT) -> Message:
        return self._said(author, buttons=list(buttons) or None, card=card)

    def hears(self) -> Message:
        return self._said(Author.CUSTOMER)

    def means(self, text: str) -> str | None:
        return choices.chosen(self.session, self.conversation, text)

    def _said(self, author: Author, **given: Any) -> Message:
        message = transcript.append(self.session, self.conversation, author=author, text="…", **given)
        self.session.flush()
        return message


@pytest.mark.parametrize(
    "said",
    [
        "2", " 2. ", "2)", "(2)", "#2", "# 2", "no. 2", "No 2", "nr. 2", "number 2", "option 2", "Option #2",
        "choice two", "two", "TWO!", "second", "the second", "the second one", "\uff12", "2\ufe0f\u20e3", "\u0662",
        "2 please", "2, thank you", "Everything", "everything.", "EVERYTHING 👍", "Everything, please", "2. Everything",
        "“2”",
    ],
)  # fmt: skip
def test_these_mean_the_second_choice(sqlite_db: Database, said: str) -> None:
    with sqlite_db.transaction() as session:
        talk = Talk(session)
        talk.says(*HOW_MUCH)
        assert talk.means(said) == "/all"


@pytest.mark.parametrize(
    "said",
    [
        "", "0", "3", "20", "200", "$2", "2$", "2 dollars", "2.50", "2,5", "2%", "1/2", "½", "-2", "+2", "02", "1 2",
        "1 and 2", "the 2nd", "2nd", "2 May", "2 months", "2 weeks", "123456", "94110", "1988-04-12", "nobody", "no",
        "no one", "not two", "one second", "yes", "everything else", "not everything", "all that", "/all",
        "two hundred", "um", "👍",
    ],
)  # fmt: skip
def test_these_mean_no_choice(sqlite_db: Database, said: str) -> None:
    with sqlite_db.transaction() as session:
        talk = Talk(session)
        talk.says(*HOW_MUCH)
        assert talk.means(said) is None


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("es-MX", "dos"), ("es-MX", "la segunda"), ("es-MX", "opción 2"), ("es-MX", "la segunda opción, por favor"),
        ("es-MX", "la 2"), ("es-MX", "quiero la 2 porfa"), ("es-MX", "me quedo con la segunda"), ("pt-BR", "a 2"),
        ("pt-BR", "quero a segunda"), ("pt-BR", "fico com a 2"), ("es-MX", "two"), ("pt-BR", "dois"),
        ("pt-BR", "a segunda"), ("pt-BR", "opção dois"), ("pt-BR", "número 2, obrigada"),
    ],
)  # fmt: skip
def test_numbers_are_read_in_the_languages_that_we_write(sqlite_db: Database, locale: str, said: str) -> None:
    with sqlite_db.transaction() as session:
        talk = Talk(session, locale=locale)
        talk.says(*HOW_MUCH)
        assert talk.means(said) == "/all"


def test_each_language_has_ten_numbers_and_no_word_for_two() -> None:
    languages = yaml.safe_load((ROOT / "policies" / "choices.yml").read_text(encoding="utf-8"))
    assert set(languages) == {"en", "es", "pt"}
    for entry in languages.values():
        assert set(entry["heard"]) == set(languages["en"]["heard"])
        words = [word for named in entry["heard"]["numbers"] for word in named]
        assert (len(entry["heard"]["numbers"]), len(set(words))) == (10, len(words))
        assert all(word == choice_words.plain(word) for word in words)


def test_a_title_is_known_as_a_text_message_writes_it(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        talk = Talk(session)
        talk.says({"title": "6 × $33.42", "payload": "/six"}, {"title": "No, I’ll pay – myself", "payload": "/self"})
        assert [talk.means(said) for said in ("6 x $33.42", "no i'll pay - myself")] == ["/six", "/self"]


@given(number=st.integers(0, 10**6))
def test_a_number_beyond_the_choices_is_none_of_them(number: int) -> None:
    offered = [Choice("All that is overdue", "/overdue"), Choice("Everything", "/all")]
    assert (number in choices.numbered(offered, 1)) == (number in (1, 2))


def test_a_choice_is_open_until_the_customer_writes_again(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        talk = Talk(session)
        talk.says(*HOW_MUCH)
        talk.hears()
        assert [talk.means(said) for said in ("1", "Everything")] == [None, None]
        talk.says()
        assert talk.means("1") is None


def test_numbers_run_on_over_all_that_was_said_since(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        talk = Talk(session)
        before = talk.says(*PERSON)
        talk.hears()
        said = [talk.says(*HOW_MUCH), talk.says(), talk.says(*PERSON, author=Author.SYSTEM)]
        firsts = [choices.first_number(session, message) for message in (before, *said)]
        assert firsts == [1, 1, 3, 3]
        assert [talk.means(said) for said in ("1", "2", "3", "4")] == ["/overdue", "/all", "/request_human", None]
        # What was numbered stays so, whatever is said later.
        talk.hears()
        assert [choices.first_number(session, message) for message in (before, *said)] == firsts


def test_what_agents_note_between_them_offers_nothing(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        talk = Talk(session)
        note = talk.says(*HOW_MUCH, author=Author.SYSTEM)
        note.hidden = True
        session.flush()
        assert talk.means("1") is None
        assert choices.by_id(session, talk.conversation, choices.choice_id(note, 0)) is None


def test_a_rating_keeps_its_own_numbers(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        talk = Talk(session)
        talk.says(*PERSON)
        rating = talk.says(*RATING)
        assert choices.first_number(session, rating) == 2
        assert [talk.means(str(number)) for number in (1, 4, 5)] == ["/rate_1", "/rate_4", "/rate_5"]
        assert talk.means("very good") is None
        assert talk.means("5: very good") == "/rate_5"
        assert choices.first_number(session, talk.says(*PERSON)) == 6


def test_of_two_choices_that_are_called_the_same_the_newer_is_meant(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        talk = Talk(session)
        talk.says({"title": "Yes, please", "payload": "/old"})
        talk.says({"title": "Yes, please", "payload": "/new"})
        assert (talk.means("yes please"), talk.means("1"), talk.means("2")) == ("/new", "/old", "/new")


def test_options_of_a_card_are_choices_too_and_none_is_offered_twice(sqlite_db: Database) -> None:
    options = [{"title": f"{months} months", "payload": f"/plan_{months}"} for months in (3, 6)]
    card = {"kind": "plan_options", "options": options}
    with sqlite_db.transaction() as session:
        talk = Talk(session)
        message = talk.says({"title": "That works", "payload": "/plan_3"}, *PERSON, card=card)
        assert [choice.payload for choice in choices.offered(message)] == ["/plan_3", "/request_human", "/plan_6"]
        assert talk.means("3") == "/plan_6"
        assert talk.means("6 months") == "/plan_6"


@pytest.mark.parametrize(
    "card",
    [
        None,
        {},
        {"options": None},
        {"options": "x"},
        {"options": ["x", None]},
        {"options": [{}]},
        {"options": [{"payload": "/a"}]},
    ],
)
def test_a_card_without_options_offers_nothing(card: dict[str, Any] | None) -> None:
    assert choices.offered(Message(card=card)) == []


def test_the_way_back_to_the_assistant_stays_open_in_the_queue_and_not_with_a_person(sqlite_db: Database) -> None:
    back = {"title": say("button_assistant", "en"), "payload": BACK_TO_ASSISTANT}
    with sqlite_db.transaction() as session:
        talk = Talk(session, holder=Holder.QUEUE)
        talk.says(*PERSON)
        talk.says(back, author=Author.SYSTEM)
        talk.hears()
        assert [talk.means(said) for said in ("2", "back to assistant", "1")] == [BACK_TO_ASSISTANT] * 2 + [None]
        talk.says(author=Author.SYSTEM)
        talk.hears()
        assert talk.means("Back to assistant!") == BACK_TO_ASSISTANT
        for said in ("back to the assistant", "Back to the bot please", "assistant", "can I go back to the bot?"):
            assert talk.means(said) == BACK_TO_ASSISTANT
        assert talk.means("the bot was no help") is None
        # "How many of you live there?"
        talk.conversation.holder = Holder.AGENT
        assert [talk.means(said) for said in ("2", "back to assistant")] == [None, None]
        talk.conversation.holder = Holder.BOT
        assert talk.means("2") is None


def test_a_tap_names_its_choice_and_no_other(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session:
        talk, other = Talk(session), factories.conversation(session)
        message = talk.says(*HOW_MUCH)
        ids = [choices.choice_id(message, index) for index in range(3)]
        assert [tapped(session, talk.conversation, one) for one in ids] == ["/overdue", "/all", None]
        assert tapped(session, other, ids[0]) is None
        hidden_among_ours = [f"{uuid.uuid4()}:0", "x", "", ":", f"{message.id}", f"{message.id}:", f"{message.id}:-1"]
        foreign = [f"{message.id}:01x", f"{message.id}:\u0661", f"{message.id}:{'9' * 5000}", "/all"]
        assert {tapped(session, talk.conversation, one) for one in hidden_among_ours + foreign} == {None}
        assert all(len(one) <= 200 for one in ids)


def tapped(session: Session, conversation: Conversation, choice_id: str) -> str | None:
    return choices.by_id(session, conversation, choice_id)


def test_it_is_the_same_on_postgresql(db: Database) -> None:
    with db.transaction() as session:
        talk = Talk(session)
        talk.says(*PERSON)
        talk.hears()
        talk.says(*HOW_MUCH)
        assert (talk.means("2"), talk.means("everything"), talk.means("3")) == ("/all", "/all", None)


@given(text=st.text(max_size=60), locale=st.sampled_from(["en-US", "es-MX", "pt-BR", "xx"]))
def test_anything_may_be_typed(sqlite_db: Database, text: str, locale: str) -> None:
    with sqlite_db.transaction() as session:
        talk = Talk(session, locale=locale)
        talk.conversation.address = None  # one phone has one conversation
        talk.says(*HOW_MUCH)
        assert talk.means(text) in (None, "/overdue", "/all")
        session.rollback()
