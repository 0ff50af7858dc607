"""Erasures: what we know of a customer is forgotten, save what the law asks us to keep (P5)."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id

UNDER_WAY = "status IN ('asked', 'approved')"


class ErasureStatus(StrEnum):
    """`asked` by one person, `approved` by another, `done` once every part is; or `refused`."""

    ASKED = "asked"
    APPROVED = "approved"
    DONE = "done"
    REFUSED = "refused"


class ErasureScope(StrEnum):
    """`words` is what was said, sent and rated; `everything` is also who they are."""

    WORDS = "words"
    EVERYTHING = "everything"


class Erasure(Base):
    """One erasure. `parts` counts those that are done, each in a transaction of its own, so that a crash loses none.

    Nobody in `asked_by` or `decided_by` is the operator at the server.
    """

    __tablename__ = "erasures"
    __table_args__ = (
        sa.Index(
            "uq_erasures_under_way",
            "customer_id",
            unique=True,
            sqlite_where=sa.text(UNDER_WAY),
            postgresql_where=sa.text(UNDER_WAY),
        ),
        sa.Index("ix_erasures_customer_id", "customer_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"))
    scope: Mapped[ErasureScope] = mapped_column(sa.String(16))
    status: Mapped[ErasureStatus] = mapped_column(sa.String(16), default=ErasureStatus.ASKED)
    reason: Mapped[str] = mapped_column(sa.Text)
    parts: Mapped[int] = mapped_column(default=0)
    asked_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"))
    asked_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"))
    decided_at: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
