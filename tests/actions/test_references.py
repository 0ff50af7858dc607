"""Account references and codes in free text."""

from __future__ import annotations

import pytest

from actions.reading.references import account_reference, asks_why, one_time_code, wants_code_again


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GT-1001", "GT-1001"),
        ("gt 1001", "GT-1001"),
        ("GT-1001, how much do I owe", "GT-1001"),
        ("it's maya@example.com", "maya@example.com"),
        ("lena at example dot com", "lena@example.com"),
        ("+12105550101", "+12105550101"),
        ("(312) 555-0102", "(312) 555-0102"),
        ("07700 900004", "07700 900004"),
    ],
)
def test_a_reference_is_found(text: str, found: str) -> None:
    assert account_reference(text, asked=False) == found


@pytest.mark.parametrize("text", ["INV-1001", "80.50", "$1200", "2026-12-01", "four months", "482913", "hello"])
def test_other_figures_are_no_reference(text: str) -> None:
    assert account_reference(text, asked=False) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GT-1001 no wait sorry it's GT-1008", "GT-1008"),
        ("GT 1001, I mean gt 1008", "GT-1008"),
        ("GT-1001, actually GT-1001", "GT-1001"),
        ("GT-1001 and GT-1008", None),
    ],
)
def test_of_two_numbers_the_corrected_one_counts(text: str, found: str | None) -> None:
    assert account_reference(text, asked=True) == found


def test_a_bare_number_is_a_reference_when_it_was_asked_for() -> None:
    assert account_reference("1001", asked=True) == "1001"


@pytest.mark.parametrize(
    "text", ["482913", "482 913", "482-913", "the code is 482913.", "four eight two nine one three"]
)
def test_a_code_is_found(text: str) -> None:
    assert one_time_code(text) == "482913"


@pytest.mark.parametrize("text", ["48291", "4829131", "07700 900004", "2026-12-01", "$482913", "hello"])
def test_other_figures_are_no_code(text: str) -> None:
    assert one_time_code(text) is None


@pytest.mark.parametrize("text", ["send it again", "no code came", "I didn't get it", "resend pls", "nothing came yet"])
def test_a_missing_code_is_understood(text: str) -> None:
    assert wants_code_again(text)


@pytest.mark.parametrize("text", ["why?", "why do you need that", "is this safe", "do I have to"])
def test_a_why_is_understood(text: str) -> None:
    assert asks_why(text)
