"""WhatsApp formats what stands between marks (*bold*, _slanted_, ~struck~, `code`) and lines that begin with one.

What we say is meant as it is written, names and what a customer typed in it as well. A mark that would format is put
as a letter that looks like it: a zero-width sign beside it does not hold on every phone. Links keep theirs: without
them they lead nowhere. A line that begins with "1." shows the same number either way, so it stays.
"""

from __future__ import annotations

import re

_LOOKALIKE = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
_LINK = re.compile(r"(https?://\S+|\S+@\S+\.\S+)")
_QUOTE = re.compile(r"(?m)^(\s*)>(?=\s)")
_BULLET = re.compile(r"(?m)^(\s*)[*-](?=\s)")


def literal(text: str) -> str:
    """`text` so that WhatsApp shows every letter of it, and formats none."""
    text = _BULLET.sub("\\1\u2022", _QUOTE.sub("\\1\u203a", text))
    if text.count("`") > 1:
        text = _outside_links(text, "`")
    return "\n".join(_literal_line(line) for line in text.split("\n"))


def _literal_line(line: str) -> str:
    for mark in "*_~":
        if _marks(line, mark) > 1:
            line = _outside_links(line, mark)
    return line


def _marks(line: str, mark: str) -> int:
    """How many of `mark` could begin or end something: not those inside a word or a link."""
    inside = re.compile(rf"(?<=[^\W_]){re.escape(mark)}+(?=[^\W_])")
    return sum(inside.sub("", part).count(mark) for part in _LINK.split(line)[::2])


def _outside_links(text: str, mark: str) -> str:
    parts = _LINK.split(text)
    parts[::2] = [part.replace(mark, _LOOKALIKE[mark]) for part in parts[::2]]
    return "".join(parts)
