"""What stands in an e-mail's addresses: who answers to it has received it, and who presses its link, too.

Letters and digits of one case, as mail servers leave them, with a keyed hash that nobody else can make.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import uuid

from bot.keyed_hash import keyed_hash

_TAG = 20  # hex digits: 80 bits
_ID = 26  # a UUID in base 32, unpadded
_TOKEN = re.compile(rf"[a-z2-7]{{{_ID}}}[0-9a-f]{{{_TAG}}}")
ANSWER, BOUNCE, UNSUBSCRIBE = "answer by e-mail", "e-mail that came back", "unsubscribe"


def of(purpose: str, id_: uuid.UUID, about: str = "") -> str:
    """The token of `id_` for `purpose`; with `about` (an address), good for that alone."""
    return f"{base64.b32encode(id_.bytes).decode().rstrip('=').lower()}{_tag(purpose, id_, about)}"


def read(purpose: str, token: str, about: str = "") -> uuid.UUID | None:
    """The id that `token` was made of; None for what we have not made, or not for this."""
    token = token.lower()
    if not _TOKEN.fullmatch(token):
        return None
    try:
        id_ = uuid.UUID(bytes=base64.b32decode(token[:_ID].upper() + "=" * (-_ID % 8)))
    except (binascii.Error, ValueError):
        return None
    return id_ if hmac.compare_digest(token[_ID:], _tag(purpose, id_, about)) else None


def _tag(purpose: str, id_: uuid.UUID, about: str) -> str:
    return keyed_hash(purpose, f"{id_}:{about.lower()}")[:_TAG]
