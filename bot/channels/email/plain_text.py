"""The words of an e-mail that is HTML alone. Pure: nothing is loaded, nothing runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree, html

# What begins and ends a line, and what a paragraph, as they stand in the words until they are joined.
_LINE, _PARAGRAPH = "\v", "\f"
_BREAKS = {
    **dict.fromkeys(("address", "article", "dd", "div", "dt", "footer", "header", "li", "section", "tr"), _LINE),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"), _PARAGRAPH),
}
_UNREAD = frozenset({"head", "script", "style", "title", "template", "blockquote", "noscript"})
_QUOTES = re.compile(r"\b(?:gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|divRplyFwdMsg)\b")


def words_of(page: str) -> str:
    """The text of `page`, a line for each block, without what is quoted; "" for what no reader could show."""
    # As bytes: a declaration of another character set in the page is not believed.
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, ValueError):
        return ""
    said = re.sub(r"[^\S\n\v\f]+", " ", "".join(_said(tree)))
    said = re.sub(r" ?[\v\f][ \v\f]*", lambda run: "\n\n" if _PARAGRAPH in run[0] else "\n", said)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" ?\n ?", "\n", said)).strip()


def _said(tree: Any) -> Iterator[str]:
    unread: Any = None  # the element whose end is waited for
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        around = _BREAKS.get(element.tag, "")
        if event == "start":
            if unread is None and (element.tag in _UNREAD or _is_quote(element)):
                unread = element
            if unread is None:
                yield "\n" if element.tag == "br" else around
                yield _flat(element.text)
            continue
        if unread is element:
            unread = None
            around = _LINE
        if unread is None:
            yield around
            yield _flat(element.tail)


def _flat(text: str | None) -> str:
    """White space in HTML is a space, whatever it is made of."""
    return re.sub(r"\s+", " ", text or "")


def _is_quote(element: Any) -> bool:
    return _QUOTES.search(f"{element.get('class', '')} {element.get('id', '')}") is not None
