"""WhatsApp shows what was written: nothing is formatted by chance, and links work."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.rendering.marks import literal

# As WhatsApp's help describes it: a mark at a word's edge, its like at another's, in one line.
FORMATS = re.compile(r"(?<!\w)([*_~])(?=\S)[^\n]*?(?<=\S)\1(?!\w)|`[^`]+`|(?m:^\s*[>*-]\s)")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("That's *all* of it", "That's \u2217all\u2217 of it"),
        ("_Maya_ ~Torres~", "\u02cdMaya\u02cd \u223cTorres\u223c"),
        ("`code` and ```more\ncode```", "\u02cbcode\u02cb and \u02cb\u02cb\u02cbmore\ncode\u02cb\u02cb\u02cb"),
        ("> said before\n- one\n* two", "\u203a said before\n\u2022 one\n\u2022 two"),
        # what formats nothing stays
        ("5 * 3 is 15", "5 * 3 is 15"),
        ("maya_torres_1@example.com", "maya_torres_1@example.com"),
        ("one_two_three", "one_two_three"),
        ("-5 > 3, a - b", "-5 > 3, a - b"),
        ("*one line\nanother*", "*one line\nanother*"),
        ("1. Talk to a person\n2. My account", "1. Talk to a person\n2. My account"),
        ("https://pay.example.com/pay/_a_b_*c* _x_", "https://pay.example.com/pay/_a_b_*c* \u02cdx\u02cd"),
    ],
)
def test_marks_are_shown_as_they_were_written(text: str, shown: str) -> None:
    assert literal(text) == shown


@given(text=st.text("ab1 *_~`>-.\n\u00a0ñ", max_size=60))
def test_nothing_is_formatted_and_the_length_stays(text: str) -> None:
    said = literal(text)
    assert not FORMATS.search(said)
    assert len(said) == len(text)
    assert literal(said) == said


@given(before=st.text("a*_~ ", max_size=10), path=st.text("aB3-_~*", min_size=1, max_size=20))
def test_a_link_is_never_touched(before: str, path: str) -> None:
    link = f"https://pay.example.com/pay/{path}"
    assert literal(f"{before} {link} {before}").split(" ").count(link) >= 1
