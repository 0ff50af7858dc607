"""Who helps is told in the customer's language, with the numbers of their country (C12, C13, K12)."""

import re
from pathlib import Path

import pytest

from bot import policies
from bot.help_lines import HelpPolicy, help_lines
from bot.policies import FOLDER, PolicyInvalid

KINDS = ("crisis", "debt_advice", "identity_theft", "complaints")


def test_the_lines_of_a_country_are_told_in_the_customers_language_c12() -> None:
    there = help_lines().in_crisis("US", "es-MX")
    assert there.emergency == "911"
    assert "llame al 988" in there.lines[0]
    assert "call or text 988" in help_lines().in_crisis("US", "en-US").lines[0]


def test_what_a_language_lacks_is_told_as_it_stands_for_the_country() -> None:
    lines = help_lines()
    assert lines.advice("MX", "es-MX") == lines.debt_advice["MX"]
    assert lines.about_us("GB", "es") == lines.complaints["GB"]
    assert lines.in_crisis("GB", "fr-FR") == lines.crisis["GB"]


@pytest.mark.parametrize("language", ["es", "pt"])
def test_a_country_that_we_do_not_know_gets_the_words_of_the_language(language: str) -> None:
    lines = help_lines()
    told = [
        lines.in_crisis("ZZ", language).lines,
        lines.advice("ZZ", language),
        lines.after_fraud("ZZ", language),
        lines.about_us("ZZ", language),
    ]
    english = [
        lines.crisis["any"].lines,
        lines.debt_advice["any"],
        lines.identity_theft["any"],
        lines.complaints["any"],
    ]
    assert all(words and words != other for words, other in zip(told, english, strict=True))
    assert lines.in_crisis("ZZ", language).emergency != lines.crisis["any"].emergency


@pytest.mark.parametrize("language", ["es", "pt"])
def test_in_every_language_a_crisis_has_the_numbers_of_each_country_c12(language: str) -> None:
    lines = help_lines()
    for country, english in lines.crisis.items():
        told = lines.in_crisis(country, language)
        if country != "any":
            assert english.emergency in told.emergency, country
            numbers = set(re.findall(r"\d[\d -]+\d", " ".join(english.lines)))
            assert numbers <= set(re.findall(r"\d[\d -]+\d", " ".join(told.lines))), country


def test_no_language_names_a_country_that_english_lacks() -> None:
    for words in help_lines().languages.values():
        assert [kind for kind in KINDS if not set(getattr(words, kind)) <= set(getattr(help_lines(), kind))] == []


def test_every_country_says_where_its_lines_are_from(tmp_path: Path) -> None:
    path = tmp_path / "help_lines.yml"
    path.write_text((FOLDER / "help_lines.yml").read_text().replace("\n  CA: 988.ca\n", "\n"))
    with pytest.raises(PolicyInvalid, match="sources needs CA"):
        policies.read(HelpPolicy, path)


def test_c12_a_country_that_the_operator_chose_has_lines_of_its_own_or_the_start_says_which_are_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = policies.outreach().model_copy(update={"jurisdictions": {"US": "us", "FR": "uk"}})
    monkeypatch.setattr(policies, "outreach", lambda: chosen)
    monkeypatch.setattr(policies, "jurisdiction", policies.jurisdiction.__wrapped__)
    with pytest.raises(PolicyInvalid) as caught:
        help_lines.__wrapped__()
    assert "crisis needs FR" in caught.value.message
    assert "debt_advice needs FR: policies/jurisdictions/uk.yml asks for it" in caught.value.message
    assert "US" not in caught.value.message
