"""How many segments a text takes, and the wording that takes fewest (T2)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import gsm
from bot.channels.segments import count, economical, utf16
from sandbox import segments as independent

ALL = "".join(sorted(gsm.ALPHABET | gsm.EXTENDED))
texts = st.text(max_size=700) | st.text(ALL, max_size=700) | st.text("aé€[😀“”ãç \n", max_size=700)


def test_the_alphabet_has_128_places_one_of_them_the_escape_to_ten_more() -> None:
    assert (len(gsm.ALPHABET), len(gsm.EXTENDED), gsm.ALPHABET & gsm.EXTENDED) == (127, 10, frozenset())


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 0),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # An escape and its letter stay together: 76 euros take 152 of 153 septets.
        ("€" * 152, 2),
        ("€" * 153, 3),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("ã" * 70, 1),
        ("ã" * 71, 2),
        ("ã" * 134, 2),
        ("ã" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        # So do the halves of an emoji: 33 take 66 of 67 units.
        ("😀" * 66, 2),
        ("😀" * 67, 3),
    ],
)
def test_segments_are_counted_as_they_are_sent(text: str, segments: int) -> None:
    assert count(text) == segments


@given(text=texts)
def test_the_count_agrees_with_the_sandboxs_but_for_what_is_not_cut_in_two(text: str) -> None:
    double = sum(gsm.width(letter) == 2 for letter in text) if gsm.is_gsm(text) else utf16(text) - len(text)
    theirs = independent.segments(text)
    assert count(text) == theirs if not double else theirs <= count(text) <= theirs + 1 + theirs // 67


@given(text=texts)
def test_a_wording_never_costs_more_and_changes_nothing_for_nothing(text: str) -> None:
    said = economical(text)
    assert count(said) < count(text) or said == text
    assert economical(said) == said


@given(text=st.text(ALL, max_size=400))
def test_a_text_in_the_alphabet_stays_as_it_is(text: str) -> None:
    assert gsm.simpler(text)[0] == economical(text) == text or count(economical(text)) < count(text)


LONG = "Your plan is set and every date is in it, so there is nothing that you need to keep in mind. "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It’s “fine” – really…", 'It\'s "fine" - really...'),
        ("R$\u00a0480,00 × 3 • now → later\u200b", "R$ 480,00 x 3 - now -> later"),
        ("Está bien, así queda", "Esta bien, asi queda"),
        ("Não há pressa; você começa", "Nao ha pressa; voce comeca"),
        ("¿Mañana? ¡Sí! Él está", "¿Mañana? ¡Si! Él esta"),
        ("All set 🎉👍🏽", "All set"),
        ("nº 2, 1ª parte", "no 2, 1a parte"),
    ],
)
def test_signs_accents_and_a_last_picture_are_given_up_where_that_saves_a_segment(text: str, said: str) -> None:
    # Short enough they cost nothing, so they stay.
    assert economical(text) == text
    assert economical(LONG + text) == LONG + said


@pytest.mark.parametrize(
    "text", [f"Olá João, tudo certo. {LONG}", f"{LONG} Obrigado, Íris!", f"{LONG}\nBem-vinda, Ágata"]
)
def test_a_name_keeps_its_accents(text: str) -> None:
    assert economical(text) == text


@pytest.mark.parametrize("text", [f"👍 {LONG}", f"{LONG} 😀 is yours", "Спасибо! " + LONG, "谢谢 " + LONG])
def test_what_has_no_plainer_letter_stays(text: str) -> None:
    assert economical(text) == text


@given(letter=st.characters(min_codepoint=0xC0, max_codepoint=0x24F, categories=["Ll"]))
def test_an_accent_is_taken_from_its_own_letter(letter: str) -> None:
    said = economical(f"{LONG}so {letter}").removeprefix(f"{LONG}so ")
    assert said == letter or (gsm.is_gsm(said) and unicodedata.normalize("NFKD", letter).startswith(said))


def test_an_accent_that_was_typed_apart_is_the_same_accent() -> None:
    assert economical(unicodedata.normalize("NFD", LONG + "à la carte")) == LONG + "à la carte"
