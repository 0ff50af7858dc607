"""Secrets that must be read again, kept encrypted under `GT_SECRET_KEY` (Fernet: AES-128-CBC with HMAC-SHA256)."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken

from bot import clock
from bot.keyed_hash import keyed_hash


def seal(purpose: str, secret: str) -> str:
    """`secret` encrypted, readable only for the same `purpose`."""
    return _fernet(purpose).encrypt_at_time(secret.encode(), _now()).decode()


def unseal(purpose: str, sealed: str, *, within_s: int | None = None) -> str | None:
    """What was sealed; None for what is not ours, was changed, or is older than `within_s` seconds."""
    try:
        if within_s is None:
            return _fernet(purpose).decrypt(sealed.encode()).decode()
        return _fernet(purpose).decrypt_at_time(sealed.encode(), within_s, _now()).decode()
    except InvalidToken:
        return None


def _fernet(purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(bytes.fromhex(keyed_hash("desk seal", purpose))))


def _now() -> int:
    return int(clock.now().timestamp())
