"""Adjustments: what agents change on an account without money moving, with a reason and a second pair of eyes."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


class AdjustmentKind(StrEnum):
    """`write_off` gives up, `reduction` and `increase` correct an invoice (C11), `credit_used` pays it from credit."""

    WRITE_OFF = "write_off"
    REDUCTION = "reduction"
    INCREASE = "increase"
    CREDIT_USED = "credit_used"


class AdjustmentStatus(StrEnum):
    """Above the policy's limit an adjustment is `proposed` until somebody else posts or refuses it."""

    PROPOSED = "proposed"
    POSTED = "posted"
    REFUSED = "refused"
    REVERSED = "reversed"


class Adjustment(Base):
    """A change of what is owed on one invoice by `amount` minor units, for `reason`; undone for `reversed_for`.

    It is reversed without anybody's word when it used a credit whose money went back.
    """

    __tablename__ = "adjustments"
    __table_args__ = (sa.CheckConstraint("amount > 0", name="amount_positive"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    invoice_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("invoices.id"), index=True)
    kind: Mapped[AdjustmentKind] = mapped_column(sa.String(16))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    reason: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[AdjustmentStatus] = mapped_column(sa.String(16), default=AdjustmentStatus.PROPOSED)
    proposed_by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("agents.id"))
    proposed_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"))
    decided_at: Mapped[dt.datetime | None]
    reversed_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("agents.id"))
    reversed_at: Mapped[dt.datetime | None]
    reversed_for: Mapped[str | None] = mapped_column(sa.Text)
