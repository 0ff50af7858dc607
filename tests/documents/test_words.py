"""The words of documents are data, complete in each language and checked at start (K12)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import policies
from bot.documents.letter import written_in
from bot.policies import Brand, DocumentsPolicy, PolicyInvalid

GOOD = (policies.FOLDER / "documents.yml").read_text()


def test_the_words_that_we_ship_are_complete_in_three_languages() -> None:
    assert set(policies.documents().words) == {"en", "es", "pt"}


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("link_hours: 72", "link_hours: 0", "link_hours"),
        ("statement_lines: 160", "statement_lines: 5000", "statement_lines"),
        ("letter: [US, CA]", "letter: [usa]", "letter"),
        ("  en:", "  de:", "English"),
        ("    receipt_title: Recibo\n", "", "words.es.receipt_title"),
        ("receipt_title: Receipt", "recipe_title: Receipt", "recipe_title"),
        ("receipt_title: Receipt", "receipt_title: ''", "receipt_title"),
        ("{paid} of {total}", "{paid} of it", "plan_progress"),
        ("{paid} of {total}", "{paid} of {total} ({late})", "plan_progress"),
        ("{paid} of {total}", "{paid.minor} of {total}", "plan_progress"),
        ("{paid} of {total}", "{paid} of {total", "braces"),
        ("receipt_file: receipt", "receipt_file: Maya's receipt", "receipt_file"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(tmp_path: Path, before: str, after: str, says: str) -> None:
    assert before in GOOD
    path = tmp_path / "documents.yml"
    path.write_text(GOOD.replace(before, after, 1))
    with pytest.raises(PolicyInvalid) as caught:
        policies.read(DocumentsPolicy, path)
    assert says in caught.value.message


def test_a_business_may_give_its_address_and_how_to_reach_it(tmp_path: Path) -> None:
    path = tmp_path / "brand.yml"
    path.write_text("name: Juniper\ntone: warm\naddress: [1 Example Street, Example Town]\nphone: +1 555 0100\n")
    brand = policies.read(Brand, path)
    assert brand.address == ["1 Example Street", "Example Town"]
    assert (brand.phone, brand.email) == ("+1 555 0100", None)


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("es-MX", "es_MX"),
        ("pt_BR", "pt_BR"),
        ("EN-gb", "en_GB"),
        ("ja-JP", "en"),
        ("de-DE", "en_DE"),
        ("es-419", "es"),
        ("zh-Hant-TW", "en"),
        ("", "en"),
        ("nonsense-and-more", "en"),
    ],
)
def test_a_document_is_in_the_language_asked_for_or_in_english(asked: str, written: str) -> None:
    assert str(written_in(asked)) == written
