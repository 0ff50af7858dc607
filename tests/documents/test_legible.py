"""Legible text: whatever others wrote comes as one plain line that the fonts can show."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from bot import policies
from bot.documents.legible import RANGES, legible
from bot.documents.letter import written_in
from bot.documents.paper import press
from bot.money import Money
from tests.documents.reading import opened

NOW = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Oak chair", "Oak chair"),
        ("#set page(fill: red) *bold* $x$ @ref", "#set page(fill: red) *bold* $x$ @ref"),
        ("Cafe\u0301", "Café"),
        ("two\nlines\tand\u2028more", "two lines and more"),
        ("bell\x07 zero\x00 escape\x1b[31m", "bell zero escape[31m"),
        ("in\u202eside out\u200b", "inside out"),
        ("half a pair \ud83d", "half a pair"),
        ("Thank you 😀🎉", "Thank you"),
        ("𝐁𝐨𝐥𝐝 ＡＢＣ ﬁne", "Bold ABC fine"),
        ("山田", "□□"),
        ("שלום", "שלום"),
        ("   ", ""),
    ],
)
def test_what_cannot_be_shown_is_replaced_or_left_out(written: str, shown: str) -> None:
    assert legible(written, 100) == shown


@given(st.text(), st.integers(2, 60))
def test_the_result_is_one_line_of_the_length_and_stays_as_it_is(written: str, most: int) -> None:
    line = legible(written, most)
    assert len(line) <= most
    assert line == legible(line, most)
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in line)


def test_every_character_that_we_let_through_can_be_printed() -> None:
    """A character without a glyph fails the whole document, so this is every one of them, plain and strong."""
    characters = "".join(chr(code) for first, last in RANGES for code in range(first, last + 1))
    words = [characters[at : at + 20].replace(" ", "") for at in range(0, len(characters), 20)] + ["□"]
    content = {
        "lang": "en",
        "region": None,
        "paper": "a4",
        "title": words[0],
        "business": {"name": words[1], "lines": []},
        "reach": " ".join(words),
        "page": "{page} {pages}",
        "thanks": " ".join(words),
        "amount": "1",
        "details": [[word, word] for word in words],
        "applied": {"title": " ".join(words), "head": words[:3], "rows": [[word, word, word] for word in words] * 2},
        "notes": [],
    }
    content["applied"]["rows"].append([" ".join(words)] * 3)  # type: ignore[index]
    assert opened(press("receipt", content, made_at=NOW)).pages


@pytest.mark.parametrize("language", sorted(policies.documents().words))
@pytest.mark.parametrize("territory", ["", "-US", "-MX", "-BR", "-DE", "-IN", "-JP"])
def test_every_currency_can_be_printed_in_every_language(language: str, territory: str) -> None:
    locale = written_in(language + territory)
    for currency in list_currencies():
        amount = Money(-123456, currency).format(str(locale))
        assert legible(amount, 100) == " ".join(amount.split()), currency
