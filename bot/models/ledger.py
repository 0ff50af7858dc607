"""The ledger: append-only postings. A database trigger refuses update and delete (migration 0001)."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base


class Posting(Base):
    """`amount` minor units moved from account `source` to account `destination`.

    Accounts are names: `sales`, `stripe`, `imported`, `invoice:<id>` (what is owed on it), `credit:<customer id>` (what
    we owe the customer, negative), `write_offs`, `adjustments`, `discounts`. `reference` is unique: the same fact
    posted again is the same posting (S5). `reverses` names the posting that this one undoes, wholly or in part;
    together such parts never exceed it (a trigger refuses the rest, S6).
    """

    __tablename__ = "postings"
    __table_args__ = (
        sa.CheckConstraint("amount >= 0", name="amount_not_negative"),
        sa.CheckConstraint("source <> destination", name="two_accounts"),
        sa.Index("ix_postings_source", "source"),
        sa.Index("ix_postings_destination", "destination"),
        sa.Index(
            "ix_postings_reverses",
            "reverses",
            sqlite_where=sa.text("reverses IS NOT NULL"),
            postgresql_where=sa.text("reverses IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(64))
    destination: Mapped[str] = mapped_column(sa.String(64))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    reference: Mapped[str] = mapped_column(sa.String(400), unique=True)
    reverses: Mapped[int | None] = mapped_column(sa.ForeignKey("postings.id"))
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
