"""A piece of a text around what was looked for, in parts: a page marks them without any markup in the text."""

from __future__ import annotations

from bot.desk.queue.search_words import Words

LONG = 140
BEFORE = 40

Part = tuple[str, bool]


def snippet(text: str, words: Words) -> list[Part]:
    """Parts of `text` around the first word found, each with whether it is what was looked for."""
    text = " ".join(text.split())
    spans = words.spans(text)
    start = _begin(text, spans[0][0] if spans else 0)
    end = min(len(text), start + LONG)
    parts, at = [("…", False)] if start else [], start
    for first, last in spans:
        if first < at or last > end:
            continue
        parts += [(text[at:first], False), (text[first:last], True)]
        at = last
    parts += [(text[at:end], False), ("…" if end < len(text) else "", False)]
    return [part for part in parts if part[0]]


def _begin(text: str, first: int) -> int:
    """A little before the first word found, where a word begins."""
    if first <= BEFORE:
        return 0
    return text.rfind(" ", 0, first - BEFORE) + 1 or first - BEFORE
