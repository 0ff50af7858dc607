"""Guards on the sentences that understanding is trained and measured with; plain YAML, no model.

The files are Rasa NLU YAML: `nlu: [{intent, examples}]`, the examples one `- sentence` a line.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import yaml

from tests.nlu.sentences import HARMLESS, SENSITIVE, Sentence, read

ROOT = Path(__file__).parents[2]
TRAINING = sorted((ROOT / "data" / "nlu").glob("*.yml"))
HELDOUT = Path(__file__).with_name("heldout.yml")
MIXED = Path(__file__).with_name("mixed.yml")
# Of these two the first is tuned with; the second was heard once, when everything was chosen.
DEVELOPMENT = Path(__file__).with_name("development.yml")
STRANGERS = Path(__file__).with_name("strangers.yml")
UNSEEN = [HELDOUT, MIXED, DEVELOPMENT, STRANGERS]

LEAST = 40
LEAST_OF_IMPORTANT = 150
LEAST_HELDOUT = 25
LEAST_MIXED = 15
LEAST_HARMLESS = 150

# Missing a sensitive intent harms a person; the others of this list are what most customers come for, or touch their
# money, their plan or their trust.
IMPORTANT = frozenset(SENSITIVE) | {
    "out_of_scope", "make_payment", "check_balance", "request_plan", "promise_to_pay", "propose_plan", "check_plan",
    "change_plan", "cancel_plan", "manage_autopay", "request_discount", "request_receipt", "request_statement",
    "check_payment_status", "request_refund", "already_paid", "payment_problem", "ask_payment_methods", "ask_fees",
    "ask_minimum_payment", "ask_consequences", "suspect_scam", "ask_why_verify", "request_my_data", "request_erasure",
    "request_callback", "update_contact", "set_contact_preference", "change_language", "express_frustration",
}  # fmt: skip
ORDINARY = frozenset({
    "greet", "goodbye", "thank", "affirm", "deny", "cancel", "start_over", "repeat", "give_feedback",
    "ask_capabilities", "ask_bot_identity", "check_due_date", "explain_balance", "inform",
})  # fmt: skip
INTENTS = IMPORTANT | ORDINARY

# The names of the demo customers and agents: nobody else is named in a sentence.
DEMO_NAMES = frozenset({
    "maya", "torres", "samuel", "reed", "priya", "nair", "owen", "clarke", "lena", "fischer",
    "carlos", "mendoza", "beatriz", "souza", "harold", "benson", "ana", "sol",
})  # fmt: skip
# Numbers that the authorities keep for fiction (US 555-01xx, Ofcom 07700 900xxx) and the demo customer's in Brazil.
FICTIONAL_PHONE = re.compile(r"(?:1?\d{3})?55501\d\d|(?:44|0)7700900\d{3}|5511950100007")
# … or a court's number of a case
DATE_OR_POSTCODE = re.compile(
    r"\d{4}-\d\d-\d\d|\d\d[./-]\d\d[./-]\d{4}|\b[0-3]\d[01]\d19\d\d\b|\b\d{5}-\d{3}\b|\b\d\d-\d{5}\b"
)
DEMO_NUMBER = re.compile(r"GT[- ]?100[1-8]|INV[- ]?10(?:0\d|10|11)", re.IGNORECASE)
NAMED = re.compile(
    r"\b(?:name is|name's|called|by the name of|Mr|Mrs|Ms|Dr|there's no|no|not|[Ii]'?m|am|[Tt]his is|a|know)\.?"
    r" ([A-Z][a-z]+)\b"
)
SO_MUCH_SO_OFTEN = re.compile(
    r"\d (?:quid |dollars |pounds |bucks )?(?:a|per|each|every|every two|every other)"
    r" (?:week|month|fortnight|payday|weeks|friday)s?\b",
    re.IGNORECASE,
)
NOT_NAMES = frozenset({
    "Canadian", "Collector", "English", "Friday", "God", "Mendosa", "Monday", "Mr", "Mrs", "Ms", "Mya", "Nayer",
    "Samsung", "Saturday", "Spanish", "Sunday", "Swiss", "Thursday", "Tuesday", "Wednesday",
})  # fmt: skip


def folded(text: str) -> str:
    """The sentence without what a hurried typist leaves out: capitals, punctuation, double spaces. Emoji, %/# stay."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c for c in plain if c in "%/#" or not unicodedata.category(c).startswith("P"))
    return " ".join(kept.split()) or plain.strip()


@pytest.fixture(scope="module")
def training() -> list[Sentence]:
    """What is trained on."""
    return read(TRAINING)


@pytest.fixture(scope="module")
def heldout() -> list[Sentence]:
    """What is only measured with, mixed messages included."""
    return read(UNSEEN)


def test_every_intent_is_trained_and_no_other(training: list[Sentence]) -> None:
    assert {s.intent for s in training} == INTENTS


def test_every_intent_is_measured_and_no_other() -> None:
    assert {s.intent for s in read([HELDOUT])} == INTENTS


