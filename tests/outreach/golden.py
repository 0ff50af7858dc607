"""Every message that we begin, as its reader has it, in a file for each language that a person can read through.

`python -m tests.outreach.golden` writes them anew after a change of the words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot import policies
from bot.outreach import preview
from bot.outreach.preview import Preview

FOLDER = Path(__file__).parent / "golden"
HEAD = (
    "Every message that we begin in “{language}”. Made by tests/outreach/golden.py; change policies/templates instead."
)


def written(language: str) -> str:
    """The whole file of one language."""
    return "\n".join([HEAD.format(language=language), *_lines(language)]) + "\n"


def _lines(language: str) -> Iterator[str]:
    before = None
    for one in preview.every((language,)):
        about = "private" if one.register == "private" else f"{one.kind}, day {one.step}"
        if about != before:
            yield f"\n## {about}"
            before = about
        yield f"\n### {one.tone}, {one.medium}{_wording(one)}{_size(one)}\n"
        if one.rendered.subject:
            yield f"Subject: {one.rendered.subject}\n"
        yield one.shown
        if one.rendered.buttons:
            yield "\n" + " ".join(f"[{button['title']}]" for button in one.rendered.buttons)


def _wording(one: Preview) -> str:
    return "" if one.rendered.variant == "a" else f", wording {one.rendered.variant}"


def _size(one: Preview) -> str:
    return f" ({len(one.shown)} characters, {one.segments} segments)" if one.segments else ""


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for spoken in policies.tones().languages:
        (FOLDER / f"{spoken}.md").write_text(written(spoken), encoding="utf-8")
