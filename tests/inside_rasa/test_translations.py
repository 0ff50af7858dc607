"""What the assistant says in other languages is whole: each response, its values and its buttons (K12)."""

from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from rasa.shared.core.domain import Domain

from bot.inside_rasa.translations import FOLDER, Translations, Words

ROOT = Path(__file__).parents[2]
OURS: dict[str, list[dict[str, Any]]] = Domain.from_path(str(ROOT / "domain.yml")).responses
LANGUAGES = ("es", "pt")
LONGEST_TITLE = 20  # WhatsApp's (T4)


def fields(text: str) -> set[str]:
    """What is filled into `text`."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.fixture(params=LANGUAGES)
def words(request: pytest.FixtureRequest) -> Words:
    """One language."""
    return Translations.read().languages[request.param]


def test_there_is_a_file_for_each_language_that_the_assistant_speaks_beside_the_domains() -> None:
    assert sorted(Translations.read().languages) == sorted(LANGUAGES)


def test_every_response_is_there_in_as_many_ways_as_in_english_and_no_other(words: Words) -> None:
    wrong = [f"{name}: not translated" for name in OURS if name not in words.responses]
    wrong += [f"{name}: nothing is said by this name" for name in words.responses if name not in OURS]
    for name, texts in words.responses.items():
        wanted = min(2, len(OURS.get(name, [])))
        wrong += [f"{name}: {wanted} texts or more are expected"] if len(texts) < wanted else []
        wrong += [f"{name}: a text stands there twice"] if len(set(texts)) < len(texts) else []
    assert wrong == []


def test_every_text_uses_what_english_uses_at_its_place(words: Words) -> None:
    wrong = []
    for name in words.responses.keys() & OURS.keys():
        english = [fields(variation.get("text", "")) for variation in OURS[name]]
        # One text may leave out what another way of saying it leaves out in English.
        unlike = [text for text in words.responses[name] if fields(text) not in english]
        wrong += [f"{name}: {sorted(fields(text))} instead of {english}" for text in unlike]
    assert wrong == []


def test_every_title_is_translated_once_and_fits_a_button_t4(words: Words) -> None:
    titles = {
        button["title"]
        for variations in OURS.values()
        for variation in variations
        for button in variation.get("buttons") or []
    }
    wrong = [f"{title}: not translated" for title in sorted(titles - set(words.titles))]
    wrong += [f"{title}: no button has this title" for title in sorted(set(words.titles) - titles)]
    wrong += [f"{own}: too long" for own in words.titles.values() if len(own) > LONGEST_TITLE]
    assert wrong == []


def test_titles_that_stand_beside_each_other_stay_apart(words: Words) -> None:
    """A customer may type a title: it means one of the buttons."""
    beside = [
        [words.titles.get(button["title"], button["title"]) for button in variation.get("buttons") or []]
        for variations in OURS.values()
        for variation in variations
    ]
    assert [titles for titles in beside if len({title.casefold() for title in titles}) < len(titles)] == []


def test_a_damaged_file_is_refused_with_its_name(tmp_path: Path) -> None:
    for given in ("responses: [", "responses: {utter_greet: Hola}", "responses: {utter_greet: []}", "- a"):
        (tmp_path / "es.yml").write_text(given)
        with pytest.raises(ValueError, match=r"es\.yml"):
            Translations.read(tmp_path)


def test_a_folder_that_is_missing_has_no_words(tmp_path: Path) -> None:
    assert Translations.read(tmp_path / "nowhere") == Translations()


def test_a_locale_has_the_language_that_there_are_words_in() -> None:
    spoken = Translations({"es": Words()})
    found = [spoken.language_of(locale) for locale in ("es-MX", "es", "ES_mx", "en-US", "fr", "", None)]
    assert found == ["es", "es", "es", None, None, None, None]


def test_the_packed_server_has_the_files_where_they_are_looked_for() -> None:
    """The image copies them beside the code, and the code looks beside itself."""
    assert FOLDER == ROOT / "policies" / "responses"
    assert "COPY policies/responses policies/responses" in (ROOT / "deploy" / "Dockerfile.rasa").read_text("utf-8")
