"""Customers, and the keyed hashes by which they prove who they are."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import clock
from bot.db import Base, new_id


def account_key(account_number: str) -> str:
    """An account number as it is looked up: letters and digits only, in capitals, so that "gt 1001" finds GT-1001."""
    return "".join(filter(str.isalnum, account_number.upper()))


def _account_key(context: Any) -> str:
    return account_key(context.get_current_parameters()["account_number"])


class Customer(Base):
    """A customer of the business. Contacts are normalised: e-mail lower case, phone E.164; zone IANA, language BCP 47.

    `account_key` is the account number as it is looked up; two accounts that differ in punctuation only cannot both be.
    """

    __tablename__ = "customers"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    account_number: Mapped[str] = mapped_column(sa.String(64), unique=True)
    account_key: Mapped[str] = mapped_column(sa.String(64), unique=True, default=_account_key)
    name: Mapped[str] = mapped_column(sa.String(200))
    email: Mapped[str | None] = mapped_column(sa.String(254), index=True)
    phone: Mapped[str | None] = mapped_column(sa.String(20), index=True)
    language: Mapped[str] = mapped_column(sa.String(16))
    time_zone: Mapped[str] = mapped_column(sa.String(64))
    country: Mapped[str] = mapped_column(sa.String(2))
    currency: Mapped[str] = mapped_column(sa.String(3))
    customer_since: Mapped[dt.date | None] = mapped_column(index=True)
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)


class FactorKind(StrEnum):
    """What a customer can know about the account."""

    POSTCODE = "postcode"
    BIRTH_DATE = "birth_date"


class CustomerFactor(Base):
    """A knowledge factor, kept as a keyed hash of its normal form only (design section 6)."""

    __tablename__ = "customer_factors"

    customer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("customers.id"), primary_key=True)
    kind: Mapped[FactorKind] = mapped_column(sa.String(16), primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(64))
