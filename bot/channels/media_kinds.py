"""Which files are kept, and whether a file is what it is said to be: nothing that a browser would run (T5)."""

from __future__ import annotations

import re
from collections.abc import Callable

LONGEST = 10_000_000  # bytes

_MARKUP = re.compile(rb"<\s*(?:!doctype|html|head|body|svg|script|iframe|object|embed|\?xml|!entity)|javascript:", re.I)
_TEXTS = frozenset({"text/plain"})


def _starts(*openings: bytes) -> Callable[[bytes], bool]:
    return lambda body: body.startswith(openings)


def _boxes(*brands: bytes) -> Callable[[bytes], bool]:
    """The family of ISO containers: `ftyp` after the length of the first box, then the brand; none named is any."""
    return lambda body: body[4:8] == b"ftyp" and (not brands or body[8:12] in brands)


_HEIC = _boxes(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
# How each kind that is kept begins.
_OPENINGS: dict[str, Callable[[bytes], bool]] = {
    "image/jpeg": _starts(b"\xff\xd8\xff"),
    "image/png": _starts(b"\x89PNG\r\n\x1a\n"),
    "image/gif": _starts(b"GIF87a", b"GIF89a"),
    "image/webp": lambda body: body[:4] == b"RIFF" and body[8:12] == b"WEBP",
    "image/heic": _HEIC,
    "image/heif": _HEIC,
    "application/pdf": _starts(b"%PDF-"),
    "audio/ogg": _starts(b"OggS"),
    "audio/amr": _starts(b"#!AMR"),
    "audio/mpeg": lambda body: body[:3] == b"ID3" or (body[:1] == b"\xff" and body[1:2] >= b"\xe0"),
    "audio/mp4": _boxes(),
    "audio/aac": lambda body: body[:1] == b"\xff" and body[1:2] in (b"\xf0", b"\xf1", b"\xf8", b"\xf9"),
    "video/mp4": _boxes(),
    "video/3gpp": _boxes(),
    "text/plain": lambda body: b"\x00" not in body,
}
_ALSO = {"image/jpg": "image/jpeg", "audio/mp3": "audio/mpeg", "audio/x-m4a": "audio/mp4", "audio/m4a": "audio/mp4"}


def plain(content_type: str) -> str:
    """`audio/ogg` of `Audio/OGG; codecs=opus`; empty for what is no content type."""
    kind = content_type.partition(";")[0].strip().lower()
    return _ALSO.get(kind, kind) if re.fullmatch(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,58}", kind) else ""


def is_kept(content_type: str) -> bool:
    """Whether a file that is said to be so may be kept. One of an unnamed kind is looked at first."""
    return not content_type.strip() or plain(content_type) in _OPENINGS


def found(body: bytes, content_type: str) -> str | None:
    """The kind of a file by its claim and its first bytes, where the two agree; None where they do not, and for
    anything that holds markup near its beginning."""
    claimed = plain(content_type)
    if claimed not in _OPENINGS or not body or not _OPENINGS[claimed](body):
        return None
    if claimed in _TEXTS and _MARKUP.search(body[:65_536]):
        return None
    return None if _MARKUP.match(body.lstrip(b"\xef\xbb\xbf \t\r\n")[:64]) else claimed
