"""Whether an address wants nothing from us: read here, below the conversations that write it down, because a one-time
code for somebody on the website obeys it, too (C5)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.keyed_hash import keyed_hash
from bot.models import Channel, Consent, Purpose
from bot.phone_numbers import alike

ERASED = "erased:"


def is_refused(session: Session, channel: Channel, address: str, purpose: Purpose = Purpose.EVERYTHING) -> bool:
    """Whether messages to `address` on `channel` are refused: all of them, or those of `purpose`. With nothing said it
    is not refused. A yes to everything takes back an earlier no to one purpose."""
    of_all = newest(session, channel, address, Purpose.EVERYTHING)
    if purpose == Purpose.EVERYTHING or (of_all is not None and not of_all.granted):
        return of_all is not None and not of_all.granted
    latest = newest(session, channel, address, Purpose.EVERYTHING, purpose)
    return latest is not None and not latest.granted


def forms(channel: Channel, address: str) -> tuple[str, ...]:
    """Every form of `address` (E.164) that is the same phone on `channel`, itself first: WhatsApp alone has forms of
    its own."""
    return alike(address) if channel == Channel.WHATSAPP else (address,)


def forgotten(address: str) -> str:
    """What stands for an address that was erased: its keyed hash, by which a refusal still binds (P5, C5)."""
    return f"{ERASED}{keyed_hash('erased address', address)}"


def is_forgotten(address: str) -> bool:
    """Whether `address` is such a hash."""
    return address.startswith(ERASED)


def newest(session: Session, channel: Channel, address: str, *purposes: Purpose) -> Consent | None:
    """What was said last about `address` on `channel` for one of `purposes`; None for nothing."""
    known = forms(channel, address)
    either = (*known, *map(forgotten, known))
    return session.scalars(
        sa.select(Consent)
        .where(Consent.channel == channel, Consent.address.in_(either), Consent.purpose.in_(purposes))
        .order_by(Consent.created_at.desc(), Consent.id.desc())
        .limit(1)
    ).first()
