"""What somebody answered is told from what they quoted, in the ways in which mailboxes quote."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from bot.channels.email.plain_text import words_of
from bot.channels.email.quoting import LOOKED_AT, answer_in

ANSWERS: dict[str, str] = yaml.safe_load((Path(__file__).parent / "quoted.yml").read_text(encoding="utf-8"))
YES = ("yes please", "sí, por favor", "sim, por favor")


@pytest.mark.parametrize("mailbox", ANSWERS)
def test_only_the_answer_is_left(mailbox: str) -> None:
    assert answer_in(ANSWERS[mailbox]).lower() in YES
    assert answer_in(ANSWERS[mailbox].replace("\n", "\r\n")).lower() in YES


def test_words_that_only_look_like_a_quotation_stay() -> None:
    text = "On Monday I wrote:\nthat I can pay 50.\nFrom: my next wages, not before."
    assert "50" in answer_in(text)
    assert answer_in("I can pay\n\non Friday\n\nor later") == "I can pay\n\non Friday\n\nor later"


def test_an_answer_of_quoted_lines_alone_is_not_lost() -> None:
    assert answer_in("> Hello") == "> Hello"


def test_no_text_takes_long_to_read() -> None:
    hostile = (
        "On " * 8000, "> " * 10000, "wrote:\n" * 4000, "Em " + "a" * 30000 + " escreveu", "-" * 30000, "\n" * 30000,
        "From: " + "x " * 10000, "<div " * 8000, "De:\n" * 8000, "On a, b " * 4000 + "wrote:", "mail " * 6000,
    )  # fmt: skip
    for text in hostile:
        began = time.process_time()
        answer_in(text)
        words_of(text)
        assert time.process_time() - began < 5, text[:20]
    assert len(answer_in("a" * (2 * LOOKED_AT))) == LOOKED_AT


def test_html_is_read_without_what_nobody_sees() -> None:
    page = (
        "<html><head><title>x</title><style>p{color:red}</style></head><body><p>First</p><ul><li>one<li>two</ul>"
        "a&nbsp;b &amp;\nc<blockquote>quoted<p>more</p></blockquote><div id='moz-cite-prefix'>On</div>last<br>line"
    )
    assert words_of(page) == "First\n\none\ntwo\n\na b & c\nlast\nline"
    assert words_of("<div>Hi</div><div><br></div><div>there</div>") == "Hi\n\nthere"
    assert words_of("") == words_of("<!-- x -->") == ""
