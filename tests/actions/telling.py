"""Tables of what people tell in three languages, and whether each is decided as the table says."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from types import SimpleNamespace
from typing import cast

from actions.reading.languages import in_english
from bot.models import Customer

NONE: tuple[str, ...] = ()
# What is decided, and under it what is said: in English, in Spanish, in Portuguese.
Table = Mapping[Hashable, tuple[Sequence[str], Sequence[str], Sequence[str]]]
CARLOS = cast(Customer, SimpleNamespace(name="Carlos Mendoza"))


def wrong(decide: Callable[[str], object], table: Table) -> list[str]:
    """What was not decided as the table says, with the English in which it was read."""
    told = [
        (meant, text, in_english(text, language))
        for meant, said in table.items()
        for language, sentences in zip((None, "es", "pt"), said, strict=True)
        for text in sentences
    ]
    return [f"{text} ({read}): {decide(read)}" for meant, text, read in told if decide(read) != meant]
