"""Documents: receipts and statements behind links that end, made anew from the ledger each time they are read."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class DocumentKind(StrEnum):
    """What is behind a link."""

    RECEIPT = "receipt"
    STATEMENT = "statement"


class Document(Base):
    """A link `/documents/<token>` to what the ledger said at `as_of`, in `locale`."""

    __tablename__ = "documents"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    token: Mapped[str] = mapped_column(sa.String(64), unique=True)
    kind: Mapped[DocumentKind] = mapped_column(sa.String(16))
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    payment_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("payments.id"))
    as_of: Mapped[dt.datetime]
    locale: Mapped[str] = mapped_column(sa.String(16))
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[dt.datetime]
