"""Long texts are cut where one pauses, and never inside a link, a number or an emoji."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.rendering.splitting import split
from bot.channels.segments import utf16

LINK = "https://pay.example.com/pay/AbC-dEf_123"
WORDS = st.sampled_from(
    [
        LINK,
        "$1,200.50",
        "R$\u00a0480,00",
        "December",
        "1,",
        "2026.",
        "+12105550101",
        "👩🏽\u200d💻",
        "so",
        "it",
        "is.",
        "\n",
        "•",
    ]
)


@given(words=st.lists(WORDS, max_size=120), limit=st.integers(45, 200))
def test_every_word_arrives_whole_and_in_its_place(words: list[str], limit: int) -> None:
    text = " ".join(words)
    pieces = split(text, limit)
    assert re.split(r"[ \n]+", " ".join(pieces)) == re.split(r"[ \n]+", text.strip())
    assert all(piece and utf16(piece) <= limit for piece in pieces)


@given(text=st.text(max_size=500), limit=st.integers(4, 120), last=st.integers(4, 120))
def test_nothing_but_white_space_at_the_cuts_is_lost(text: str, limit: int, last: int) -> None:
    pieces = split(text, limit, last)
    assert re.sub(r"\s", "", "".join(pieces)) == re.sub(r"\s", "", text)
    assert all(piece.strip() and utf16(piece) <= limit for piece in pieces)
    assert not pieces or utf16(pieces[-1]) <= last


def test_what_fits_stays_in_one_piece() -> None:
    assert split(" Hello.\n\nHow are you? ", 40) == ["Hello.\n\nHow are you?"]
    assert split(" \n ", 40) == []


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        # paragraphs before sentences, sentences before words
        ("One thing. Another.\n\nA third one here.", ["One thing. Another.", "A third one here."]),
        ("It is fine. There is more to say", ["It is fine.", "There is more to say"]),
        ("Take your time with all of it there", ["Take your time with", "all of it there"]),
        # a date and an amount stay together
        ("We look for a day after 30 November 2026", ["We look for a day", "after 30 November 2026"]),
        ("For all of it you paid R$ 480,00 so far", ["For all of it you", "paid R$ 480,00 so far"]),
        # a number of a list stays with its line
        ("Which would be good?\n1. Three months\n2. Six", ["Which would be good?", "1. Three months\n2. Six"]),
        ("Look here now: https://a.example/pay/x.y", ["Look here now:", "https://a.example/pay/x.y"]),
    ],
)
def test_it_is_cut_where_one_pauses(text: str, pieces: list[str]) -> None:
    assert split(text, 28) == pieces


def test_the_last_piece_may_have_to_be_shorter() -> None:
    assert split("One is here. Two is there. Three.", 60, last=20) == ["One is here.", "Two is there. Three."]


@given(st.integers(1, 40))
def test_an_emoji_is_cut_nowhere(count: int) -> None:
    family = "👩🏽\u200d💻"
    pieces = split(family * count, 30)
    assert "".join(pieces) == family * count
    assert all(len(piece) % len(family) == 0 for piece in pieces)
    flags = split("🇲🇽" * count, 30)
    assert all(len(piece) % 2 == 0 for piece in flags)
