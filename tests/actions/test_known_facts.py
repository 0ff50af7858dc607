"""Reading a postcode and a birth date in the customer's own way (design section 6), and nothing that is neither."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.reading.known_facts import told, volunteered
from bot.models import FactorKind

TODAY = dt.date(2026, 3, 2)


def read(text: str, *, asked: bool = True) -> dict[str, set[str]]:
    """What was read, by kind."""
    found = told(text, TODAY, asked=asked)
    values: dict[str, set[str]] = {}
    for said in found.said if found else ():
        for kind, value in said:
            values.setdefault(kind.value, set()).add(value)
    return values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("78006", "78006"), ("78006.", "78006"), ("my zip is 78006", "78006"), ("7 8 0 0 6", "78006"),
        ("78 006", "78006"), ("７８００６", "78006"), ("zip code: 78006-1234", "78006"), ("10001 please", "10001"),
        ("SW1A 1AA", "SW1A1AA"), ("sw1a1aa", "SW1A1AA"), ("it's Sw1A  1aA, thanks", "SW1A1AA"),
        ("my postcode's SW1A 1AA", "SW1A1AA"), ("s w 1 a 1 a a", "SW1A1AA"), ("M1 1AE", "M11AE"),
        ("01310-100", "01310100"), ("CEP 01310100", "01310100"), ("01.310-100", "01310100"), ("01310 100", "01310100"),
        ("K1A 0B1", "K1A0B1"), ("1234 AB", "1234AB"), ("2000", "2000"), ("560001", "560001"),
        ("78006 and how much do I owe?", "78006"), ("I want to pay 20, postcode 78006", "78006"),
        ("I moved from 10001, my zip is 78006 now", "78006"), ("I live in 78006", "78006"),
    ],
)  # fmt: skip
def test_a_postcode_is_read_in_any_spacing_and_case(text: str, value: str) -> None:
    assert read(text) == {"postcode": {value}}


@pytest.mark.parametrize(
    "text",
    [
        "1988-04-12", "1988/4/12", "April 12 1988", "april 12th, 1988", "12 April 1988", "12th of April 1988",
        "born on the 12th of april 88", "Apr 12, '88", "12 apr 88", "12-April-1988", "12 de abril de 1988",
        "nací el 12 de abril de 1988", "nasci em 12 de abril de 88", "I was born on April 12, 1988.",
    ],
)  # fmt: skip
def test_a_birth_date_in_words_is_one_day(text: str) -> None:
    assert read(text) == {"birth_date": {"1988-04-12"}}


@pytest.mark.parametrize(
    "text", ["12/04/1988", "4/12/1988", "12.4.88", "04-12-88", "12 04 1988", "dob 12/4/88", "12 / 4 / 1988"]
)
def test_figures_are_read_in_either_order_of_day_and_month(text: str) -> None:
    assert read(text) == {"birth_date": {"1988-04-12", "1988-12-04"}}


@pytest.mark.parametrize(
    ("text", "day"), [("30/04/1988", "1988-04-30"), ("04/30/1988", "1988-04-30"), ("26/1/51", "1951-01-26")]
)
def test_a_day_that_there_is_only_in_one_order_is_that_day(text: str, day: str) -> None:
    assert read(text) == {"birth_date": {day}}


def test_eight_figures_may_be_a_day_or_a_postcode() -> None:
    assert read("12041988") == {"birth_date": {"1988-04-12", "1988-12-04"}, "postcode": {"12041988"}}
    found = told("19880412", TODAY, asked=True)
    assert found is not None
    assert len(found.said) == 1


def test_both_are_read_from_one_message_each_by_itself() -> None:
    found = told("78006, born 12 April 1988", TODAY, asked=True)
    assert found is not None
    assert set(found.said) == {
        frozenset({(FactorKind.POSTCODE, "78006")}),
        frozenset({(FactorKind.BIRTH_DATE, "1988-04-12")}),
    }


@pytest.mark.parametrize(
    "text",
    [
        "", "yes", "I don't know it", "why?", "april 12", "12/04", "12/04/2026", "I'll pay on april 12 2026",
        "30/02/1988",
        "pay 20000", "$20000", "20000 dollars", "20", "20.000", "1", "GT-1001", "INV-1001", "INV-10012",
        "maya@example.com",
        "+1 210 555 0101", "2105550101", "78006 or 78010", "call me at 5pm", "1 2 3 4 5 6 7 8 9 10", "hello there",
        "who is this", "fifty", "👍", "01/01/1850",
    ],
)  # fmt: skip
def test_what_is_neither_is_not_taken_for_one(text: str) -> None:
    assert read(text) == {}


@pytest.mark.parametrize(
    "text", ["78006", "order 78006", "invoice of 12/04/1988", "April 12 1988", "SW1A 1AA", "12041988"]
)
def test_unasked_a_word_for_it_has_to_stand_beside_it(text: str) -> None:
    assert read(text, asked=False) == {}


@pytest.mark.parametrize(
    ("text", "rest", "beside"),
    [
        ("I want to pay 20, postcode 78006", "I want to pay 20, postcode", 3),
        ("how much is open? I was born 12/04/1988", "how much is open? I was born", 3),
        ("zip code: 78006", "zip code:", 0),
        ("my date of birth is April 12 1988, thank you", "my date of birth is , thank you", 0),
    ],
)
def test_the_rest_of_the_message_is_left_without_it(text: str, rest: str, beside: int) -> None:
    found = told(text, TODAY, asked=False)
    assert found is not None
    assert (found.rest, found.words_beside) == (rest, beside)


@given(st.dates(min_value=dt.date(1920, 1, 1), max_value=dt.date(2010, 12, 31)), st.sampled_from(["/", ".", "-", " "]))
def test_any_birth_date_is_read_in_every_order(day: dt.date, sign: str) -> None:
    for order in ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y", "%Y{0}%m{0}%d", "%d %B %Y", "%B %d, %Y", "born %b %d %y"):
        assert day.isoformat() in read(day.strftime(order.format(sign)))["birth_date"]


@given(st.text(max_size=200), st.booleans())
def test_any_text_is_read(text: str, asked: bool) -> None:
    found = told(text, TODAY, asked=asked)
    assert found is None or 1 <= len(found.said) <= 2


@pytest.mark.parametrize(
    "text",
    [
        "78006 i want a plan", "78006 set me up on 4 months", "78006, how much?", "hi, 78006 here",
        "i want a plan 78006",
        "SW1A 1AA please tell me what's due", "what's due? sw1a 1aa", "hey its maya 04/12/1988 how much",
        "12 april 1988, i want to pay", "my zip is 78006, i want to pay",
    ],
)  # fmt: skip
def test_a_proof_beside_a_wish_is_read_before_anybody_asks(text: str) -> None:
    assert volunteered(text, TODAY) is not None


@pytest.mark.parametrize(
    "text",
    [
        "can I pay 10000", "i was charged for 12345", "order number 12345", "I owe 20500", "10000 dollars is too much",
        "GT-1001 78006", "it was paid on 12/04/1998", "I bought 12345 of them", "pay by april 12 2026", "pay 50",
        "2000", "I'll pay 20 on the 12th of april",
    ],
)  # fmt: skip
def test_a_number_of_something_else_is_no_proof_that_nobody_asked_for(text: str) -> None:
    assert volunteered(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "value"), [("78OO6", "78006"), ("78oo6", "78006"), ("my zip is 78OO6", "78006"), ("SW1A 1AA", "SW1A1AA")]
)
def test_a_letter_typed_for_a_figure_is_that_figure(text: str, value: str) -> None:
    assert read(text) == {"postcode": {value}}


def test_a_postcode_of_brazil_is_taken_before_it_is_asked_for_too() -> None:
    for text in ("01310-100", "Oi, 01310-100.", "it's 01310-100"):
        found = volunteered(text, dt.date(2026, 3, 2))
        assert found is not None, text
        assert found.said == (frozenset({(FactorKind.POSTCODE, "01310100")}),)
    assert volunteered("call me on 01310-100", dt.date(2026, 3, 2)) is None
