"""Finding rows by their words, by the index that each database keeps (migration 0011)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.desk.queue.search_words import Words
from bot.models import Customer, Invoice, Message

Searched = type[Message] | type[Customer] | type[Invoice]

_COLUMNS: dict[Any, tuple[Any, ...]] = {
    Message: (Message.text,),
    Customer: (Customer.name, Customer.account_number, Customer.email, Customer.phone),
    Invoice: (Invoice.number, Invoice.description),
}


def prepare(session: Session) -> None:
    """Before the first search in a transaction: PostgreSQL is not to compile what takes less time than compiling."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SET LOCAL jit = off"))


def matching(session: Session, kind: Searched, words: Words) -> sa.ColumnElement[bool]:
    """The rows of `kind` that have all the words."""
    if session.get_bind().dialect.name == "postgresql":
        return sa.func.search_words(_together(kind)).bool_op("@@")(_postgresql(words))
    return _sqlite(kind, words)


def _together(kind: Searched) -> Any:
    """As the index has it, to the letter: otherwise it is not used."""
    parts = [sa.func.coalesce(column, sa.literal_column("''")) for column in _COLUMNS[kind]]
    together: Any = parts[0]
    for part in parts[1:]:
        together = together.concat(sa.literal_column("' '")).concat(part)
    return together


def _postgresql(words: Words) -> Any:
    query = " & ".join(f"{word}:*" if words.begins(word) else word for word in words.all)
    return sa.func.to_tsquery(sa.literal_column("'pg_catalog.simple'::regconfig"), query)


def _sqlite(kind: Searched, words: Words) -> sa.ColumnElement[bool]:
    name = f"search_{kind.__tablename__}"
    index, ids = sa.table(name, sa.column("rowid")), sa.table(f"{name}_ids", sa.column("n"), sa.column("id"))
    query = " ".join(f'"{word}"*' if words.begins(word) else f'"{word}"' for word in words.all)
    found = sa.literal_column(name).bool_op("MATCH")(query)
    rows = sa.select(sa.type_coerce(ids.c.id, kind.id.type)).join(index, index.c.rowid == ids.c.n).where(found)
    return kind.id.in_(rows)
