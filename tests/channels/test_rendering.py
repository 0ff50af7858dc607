"""Choices are shown as well as each channel can, within its limits (T2, T4, T5)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Capabilities, Style
from bot.channels.rendering import Part
from bot.channels.segments import count, utf16
from bot.conversations import choices, transcript
from bot.db import Database
from bot.models import Author, Channel
from bot.words import say
from tests import factories
from tests.channels.rendered import ALL, META, SMS, TWILIO, body, message, shown


@ALL
def test_a_plain_text_goes_as_it_is(channel: Capabilities) -> None:
    assert shown(message(" Good to hear from you. "), channel) == [Part("Good to hear from you.")]
    assert shown(message(" "), channel) == []


def test_choices_are_numbered_lines_in_a_text_message_t5() -> None:
    said = message("Which one?", "My account", "Talk to a person")
    assert body(said) == "Which one?\n\n1. My account\n2. Talk to a person\nReply with a number, or just write."
    assert "\n4. My account\n5. Talk to a person\n" in body(said, first=4)


@ALL
def test_a_rating_is_numbered_once(channel: Capabilities) -> None:
    said = message(say("ask_rating", "en"), *(say(f"rating_{number}", "en") for number in range(1, 6)))
    (part,) = shown(said, channel, first=3)
    text = part.plain or part.body
    assert text.endswith("\n\n1: not good, 2, 3, 4, 5: very good\nReply with a number from 1 to 5, if you like.")
    assert [choice.title for choice in part.choices] in ([], ["1: not good", "2", "3", "4", "5: very good"])


@pytest.mark.parametrize("channel", [TWILIO, META], ids=["twilio", "meta"])
@pytest.mark.parametrize(
    ("titles", "style", "titled"),
    [
        (["Yes, please", "No, thanks"], Style.BUTTONS, ["Yes, please", "No, thanks"]),
        (["x" * 20], Style.BUTTONS, ["x" * 20]),
        (["A", "B", "C", "D"], Style.LIST, ["A", "B", "C", "D"]),
        (["Talk to somebody else"], Style.LIST, ["Talk to somebody else"]),
        (["Talk to somebody else about it"], Style.LIST, ["Talk to somebody else…"]),
        # no amount or date is cut, and none may look like another
        (["Paid on November 3, 2026"], Style.LIST, ["Paid on November 3, 2026"]),
        (["It was paid on November 3, 2026"], Style.PLAIN, []),
        (["Talk to somebody else today", "Talk to somebody else soon"], Style.PLAIN, []),
        (["Same", "same"], Style.PLAIN, []),
        (["x" * 25], Style.PLAIN, []),
        ([f"Choice {number}" for number in range(10)], Style.LIST, [f"Choice {number}" for number in range(10)]),
        ([f"Choice {number}" for number in range(11)], Style.PLAIN, []),
    ],
)
def test_whatsapp_shows_buttons_else_a_list_else_numbers_t4(
    channel: Capabilities, titles: list[str], style: Style, titled: list[str]
) -> None:
    said = message("Which one?", *titles)
    (part,) = shown(said, channel)
    assert (part.style, [choice.title for choice in part.choices]) == (style, titled)
    assert [choice.id for choice in part.choices] == [f"{said.id}:{place}" for place in range(len(titled))]
    numbered = part.body if style == Style.PLAIN else part.plain or ""
    assert numbered.startswith("Which one?\n\n1. ")
    assert bool(part.list_button) == (style == Style.LIST)
    assert {choice.description for choice in part.choices} <= {"", *titles}
    assert (part.content is None) == (style == Style.PLAIN)


@given(rows=st.lists(st.lists(st.sampled_from("ABCDEFGHIJ"), min_size=1, max_size=5, unique=True), max_size=4))
def test_every_number_that_is_shown_chooses_what_it_says(sqlite_db: Database, rows: list[list[str]]) -> None:
    with sqlite_db.transaction() as session:
        talk = factories.conversation(session, channel=Channel.SMS)
        for number, titles in enumerate(rows):
            buttons = [{"title": f"Way {title}{number}", "payload": f"/{title}{number}"} for title in titles]
            said = transcript.append(session, talk, author=Author.BOT, text="Which one?", buttons=buttons)
            session.flush()
            text = body(said, first=choices.first_number(session, said))
            for place, title in re.findall(r"(?m)^(\d+)\. Way (.*)$", text):
                assert choices.chosen(session, talk, place) == f"/{title}"
            assert len(re.findall(r"(?m)^\d+\.", text)) == len(titles)
        session.rollback()


def test_a_list_says_in_full_what_its_title_cuts() -> None:
    (part,) = shown(message("?", "Talk to somebody else about it", "My account"), META)
    assert [choice.description for choice in part.choices] == ["Talk to somebody else about it", ""]


def test_very_many_choices_are_cut_kindly_and_the_last_one_stays() -> None:
    text = body(message("Which one?", *(f"INV-{number}" for number in range(1, 31)), "All of it"))
    lines = text.split("\n")[2:-1]
    assert lines == [*(f"{n}. INV-{n}" for n in range(1, 10)), "- and 21 more: just write which one.", "31. All of it"]


def test_buttons_without_words_have_some_on_whatsapp() -> None:
    (part,) = shown(message("", "My account"), META)
    assert part.body == say("card_what", "en")


def test_a_text_message_leaves_out_what_is_not_needed_where_that_keeps_it_short_t2() -> None:
    hint = say("card_reply", "en")
    fits = message("So that it is all clear: " + "a word more " * 20, "My account")
    assert count(body(fits)) == 2
    assert hint not in body(fits)
    long = message("a word more " * 40, "My account")
    assert hint in body(long)


@ALL
@given(data=st.data())
def test_the_limits_hold_whatever_is_said(channel: Capabilities, data: st.DataObject) -> None:
    words = st.lists(st.text(min_size=1, max_size=80), max_size=150).map(" ".join)
    titles = data.draw(st.lists(st.text(min_size=1, max_size=120).filter(str.strip), max_size=14))
    text = data.draw(words | st.just("word. " * data.draw(st.integers(0, 1500))))
    said = message(text, *titles)
    parts = shown(said, channel, first=data.draw(st.integers(1, 20)))
    for part in parts:
        limit = channel.choice_body if part.choices else channel.max_length
        assert 0 < utf16(part.body) <= limit
        assert part.body.strip() == part.body
        assert utf16(part.plain or "") <= channel.max_length
        assert all(0 < utf16(choice.title) <= 24 and utf16(choice.description) <= 72 for choice in part.choices)
    assert all(not part.choices for part in parts[:-1])


def test_the_choices_go_with_the_last_piece() -> None:
    said = message("A sentence that is quite long. " * 200, "Yes", "No")
    *before, last = shown(said, META)
    assert before
    assert ([part.choices for part in before], len(last.choices)) == ([()] * len(before), 2)
    assert utf16(last.body) <= META.choice_body
    *before, last = shown(said, SMS)
    assert last.body.endswith("\n1. Yes\n2. No\nReply with a number, or just write.")
    assert not any("2. No" in part.body for part in before)
