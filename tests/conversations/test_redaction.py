"""P3: card numbers are gone before anything keeps or reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversations.redaction import redact_cards

CARDS = [
    "4242424242424242",
    "5555555555554444",
    "378282246310005",
    "30569309025904",
    "6011111111111117",
    "4222222222222",
]
LONG_CARD = "6304000000000000000"  # 19 digits


@pytest.mark.parametrize("card", [*CARDS, LONG_CARD])
@pytest.mark.parametrize("separator", ["", " ", "-", ".", " - ", "\u2009", "–", "/"])
def test_p3_a_card_number_is_redacted_however_it_is_written(card: str, separator: str) -> None:
    written = separator.join(card[start : start + 4] for start in range(0, len(card), 4))
    assert redact_cards(f"it is {written}, exp 12/28", "[x]") == "it is [x]"


def test_p3_every_card_of_a_message_is_redacted_and_digits_of_other_scripts_too() -> None:
    assert redact_cards("4242424242424242 and 5555-5555-5555-4444.", "[x]") == "[x] and [x]."
    assert redact_cards("٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "[x]") == "[x]"


@pytest.mark.parametrize(
    "text",
    [
        "GT-1001",
        "+12105550101",
        "INV-1001 120.00",
        "4242424242424241",
        "2026-11-21",
        "0000000000000000",
        "123456789012",
    ],
)
def test_what_is_no_card_number_stays(text: str) -> None:
    assert redact_cards(text, "[x]") == text


def test_a_phone_number_before_a_card_stays() -> None:
    assert redact_cards("2105550101 4242424242424242", "[x]") == "2105550101 [x]"


@given(st.text(max_size=300), st.sampled_from(CARDS), st.text(max_size=300))
def test_p3_no_surroundings_without_digits_hide_a_card(before: str, card: str, after: str) -> None:
    before, after = ("".join(letter for letter in text if not letter.isdecimal()) for text in (before, after))
    assert card not in redact_cards(f"{before}{card}{after}", "[x]")


@given(st.text(alphabet="0123456789 -.x", max_size=400))
def test_redacting_again_changes_nothing(text: str) -> None:
    once = redact_cards(text, "[x]")
    assert redact_cards(once, "[x]") == once


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("my card is 4242424242424242 exp 12/29 cvc 123 please charge 50", "my card is [x] [x] please charge 50"),
        ("4242 4242 4242 4242 12/29 123", "[x]"),
        ("4242424242424242, 12/2029, 1234. pay 50", "[x]. pay 50"),
        ("CVV: 123, expires 12/29, 4242424242424242", "[x], [x]"),
        ("the security code is 123", "the [x]"),
        ("cvc 123", "[x]"),
    ],
)
def test_p3_what_stands_on_the_card_beside_its_number_goes_too(text: str, kept: str) -> None:
    assert redact_cards(text, "[x]") == kept
    assert redact_cards(kept, "[x]") == kept


@pytest.mark.parametrize(
    "text",
    ["your security code is 123456", "the offer expires 12/29", "I'll pay 123 on 12/29", "code 123", "it expired 2024"],
)
def test_what_belongs_to_no_card_stays(text: str) -> None:
    assert redact_cards(text, "[x]") == text


def test_an_amount_beside_a_card_number_stays() -> None:
    assert redact_cards("4242424242424242 pay 50 on 12/29", "[x]") == "[x] pay 50 on 12/29"
    assert redact_cards("4242424242424242 50", "[x]") == "[x] 50"
