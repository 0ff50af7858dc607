"""Paper: small, tagged, the same on every machine, and texts that look like markup stay texts (K15)."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from bot.documents import paper
from bot.documents.paper import PaperFailed, press
from tests.documents.reading import opened

NOW = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)


def content(**given: Any) -> dict[str, Any]:
    """A receipt's, with one row."""
    values: dict[str, Any] = {
        "lang": "es",
        "region": "MX",
        "paper": "a4",
        "title": "Recibo",
        "business": {"name": "Juniper & Finch Home", "lines": ["1 Example Street"]},
        "reach": "Escríbanos.",
        "page": "Página {page} de {pages}",
        "thanks": "Gracias por su pago",
        "amount": "$80.50",
        "details": [["Fecha", "2 de marzo de 2026"]],
        "applied": {
            "title": "Lo que pagó",
            "head": ["Factura", "Concepto", "Importe"],
            "rows": [["INV-1", "Sillas", "$80.50"], ["Total", "", "$80.50"]],
        },
        "notes": ["Quedan $10.00."],
    }
    return values | given


def test_a_document_has_language_title_and_tags() -> None:
    pdf = opened(press("receipt", content(), made_at=NOW))
    root = pdf.reader.root_object
    assert root["/Lang"] == "es-MX"
    assert root["/MarkInfo"]["/Marked"] == True  # type: ignore[index] # noqa: E712 - a PDF's own True
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # type: ignore[index] # noqa: E712 - a PDF's own True
    assert pdf.reader.metadata is not None
    assert pdf.reader.metadata.title == "Recibo – Juniper & Finch Home"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()  # type: ignore[attr-defined]
    assert [tag for tag in pdf.tags if tag in ("/Title", "/H1", "/Table")] == ["/Title", "/H1", "/Table"]
    assert pdf.tags.count("/TH") == 3
    assert pdf.tags.count("/TD") == 6


def test_its_text_can_be_read_in_order() -> None:
    assert opened(press("receipt", content(), made_at=NOW)).text == (
        "Juniper & Finch Home 1 Example Street Gracias por su pago $80.50 Fecha 2 de marzo de 2026 Lo que pagó "
        "Factura Concepto Importe INV-1 Sillas $80.50 Total $80.50 Quedan $10.00. Escríbanos."
    )


def test_its_fonts_are_embedded_subsets_whose_text_can_be_copied() -> None:
    fonts = opened(press("receipt", content(), made_at=NOW)).fonts
    assert fonts
    for font in fonts:
        [inner] = font["/DescendantFonts"]
        descriptor = inner.get_object()["/FontDescriptor"]
        assert font["/BaseFont"][7] == "+", "a subset has a tag of six letters before its name"
        assert "/ToUnicode" in font
        assert "/FontFile3" in descriptor
        assert len(descriptor["/FontFile3"].get_data()) < 20_000


@pytest.mark.parametrize(("size", "points"), [("a4", (595, 842)), ("us-letter", (612, 792))])
def test_the_paper_is_that_of_the_country(size: str, points: tuple[int, int]) -> None:
    assert opened(press("receipt", content(paper=size), made_at=NOW)).size == points


def test_the_same_content_gives_the_same_bytes_from_any_thread() -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: press("receipt", content(), made_at=NOW), range(12)))
    assert set(made) == {made[0]}
    assert opened(made[0]).reader.metadata.creation_date == NOW  # type: ignore[union-attr]


def test_documents_made_at_once_keep_their_own_content() -> None:
    def text(number: int) -> str:
        return opened(press("receipt", content(amount=f"only {number}"), made_at=NOW)).text

    with ThreadPoolExecutor(4) as threads:
        for number, found in enumerate(threads.map(text, range(24))):
            assert f" only {number} " in found


@pytest.mark.parametrize(
    "hostile",
    [
        '#panic("out")',
        '#{ read("letter.typ") }',
        '#import "@preview/cetz:0.3.0"',
        "= Heading *bold* _soft_ $sum$ @label <label> // comment",
        '"; #let x = "',
        "\\u{48} \\ ~ --- [a] (b) {c} `d`",
        '{"thanks": "other"}',
    ],
)
def test_what_looks_like_markup_is_printed_as_it_is(hostile: str) -> None:
    given = content(notes=[hostile], thanks=hostile, details=[[hostile, hostile]])
    given["applied"]["rows"][0] = [hostile, hostile, hostile]
    given["business"] = {"name": hostile, "lines": [hostile]}
    text = opened(press("receipt", given, made_at=NOW)).text.replace(" ", "")
    assert text.count(hostile.replace(" ", "")) == 9


def test_a_very_long_word_stays_on_the_page_and_whole() -> None:
    word = "".join(chr(ord("a") + at % 26) for at in range(400))
    given = content()
    given["applied"]["rows"][0] = [word[:64], word, "$80.50"]
    pdf = opened(press("receipt", given, made_at=NOW))
    assert pdf.text.replace(" ", "").count(word) == 1
    assert max(_right_edges(pdf)) < pdf.size[0] - 60


def test_the_head_of_a_table_is_on_every_page_and_pages_are_numbered() -> None:
    given = content()
    given["applied"]["rows"] = [[f"INV-{number}", "Sillas", "$1.00"] for number in range(120)]
    pages = opened(press("receipt", given, made_at=NOW)).pages
    assert len(pages) >= 3
    for number, page in enumerate(pages, start=1):
        assert "Factura Concepto Importe" in page
        assert f"Página {number} de {len(pages)}" in page


def test_documents_do_not_pile_up_in_memory() -> None:
    def held_after(numbers: range) -> int:
        for number in numbers:
            given = content()
            given["applied"]["rows"] = [[f"INV-{number}-{at}", f"Sillas {number} {at}", "$1.00"] for at in range(400)]
            press("receipt", given, made_at=NOW)
        return int(psutil.Process().memory_info().rss)

    begun = held_after(range(2))
    assert held_after(range(2, 14)) - begun < 60_000_000


def test_a_template_at_fault_is_said_without_the_content() -> None:
    with pytest.raises(PaperFailed) as caught:
        press("receipt", {"secret": "Maya"}, made_at=NOW)
    assert "Maya" not in caught.value.message
    assert caught.value.about == "receipt"


def test_the_templates_ask_for_nothing_from_outside() -> None:
    for template in paper.TEMPLATES.glob("*.typ"):
        assert "@" not in template.read_text()


def _right_edges(pdf: Any) -> list[float]:
    edges = []

    def visit(text: str, _cm: Any, matrix: Any, _font: Any, size: float) -> None:
        if text.strip():
            edges.append(matrix[4] + 0.4 * size * len(text.strip()))

    pdf.reader.pages[0].extract_text(visitor_text=visit)
    return edges
