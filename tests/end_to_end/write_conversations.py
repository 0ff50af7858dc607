"""Writes docs/conversations.md: the dialogues marked `shown`, played on the running demo (`make conversations`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.settings import ROOT
from tests.end_to_end import script
from tests.end_to_end.running import demo
from tests.end_to_end.script import Dialogue, Step
from tests.end_to_end.stage import STRANGER, Message, Stage

TARGET = ROOT / "docs" / "conversations.md"
HEAD = """# Conversations

Written by `make conversations`, which plays these dialogues of `tests/conversations/dialogues/` on the running demo:
the real dialogue model, the real actions, the stand-ins for Stripe and the phone. Every word of the assistant is
what it said in that run; where it has several ways to say something, another run may show another. Buttons stand in
brackets.
"""
NAMES = {"customer": "Customer", "bot": "Assistant", "agent": "Agent", "system": "Notice"}


def main() -> None:
    """Play, write, and say where."""
    with demo({}) as product:
        stage = Stage(product)
        shown = [dialogue for name in script.names() if (dialogue := script.dialogue(name)).shown]
        parts = [HEAD]
        for dialogue in shown:
            lines = "\n".join(_lines(stage, dialogue))
            parts.append(lines.replace(product.url, "https://juniperfinch.example"))
    TARGET.write_text("\n".join(parts), encoding="utf-8")
    print(f"{len(shown)} conversations: {TARGET.relative_to(ROOT)}")


def _lines(stage: Stage, dialogue: Dialogue) -> Iterator[str]:
    who = "Nobody is known yet" if dialogue.writes == STRANGER else f"{dialogue.writes} is signed in on the shop's page"
    yield f"## {dialogue.title}\n"
    yield f"*{who}. Rules: {', '.join(dialogue.rules)}.*\n"
    with stage.play(dialogue) as play:
        yield from _said(play.customer.heard)
        for step in dialogue.talk:
            told = len(play.customer.heard)
            play.do(step)
            if done := _done(step):
                yield f"*{done}*\n"
            yield from _said(play.customer.heard[told:])
        assert not play.differences(dialogue.state), dialogue.title
    yield from _end(dialogue)


def _said(messages: list[Message]) -> Iterator[str]:
    for message in messages:
        text = re.sub(r"(/pay/|/documents?/)[\w-]+", r"\1…", message["text"])
        lines = [f"**{NAMES[message['author']]}:** {text.splitlines()[0]}", *text.splitlines()[1:]]
        if message["buttons"]:
            lines.append(" ".join(f"[{button['title']}]" for button in message["buttons"]))
        yield "  \n".join(f"> {line}" if line else ">" for line in lines) + "\n"


def _done(step: Step) -> str:
    if step.pay is not None:
        return {"complete": "She pays", "decline": "The bank declines", "expire": "The page expires"}[step.pay] + "."
    return f"Time passes: {step.wait}." if step.wait else ""


def _end(dialogue: Dialogue) -> Iterator[str]:
    told = [f"{table}: {_rows(rows)}" for table, rows in dialogue.state.tables.items()]
    if dialogue.state.owed is not None:
        told.insert(0, f"owed: {dialogue.state.owed / 100:.2f}")
    if dialogue.state.holder:
        told.insert(0, f"who answers next: {dialogue.state.holder}")
    if told:
        yield f"*In the database at the end: {'; '.join(told)}.*\n"


def _rows(rows: list[dict[str, object]]) -> str:
    return ", ".join(" ".join(str(value) for value in row.values()) for row in rows) or "none"


if __name__ == "__main__":
    main()
