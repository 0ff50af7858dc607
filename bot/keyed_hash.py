"""Keyed hashes: how secrets and knowledge factors are kept (design section 6)."""

from __future__ import annotations

import hmac
import secrets

from bot.settings import settings


def keyed_hash(purpose: str, value: str) -> str:
    """HMAC-SHA256 of `value` under `GT_SECRET_KEY`, separated by `purpose`; 64 hex digits."""
    key = settings().secret_key.get_secret_value().encode()
    return hmac.digest(key, f"{purpose}\x00{value}".encode(), "sha256").hex()


def same(digest: str, purpose: str, value: str) -> bool:
    """Whether `value` hashes to `digest`, compared in constant time."""
    return hmac.compare_digest(digest, keyed_hash(purpose, value))


def new_token() -> str:
    """A random URL-safe token of 192 bits."""
    return secrets.token_urlsafe(24)
