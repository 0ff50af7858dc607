"""A number that is told quickly is told as the library tells it."""

from __future__ import annotations

import random

import phonenumbers
import pytest

from bot.billing.importing import import_cells, import_phones
from bot.billing.importing.import_file import Fault

EACH = 40


def by_the_library(text: str, country: str) -> str | None:
    """What it makes of `text`; None for what is no possible number."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def test_whatever_is_settled_the_library_reads_the_same_in_every_country() -> None:
    dice = random.Random(7)
    settled = 0
    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        for length in range(5, 15):
            for _ in range(EACH):
                text = f"+{code}" + "".join(dice.choices("0123456789", k=length))
                if import_phones.is_settled(text):
                    settled += 1
                    assert by_the_library(text, "US") == by_the_library(text, "DE") == text
    assert settled > 10_000


def test_the_usual_numbers_are_settled_and_what_the_library_would_change_is_not() -> None:
    for text in ("+12105550101", "+447700900004", "+5511950100007", "+4915112345678", "+33612345678"):
        assert import_phones.is_settled(text)
    # With a prefix that is dialled at home only, too short, too long, of no country, not as E.164 is written.
    for text in ("+4407700900004", "+1210555010", "+121055501011", "+999123456789", "12105550101", "+1 210 555 0101"):
        assert not import_phones.is_settled(text)


@pytest.mark.parametrize(("text", "read"), [("+4407700900004", "+447700900004"), ("(210) 555-0101", "+12105550101")])
def test_what_is_not_settled_is_read_by_the_library(text: str, read: str) -> None:
    assert import_cells.phone({"phone": text}, "US") == read


def test_what_cannot_be_a_number_is_refused_as_ever() -> None:
    for text in ("+1210555010", "+999123456789", "call me"):
        with pytest.raises(Fault):
            import_cells.phone({"phone": text}, "US")
    assert import_cells.phone({"phone": ""}, "US") is None
