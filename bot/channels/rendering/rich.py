"""Choices as buttons, or as a list with a description where a title is too long for its row (T4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.channels.base import Capabilities, Choosable, Style
from bot.channels.segments import utf16

CUT = "\u2026"


@dataclass(frozen=True, slots=True)
class Shown:
    """Choices as a channel can show them."""

    style: Style
    choices: tuple[Choosable, ...]


def shown(choices: Sequence[Choosable], capabilities: Capabilities) -> Shown | None:
    """The richest form in which all of `choices` can be told apart; None when they have to be numbered lines."""
    forms: tuple[tuple[Style, int, Callable[[Choosable], Choosable | None]], ...] = (
        (Style.BUTTONS, capabilities.buttons, lambda choice: _button(choice, capabilities)),
        (Style.LIST, capabilities.list_rows, lambda choice: _row(choice, capabilities)),
    )
    for style, most, fitted in forms:
        found = [fit for choice in choices if (fit := fitted(choice))]
        if 0 < len(choices) <= most and len({fit.title.casefold() for fit in found}) == len(choices):
            return Shown(style, tuple(found))
    return None


def _button(choice: Choosable, capabilities: Capabilities) -> Choosable | None:
    return choice if utf16(choice.title) <= capabilities.button_length else None


def _row(choice: Choosable, capabilities: Capabilities) -> Choosable | None:
    """A row whose title is cut between words and stands in full below; None where the cut would go through an amount,
    a date or a number."""
    longest = capabilities.row_length
    if utf16(choice.title) <= longest:
        return choice
    words = choice.title.split(" ")
    taken = next((n for n in range(len(words) - 1, 0, -1) if utf16(" ".join(words[:n]) + CUT) <= longest), 0)
    left = " ".join(words[taken:])
    if not taken or any(letter.isdigit() for letter in left) or utf16(choice.title) > capabilities.row_description:
        return None
    return replace(choice, title=" ".join(words[:taken]).rstrip(",;:") + CUT, description=choice.title)
