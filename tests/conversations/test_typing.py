"""That somebody writes is known for a few seconds, and by each fresh sign of it."""

from __future__ import annotations

import uuid

from bot.conversations.typing import LASTS_S, SOON_S, Typing
from bot.models import Author


class Seconds:
    """A clock in the test's hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_sign_is_another_number_and_passes_by_itself() -> None:
    seconds, here = Seconds(), uuid.uuid4()
    typing = Typing(seconds)
    assert typing.of(here, Author.AGENT) == 0
    assert typing.sign(here, Author.AGENT) is True
    assert (typing.of(here, Author.AGENT), typing.of(here, Author.CUSTOMER)) == (1, 0)
    seconds.now += SOON_S / 2
    assert typing.sign(here, Author.AGENT) is False, "too soon to be news"
    seconds.now += SOON_S
    assert typing.sign(here, Author.AGENT) is True
    assert typing.of(here, Author.AGENT) == 2
    seconds.now += LASTS_S
    assert typing.of(here, Author.AGENT) == 0


def test_what_is_said_is_not_being_written_any_more() -> None:
    typing, here = Typing(Seconds()), uuid.uuid4()
    typing.sign(here, Author.CUSTOMER)
    typing.stop(here, Author.CUSTOMER)
    assert typing.of(here, Author.CUSTOMER) == 0
