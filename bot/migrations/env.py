"""Alembic's entry: runs the scripts on the connection that `bot.migrations.upgrade` gives, else on `DATABASE_URL`."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from bot.db import Base, Instant, database
from bot.migrations import changing, compare_type, include_name


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    # A migration stands for itself: it names the database's own type, not a class of ours that may change.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


def _run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=compare_type,
        include_name=include_name,
        render_item=_render,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


given: sa.Connection | None = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    with changing(database()) as own:
        _run(own)
