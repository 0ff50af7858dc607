"""Paper: a template and its content become a small, tagged PDF (K15). Pure: no database, no network, no clock."""

from __future__ import annotations

import datetime as dt
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import typst

from bot.errors import GoodTermsError

REMEMBERED = 10
TEMPLATES = Path(__file__).resolve().parent / "templates"


class PaperFailed(GoodTermsError):
    """A template is at fault."""

    code = "paper_failed"


def press(template: str, content: dict[str, Any], *, made_at: dt.datetime) -> bytes:
    """The PDF of `templates/<template>.typ` with `content`, whose texts are data to it and never markup.

    The same content and `made_at` (aware) give the same bytes on every machine: no font of the system is looked at.
    It is PDF/UA-1: tagged, with language and title. Raises `PaperFailed`.
    """
    try:
        pdf = typst.compile(
            TEMPLATES / f"{template}.typ",
            root=TEMPLATES,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(content)},
            pdf_standards=["ua-1"],
            timestamp=int(made_at.timestamp()),
        )
    except typst.TypstError as error:
        raise PaperFailed("This document cannot be made at the moment.", about=template) from error
    finally:
        _forget()
    return _packed(pdf)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)


def _forget() -> None:
    # The renderer remembers the parts of the last ten documents, to make them again quickly: customers' words, and up
    # to 25 MB each. Empty ones, which take no time, push them out.
    blank = typst.Compiler(font_paths=_fonts(), ignore_system_fonts=True)
    for _ in range(REMEMBERED + 1):
        blank.compile(b"")


def _packed(pdf: bytes) -> bytes:
    # The tags of a long table are thousands of small objects, which are written one by one and uncompressed; packed
    # into streams they take a fifth.
    packed = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(packed, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return packed.getvalue()
