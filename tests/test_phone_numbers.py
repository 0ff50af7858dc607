"""Numbers as providers write them, in one form; the two countries whose WhatsApp ids differ from what is dialled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.phone_numbers import alike, e164, region_of


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+12105550101", "+12105550101"),
        ("12105550101", "+12105550101"),
        (" +447700900004 ", "+447700900004"),
        ("5511950100007", "+5511950100007"),
        ("551150100007", "+551150100007"),
        ("5215512345678", "+5215512345678"),
        ("27367", None),
        ("+27367", None),
        ("MYBANK", None),
        ("+1210555MAYA", None),
        ("whatsapp:+12105550101", None),
        ("", None),
        ("+", None),
        ("+0012105550101", None),
        ("１２１０５５５０１０１", None),
        ("+1" + "2" * 30, None),
    ],
)
def test_a_number_is_read_or_it_is_none(written: str, number: str | None) -> None:
    assert e164(written) == number


@pytest.mark.parametrize(("one", "other"), [("+5531999990007", "+553199990007"), ("+525512345678", "+5215512345678")])
def test_whatsapp_writes_some_numbers_of_brazil_and_mexico_otherwise(one: str, other: str) -> None:
    assert alike(one) == (one, other)
    assert alike(other) == (other, one)


@pytest.mark.parametrize("landline", ["+551150100007", "+551120100007"])
def test_p1_a_landline_of_brazil_is_not_the_mobile_with_a_9_before_it(landline: str) -> None:
    mobile = landline[:5] + "9" + landline[5:]
    assert alike(landline) == (landline,)
    assert alike(mobile) == (mobile,)


@pytest.mark.parametrize("number", ["+12105550101", "+447700900004", "+5411950100007", "+55119501000", "+52551234567"])
def test_no_other_number_is_like_another(number: str) -> None:
    assert alike(number) == (number,)


@given(st.from_regex(r"\+(55|52|1|44)[0-9]{6,13}", fullmatch=True))
def test_likeness_goes_both_ways(number: str) -> None:
    for other in alike(number):
        assert number in alike(other)


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("+12105550101", "US"),
        ("+447700900004", "GB"),
        ("+551150100007", "BR"),
        ("+5215512345678", "MX"),
        ("+80012345678", None),
    ],
)
def test_the_country_of_a_number(number: str, region: str | None) -> None:
    assert region_of(number) == region


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading(text: str) -> None:
    number = e164(text)
    assert number is None or number[1:].isdigit()