def test_every_sensitive_intent_is_measured_in_mixed_messages() -> None:
    """C12, C13: a sensitive matter is heard beside anything else, and words that only sound alarming are not."""
    count = Counter(s.intent for s in read([MIXED]))
    assert set(count) == {*SENSITIVE, HARMLESS}
    assert [intent for intent in SENSITIVE if count[intent] < LEAST_MIXED] == []
    assert count[HARMLESS] >= LEAST_HARMLESS


def test_every_sensitive_intent_is_heard_in_a_clause_and_a_crisis_before_all() -> None:
    """C12: of several grave matters in one message the crisis is answered."""
    (classifier,) = yaml.safe_load((ROOT / "config.yml").read_text("utf-8"))["pipeline"]
    thresholds = classifier["clause_thresholds"]
    assert tuple(thresholds) == SENSITIVE
    assert SENSITIVE[0] == "express_crisis"
    assert min(thresholds.values()) == thresholds["express_crisis"]


@pytest.mark.parametrize("intent", sorted(INTENTS))
def test_an_intent_has_enough_examples_and_a_sensitive_one_more(intent: str, training: list[Sentence]) -> None:
    """C13: what a customer may ask for is recognised every time, so its training is not thin."""
    least = LEAST_OF_IMPORTANT if intent in IMPORTANT else LEAST
    assert sum(s.intent == intent for s in training) >= least


@pytest.mark.parametrize("intent", sorted(INTENTS))
def test_an_intent_has_enough_heldout_sentences(intent: str) -> None:
    assert sum(s.intent == intent for s in read([HELDOUT])) >= LEAST_HELDOUT


def test_an_intent_lives_in_one_file(training: list[Sentence]) -> None:
    """What was reviewed at the desk is in a file of its own."""
    files = defaultdict(set)
    for sentence in (each for each in training if each.file != "reviewed.yml"):
        files[sentence.intent].add(sentence.file)
    assert {intent: where for intent, where in files.items() if len(where) > 1} == {}


def test_so_much_so_often_is_a_proposal(training: list[Sentence], heldout: list[Sentence]) -> None:
    """K4: terms are weighed as they were said, so none hides in a mere wish, a bare fact or a promise."""
    said = [s for s in training + heldout if "tax" not in s.text]  # so much a month after tax is what somebody earns
    terms = [s for s in said if SO_MUCH_SO_OFTEN.search(s.text)]
    assert sum(s.intent == "propose_plan" for s in terms) > LEAST
    assert [s.text for s in terms if s.intent in {"request_plan", "inform", "promise_to_pay", "make_payment"}] == []


@pytest.mark.parametrize("paths", [TRAINING, UNSEEN], ids=["training", "unseen"])
def test_no_sentence_is_said_twice_within_or_across_intents(paths: list[Path]) -> None:
    sentences = read(paths)
    count = Counter(folded(s.text) for s in sentences)
    assert [(s.text, s.intent) for s in sentences if count[folded(s.text)] > 1] == []


def test_no_heldout_sentence_is_trained_on(training: list[Sentence], heldout: list[Sentence]) -> None:
    trained = {folded(s.text) for s in training}
    assert [s.text for s in heldout if folded(s.text) in trained] == []


def test_sentences_carry_no_entity_marks_nor_commands(training: list[Sentence], heldout: list[Sentence]) -> None:
    """Amounts, dates and codes are read later by libraries; Rasa reads marks as entities and a slash as an intent."""
    assert [s.text for s in training + heldout if re.search(r"\]\s*[({]", s.text) or s.text.startswith("/")] == []


def test_email_addresses_are_on_a_domain_kept_for_examples(training: list[Sentence], heldout: list[Sentence]) -> None:
    """P7 in spirit: the repository holds nobody's address."""
    addresses = [a for s in training + heldout for a in re.findall(r"\S+@\S+\w", s.text)]
    assert addresses
    assert [a for a in addresses if not re.search(r"@example\.(com|org|net)$", a)] == []


def test_long_numbers_are_fictional_phones_and_never_cards(training: list[Sentence], heldout: list[Sentence]) -> None:
    """P3: no card number, not even an invented one; P7: no telephone that could ring."""
    numbers = [
        re.sub(r"\D", "", n)
        for s in training + heldout
        for n in re.findall(r"\+?\(?\d[\d ()-]{5,}\d", DATE_OR_POSTCODE.sub("", s.text))
    ]
    assert numbers
    assert [n for n in numbers if len(n) > 6 and n.strip("0") and not FICTIONAL_PHONE.fullmatch(n)] == []


def test_account_and_invoice_numbers_are_the_demos(training: list[Sentence], heldout: list[Sentence]) -> None:
    found = [m for s in training + heldout for m in re.findall(r"\b(?:GT|INV)[- ]?\d+", s.text, re.IGNORECASE)]
    assert found
    assert [m for m in found if not DEMO_NUMBER.fullmatch(m)] == []


def test_only_the_demo_customers_and_agents_are_named(training: list[Sentence], heldout: list[Sentence]) -> None:
    names = [n for s in training + heldout for n in NAMED.findall(s.text)]
    assert "Maya" in names
    assert [n for n in names if n not in NOT_NAMES and n.lower() not in DEMO_NAMES] == []
