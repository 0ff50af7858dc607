"""Rendering: text, card and choices of one message within what a channel can show (T2, T4, T5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.channels.base import Capabilities, Choosable, Style
from bot.channels.rendering import card_lines, marks, rich
from bot.channels.rendering.part import Part
from bot.channels.rendering.splitting import split
from bot.channels.segments import count, economical, utf16
from bot.conversations.choices import Choice, choice_id, numbered, offered, own_numbers
from bot.models import Message
from bot.words import say

SHORT = 2  # segments that a text message keeps to where it can (T2)
MOST = 10  # choices that are shown as lines of text
LIST, LONG_LIST = 5, 10  # lines of a card's list in a text message, and elsewhere


def render(message: Message, capabilities: Capabilities, *, locale: str, first_number: int) -> list[Part]:
    """`message` in the pieces in which it goes out, none when there is nothing to say.

    `first_number` is that of its first choice (`choices.first_number`). Choices stand with the last piece: as buttons
    or a list, else as numbered lines. Of a text message, what is not needed is left out where that makes it short.
    """
    choices = offered(message)
    numbers = numbered(choices, first_number)
    text, listed = _text(message, numbers, capabilities, locale)
    lines = _lines(choices, numbers, listed, locale)
    if capabilities.marks:
        text, lines = marks.literal(text), [marks.literal(line) for line in lines]
    hint = _hint(choices, locale)
    shown = rich.shown(_choosable(message, choices), capabilities)
    if shown is None:
        return [Part(piece) for piece in _plain(text, lines, hint, capabilities)]
    return _rich(text, lines, hint, shown, capabilities, locale)


def _text(
    message: Message, numbers: Mapping[int, Choice], capabilities: Capabilities, locale: str
) -> tuple[str, set[int]]:
    """The words of the message and what its card adds to them, and the numbers of the choices that they list."""
    card = message.card or {}
    longest = LIST if capabilities.gsm else LONG_LIST
    by_payload = {choice.payload: number for number, choice in numbers.items()}
    text, listed = card_lines.with_numbers(card, message.text.strip(), by_payload, locale)
    added = card_lines.lines(card, text, locale, longest=longest)
    return _joined(card_lines.shortened(card, text, locale, longest=longest), added), listed


def _lines(choices: Sequence[Choice], numbers: Mapping[int, Choice], listed: set[int], locale: str) -> list[str]:
    """The choices as lines, without those that the text lists already, and of very many only some."""
    if own_numbers(choices):
        return [", ".join(_one_line(choice.title) for choice in choices)]
    lines = [f"{number}. {_one_line(choice.title)}" for number, choice in numbers.items() if number not in listed]
    if len(lines) > MOST + 1:
        # The last one is often "All of it".
        lines[MOST - 1 : -1] = [say("card_more_choices", locale, count=len(lines) - MOST)]
    return lines


def _hint(choices: Sequence[Choice], locale: str) -> str:
    if own := own_numbers(choices):
        return say("card_rate", locale, first=min(own), last=max(own))
    return say("card_reply", locale) if choices else ""


def _choosable(message: Message, choices: Sequence[Choice]) -> list[Choosable]:
    return [Choosable(choice_id(message, place), _one_line(choice.title)) for place, choice in enumerate(choices)]


def _plain(text: str, lines: Sequence[str], hint: str, capabilities: Capabilities) -> list[str]:
    """The pieces with the choices as lines of text."""
    full = [*lines, hint] if hint else list(lines)
    if capabilities.gsm:
        wordings = [economical(_joined(text, below)) for below in (full, lines)]
        text, full = next((wording for wording in wordings if count(wording) <= SHORT), wordings[0]), []
    return _with_last(split(text, capabilities.max_length), full, capabilities.max_length)


def _rich(
    text: str, lines: Sequence[str], hint: str, shown: rich.Shown, capabilities: Capabilities, locale: str
) -> list[Part]:
    """The pieces with the choices as buttons or a list below the last of them."""
    text = text or say("card_what", locale)
    below = "\n".join([*lines, hint])
    longest = min(capabilities.choice_body or capabilities.max_length, capabilities.max_length - utf16(below) - 2)
    *pieces, last = split(text, capabilities.max_length, last=longest)
    list_button = say("card_choose", locale) if shown.style == Style.LIST else ""
    return [
        *(Part(piece) for piece in pieces),
        Part(last, shown.choices, shown.style, list_button, _joined(last, [below])),
    ]


def _with_last(pieces: Sequence[str], lines: Sequence[str], limit: int) -> list[str]:
    """`pieces` with `lines` below the last one, or after it when there is no room."""
    below = "\n".join(lines)
    if not below or not pieces:
        return [*pieces, *split(below, limit)]
    together = _joined(pieces[-1], [below])
    return [*pieces[:-1], together] if utf16(together) <= limit else [*pieces, *split(below, limit)]


def _joined(text: str, lines: Sequence[str]) -> str:
    return "\n\n".join(part for part in (text, "\n".join(lines)) if part)


def _one_line(title: str) -> str:
    # A space that holds an amount together stays.
    return re.sub(r"[ \t\r\n]+", " ", title).strip()
