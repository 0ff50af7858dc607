"""Keyed hashes: how secrets and knowledge factors are kept (design section 6)."""

from __future__ import annotations

import hmac
import secrets
from functools import lru_cache

from bot.settings import settings


def keyed_hash(purpose: str, value: str) -> str:
    """HMAC-SHA256 of `value` under `GT_SECRET_KEY`, separated by `purpose`; 64 hex digits."""
    hashed = _keyed(settings().secret_key.get_secret_value().encode()).copy()
    hashed.update(f"{purpose}\x00{value}".encode())
    return hashed.hexdigest()


def same(digest: str, purpose: str, value: str) -> bool:
    """Whether `value` hashes to `digest`, compared in constant time."""
    return hmac.compare_digest(digest, keyed_hash(purpose, value))


def new_token() -> str:
    """A random URL-safe token of 192 bits."""
    return secrets.token_urlsafe(24)


@lru_cache(maxsize=1)
def _keyed(key: bytes) -> hmac.HMAC:
    # To take in the key takes longer than to hash a value, and an import hashes millions.
    return hmac.new(key, digestmod="sha256")
