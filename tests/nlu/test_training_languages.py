"""Guards on the Spanish and Portuguese sentences, which are trained together with the English ones."""

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.nlu.sentences import SENSITIVE, Sentence, read
from tests.nlu.test_training_data import (
    DATE_OR_POSTCODE,
    DEMO_NUMBER,
    FICTIONAL_PHONE,
    INTENTS,
    ROOT,
    TRAINING,
    folded,
)

LANGUAGES = ("es", "pt")
LEAST, LEAST_SENSITIVE = 90, 120
LEAST_HELDOUT = 20


def trained(language: str) -> list[Sentence]:
    """What is trained on in this language."""
    return read(sorted((ROOT / "data" / "nlu" / language).glob("*.yml")))


def unseen(language: str) -> list[Sentence]:
    """What is only measured with."""
    return read(Path(__file__).with_name(f"{language}_{name}.yml") for name in ("development", "heldout"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_is_trained_enough_and_a_sensitive_one_more_c13(language: str) -> None:
    count = Counter(sentence.intent for sentence in trained(language))
    assert set(count) == INTENTS
    thin = {intent: n for intent, n in count.items() if n < (LEAST_SENSITIVE if intent in SENSITIVE else LEAST)}
    assert thin == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_is_measured(language: str) -> None:
    count = Counter(s.intent for s in read([Path(__file__).with_name(f"{language}_heldout.yml")]))
    assert set(count) == INTENTS
    assert {intent: n for intent, n in count.items() if n < LEAST_HELDOUT} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_intent_lives_in_one_file_that_has_the_name_of_the_english_one(language: str) -> None:
    english = {s.intent: s.file for s in read(TRAINING) if s.file != "reviewed.yml"}
    elsewhere = {(s.intent, s.file) for s in trained(language) if s.file not in ("reviewed.yml", english[s.intent])}
    assert elsewhere == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_said_twice_nor_measured_with_what_was_trained_on(language: str) -> None:
    for sentences in (trained(language), unseen(language)):
        count = Counter(folded(s.text) for s in sentences)
        assert [(s.text, s.intent) for s in sentences if count[folded(s.text)] > 1] == []
    known = {folded(s.text) for s in trained(language)}
    assert [s.text for s in unseen(language) if folded(s.text) in known] == []


def test_what_means_one_thing_in_a_language_means_no_other_in_another() -> None:
    """All three are heard by one classifier: "ok" cannot be a yes here and a thank-you there."""
    meant = defaultdict(set)
    for sentence in [*read(TRAINING), *(each for language in LANGUAGES for each in trained(language))]:
        meant[folded(sentence.text)].add(sentence.intent)
    assert {text: intents for text, intents in meant.items() if len(intents) > 1} == {}


def test_sentences_carry_no_marks_no_strangers_and_no_numbers_that_could_ring_p3_p7() -> None:
    sentences = [each for language in LANGUAGES for each in (*trained(language), *unseen(language))]
    texts = [sentence.text for sentence in sentences]
    assert [text for text in texts if re.search(r"\]\s*[({]", text) or text.startswith("/")] == []
    addresses = [found for text in texts for found in re.findall(r"\S+@\S+\w", text)]
    assert [found for found in addresses if not re.search(r"@example\.(com|org|net)$", found)] == []
    accounts = [m for text in texts for m in re.findall(r"\b(?:GT|INV)[- ]?\d+", text, re.IGNORECASE)]
    assert accounts
    assert [found for found in accounts if not DEMO_NUMBER.fullmatch(found)] == []
    numbers = [
        re.sub(r"\D", "", n)
        for text in texts
        for n in re.findall(r"\+?\(?\d[\d ()-]{5,}\d", DATE_OR_POSTCODE.sub("", text))
    ]
    assert [n for n in numbers if len(n) > 6 and n.strip("0") and not FICTIONAL_PHONE.fullmatch(n)] == []
