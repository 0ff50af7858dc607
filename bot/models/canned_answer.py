"""Kind answers that supervisors add at the desk to those of `policies/canned_answers.yml`."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class CannedAnswer(Base):
    """One answer in one language (ISO 639-1). A change retires the row and adds the next, so that what was once offered
    can be read for good; one row of a `name` and language is in use. It takes the place of the policy's of that name.
    """

    __tablename__ = "canned_answers"
    __table_args__ = (
        sa.Index(
            "uq_canned_answers_in_use",
            "name",
            "language",
            unique=True,
            sqlite_where=sa.text("retired_at IS NULL"),
            postgresql_where=sa.text("retired_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(sa.String(40))
    language: Mapped[str] = mapped_column(sa.String(2))
    title: Mapped[str] = mapped_column(sa.String(80))
    text: Mapped[str] = mapped_column(sa.Text)
    added_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"), index=True)
    added_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    retired_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"), index=True)
    retired_at: Mapped[dt.datetime | None]
