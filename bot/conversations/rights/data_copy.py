"""A copy of everything that is kept about a customer (P5): a ZIP with JSON for machines and a page for people.

It is made as it is read, a part at a time: a long history neither fills the memory nor holds a transaction open.
"""

from __future__ import annotations

import datetime as dt
import html
import io
import itertools
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.conversations.rights.data_section import About, Section
from bot.conversations.rights.data_sections import SECTIONS
from bot.db import Database
from bot.errors import NotFound
from bot.models import (
    Attachment,
    AttachmentStatus,
    Conversation,
    Customer,
    Invoice,
    Message,
    SentFile,
)
from bot.money import Money

ROWS = 500
AMOUNTS = {"amount", "total", "discount"}
PAGE_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%;margin:0 0 2rem;font-size:14px}"
    "td,th{border:1px solid #bbb;padding:.3rem .5rem;text-align:left;vertical-align:top;min-width:4rem}"
    "td{max-width:24rem;overflow-wrap:break-word}div{overflow-x:auto}"
)

Row = dict[str, Any]


def file_name(customer: Customer) -> str:
    """What the copy is called; the account number is no secret to who receives it."""
    account = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in customer.account_number)
    return f"data-of-{account}-{clock.today(customer.time_zone):%Y-%m-%d}.zip"


def data_copy(db: Database, customer_id: uuid.UUID) -> Iterator[bytes]:
    """The ZIP in pieces. Raises `NotFound` before the first."""
    with db.reading() as session:
        customer = session.get(Customer, customer_id)
        if customer is None:
            raise NotFound("There is no such customer.", about=customer_id)
        about = _about(session, customer)
    return _pieces(db, about)


def _about(session: Session, customer: Customer) -> About:
    talks = session.scalars(sa.select(Conversation.id).where(Conversation.customer_id == customer.id))
    invoices = session.scalars(sa.select(Invoice.id).where(Invoice.customer_id == customer.id))
    return About(customer, tuple(talks), tuple(invoices))


def _pieces(db: Database, about: About) -> Iterator[bytes]:
    out = _Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _documents(db, about):
            with archive.open(_named(name), "w", force_zip64=True) as file:
                for piece in text:
                    file.write(piece)
                    yield out.take()
    yield out.take()


def _documents(db: Database, about: About) -> Iterator[tuple[str, Iterator[bytes]]]:
    """What the archive holds, in order: the page for people, the rows for machines, what they sent."""
    yield "index.html", (piece.encode() for piece in _page(db, about))
    for section in SECTIONS:
        yield f"data/{section.name}.json", _json(_rows(db, section, about))
    for name, body in _files(db, about):
        yield f"files/{name}", iter([body])


def _json(rows: Iterator[Row]) -> Iterator[bytes]:
    opening = b"["
    for row in rows:
        yield opening + b"\n" + orjson.dumps(row, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z)
        opening = b","
    yield b"[]\n" if opening == b"[" else b"\n]\n"


def _page(db: Database, about: About) -> Iterator[str]:
    """A table a section, in the customer's language. Whatever was written is text."""
    words, locale = policies.data_copy(), about.customer.language
    language = locale if locale.split("-")[0] in words.page.title else "en"
    page = {name: policies.in_language(getattr(words.page, name), locale) for name in ("title", "lead", "nothing")}
    title = html.escape(page["title"].format(brand=policies.brand_name()))
    at = f"{clock.now():%Y-%m-%d %H:%M}"
    lead = html.escape(page["lead"].format(account=about.customer.account_number, at=at))
    yield (
        f"<!doctype html><html lang={html.escape(language)}><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>{title}</title><style>{PAGE_STYLE}</style><h1>{title}</h1><p>{lead}</p>"
    )
    for section in SECTIONS:
        yield f"<h2>{html.escape(words.section(section.name, locale))}</h2>"
        names = [str(column.key) for column in section.query(about).selected_columns if column.key != "id"]
        yield from _table(names, _rows(db, section, about), locale, page["nothing"])
    yield "</html>\n"


def _table(names: Sequence[str], rows: Iterator[Row], locale: str, nothing: str) -> Iterator[str]:
    first = next(rows, None)
    if first is None:
        yield f"<p>{html.escape(nothing)}</p>"
        return
    heads = "".join(f"<th scope=col>{html.escape(policies.data_copy().column(name, locale))}</th>" for name in names)
    yield f"<div tabindex=0><table><thead><tr>{heads}</tr></thead><tbody>"
    for row in itertools.chain([first], rows):
        yield f"<tr>{''.join(f'<td>{html.escape(_words(row, name, locale))}</td>' for name in names)}</tr>"
    yield "</tbody></table></div>"


def _words(row: Row, name: str, locale: str) -> str:
    """What stands in the column `name`, as a person reads it."""
    value = row.get(name)
    if name in AMOUNTS and value is not None:
        return Money(value, row["currency"]).format(locale)
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    if isinstance(value, bool):
        value = "yes" if value else "no"
    return "" if value is None else policies.data_copy().value(name, str(value), locale)


def _rows(db: Database, section: Section, about: About) -> Iterator[Row]:
    """The rows, a chunk at a time, each chunk in a reading of its own, so that no transaction stays open."""
    query = section.query(about)
    key = query.selected_columns[0]
    chunk = query.order_by(key) if section.parts else query.order_by(key).limit(ROWS)
    last: Any = None
    while True:
        with db.reading() as session:
            found = session.execute(chunk if last is None else chunk.where(key > last)).mappings().all()
        for row in found:
            yield {name: value for name, value in row.items() if value is not None}
        if section.parts or len(found) < ROWS:
            return
        last = found[-1][key.name]


def _files(db: Database, about: About) -> Iterator[tuple[str, bytes]]:
    """What they sent and what was sent to them, as far as we still have it, one at a time."""
    messages = sa.select(Message.id).where(Message.conversation_id.in_(about.talks))
    kept = sa.select(Attachment.id).where(
        Attachment.message_id.in_(messages), Attachment.status == AttachmentStatus.KEPT
    )
    sent = sa.select(SentFile.id).where(SentFile.conversation_id.in_(about.talks), SentFile.body.is_not(None))
    with db.reading() as session:
        theirs = session.scalars(kept.order_by(Attachment.id)).all()
        ours = session.scalars(sent.order_by(SentFile.id)).all()
    for file_id in (*theirs, *ours):
        with db.reading() as session:
            file = session.get(Attachment, file_id) or session.get(SentFile, file_id)
        if file is not None and file.body is not None:
            own = "".join(letter if letter.isalnum() or letter in ".-_" else "-" for letter in file.file_name or "file")
            yield f"{file_id}-{own[-80:]}", file.body


def _named(name: str) -> zipfile.ZipInfo:
    now = clock.now()
    made = zipfile.ZipInfo(name, (now.year, now.month, now.day, now.hour, now.minute, now.second))
    made.compress_type = zipfile.ZIP_DEFLATED
    return made


class _Pipe(io.RawIOBase):
    """Where the archive is written and from where it is taken, piece by piece; the archive sees that it cannot go
    back, and writes accordingly."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Keep it until it is taken."""
        self._kept += data
        return len(data)

    def take(self) -> bytes:
        """What was written since."""
        taken = bytes(self._kept)
        self._kept.clear()
        return taken
