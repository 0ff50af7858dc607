"""Pictures and files that customers send, and samples of them for whoever has none at hand."""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache

from sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Medium:
    """One file. `parent` is the message that it came with."""

    id: str
    parent: str
    type: str
    bytes: bytes

    @property
    def sha256(self) -> str:
        """The checksum that WhatsApp tells: base64, as its webhooks have it."""
        return base64.b64encode(hashlib.sha256(self.bytes).digest()).decode()

    @property
    def hexdigest(self) -> str:
        """The checksum as the media's own address tells it."""
        return hashlib.sha256(self.bytes).hexdigest()


@dataclass(frozen=True, slots=True)
class Cabinet:
    """Kept in the store."""

    store: Store

    def keep(self, id: str, parent: str, type: str, content: bytes) -> Medium:
        """Put a file away."""
        self.store.run("INSERT INTO media (id, parent, type, bytes) VALUES (?, ?, ?, ?)", id, parent, type, content)
        return Medium(id, parent, type, content)

    def find(self, id: str) -> Medium | None:
        """The file with this id."""
        rows = self.store.rows("SELECT id, parent, type, bytes FROM media WHERE id = ?", id)
        return Medium(*rows[0]) if rows else None


@lru_cache(maxsize=8)
def sample(kind: str) -> tuple[str, bytes]:
    """A photo, document, voice note or sticker: its content type and its bytes. Raises `KeyError` for another kind."""
    if kind == "photo":
        return "image/png", _photo(320, 240)
    return _SMALL[kind]


def _photo(width: int, height: int) -> bytes:
    """Hills under an evening sky, as a PNG."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            far, near = height * 0.62 - 22 * _wave(x / 97 + 1), height * 0.8 - 18 * _wave(x / 71)
            share = y / height
            if y > near:
                pixel = (38, 70, 64)
            elif y > far:
                pixel = (84, 122, 116)
            elif (x - 226) ** 2 + (y - 74) ** 2 < 26**2:
                pixel = (255, 236, 190)
            else:
                pixel = (int(120 + 130 * share), int(150 + 40 * share), int(190 - 30 * share))
            rows += bytes(pixel)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _wave(turn: float) -> float:
    # A parabola that repeats: smooth enough for hills.
    place = turn % 2 - 1
    return 1 - place * place


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""
_SMALL: dict[str, tuple[str, bytes]] = {
    "document": ("application/pdf", _PDF),
    "voice": ("audio/ogg", b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead\x01\x01" + bytes(9)),
    "sticker": (
        "image/webp",
        base64.b64decode("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AA/v3AgAA="),
    ),
}
