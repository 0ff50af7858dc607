"""A reader of PDFs: what is printed, and what an assistive program finds in one."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdf


@dataclass(frozen=True)
class Pdf:
    """A document as a reader sees it."""

    bytes: bytes
    reader: pypdf.PdfReader

    @property
    def text(self) -> str:
        """All its text in reading order, any white space as one space."""
        return " ".join(" ".join(page.extract_text() for page in self.reader.pages).split())

    @property
    def pages(self) -> list[str]:
        """The text of each page."""
        return [" ".join(page.extract_text().split()) for page in self.reader.pages]

    @property
    def tags(self) -> list[str]:
        """The structure elements in order, such as /H1, /Table, /TH."""
        return [str(element["/S"]) for element in self._elements(self.reader.root_object["/StructTreeRoot"])]

    @property
    def fonts(self) -> list[Any]:
        """The fonts of all pages."""
        found = {}
        for page in self.reader.pages:
            for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
                found[font.indirect_reference.idnum] = font.get_object()
        return list(found.values())

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the first page in points."""
        box = self.reader.pages[0].mediabox
        return round(box.width), round(box.height)

    def _elements(self, element: Any) -> Iterator[Any]:
        kids = element.get("/K", [])
        kids = kids.get_object() if hasattr(kids, "get_object") else kids
        for kid in kids if isinstance(kids, list) else [kids]:
            found = kid.get_object() if hasattr(kid, "get_object") else kid
            if isinstance(found, dict) and "/S" in found:
                yield found
                yield from self._elements(found)


def opened(pdf: bytes) -> Pdf:
    """A reader of `pdf`."""
    return Pdf(pdf, pypdf.PdfReader(io.BytesIO(pdf), strict=True))
