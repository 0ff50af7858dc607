"""No choice is called by a word that stops our messages, starts them or asks for help: it would be heard so (C6)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.conversations import keywords
from tests import texts

# What customers send, not what we offer.
HEARD = ("keywords.yml", "choices.yml")


def titles() -> Iterator[tuple[str, str]]:
    """Every title of a choice, and every other short text that may become one, with where it stands."""
    for text in texts.of_responses():
        yield from ((text.where, button["title"]) for button in text.buttons)
    for text in texts.of_policies():
        if not text.where.startswith(HEARD) and len(text.words) <= 72:
            yield text.where, texts.filled(text.words)


def test_titles_are_found_where_they_stand() -> None:
    found = {title for _, title in titles()}
    assert {"Talk to a person", "Back to assistant", "That works for me", "Hablar con alguien"} <= found


def test_no_choice_is_an_opt_out_word_c6() -> None:
    assert [each for each in set(titles()) if keywords.read(each[1], refused=False) is not None] == []


@pytest.mark.parametrize("title", ["Cancel", "Stop", "End", "Quit", "Cancelar", "Sair", "Help", "Start"])
def test_the_words_that_would_be_heard_are_known(title: str) -> None:
    assert keywords.read(title, refused=False) is not None
