"""The trained model understands people whom nobody imagined: floors, a little below what `make nlu-report` shows."""

from pathlib import Path

import pytest

from bot.inside_rasa import quick_start  # noqa: F401  isort: skip
from tests.nlu.figures import Figures
from tests.nlu.listener import Listener
from tests.nlu.sentences import SENSITIVE, read

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "models" / "goodterms.tar.gz"
FILES = ROOT / "tests" / "nlu"

# percentages of heldout.yml, and of mixed.yml where named
ACCURACY = 93.0
SENSITIVE_AT_ALL = 98.5
SENSITIVE_RECALL = 97.0
FALSE_ALARMS = 3.5
OUT_OF_SCOPE = 88.0
LOST = 2.0
MIXED_RECALL = 90.0
CALIBRATION_ERROR = 0.03

pytestmark = pytest.mark.skipif(not MODEL.exists(), reason="there is no model: run `make model`")


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener.of(MODEL)


@pytest.fixture(scope="module")
def heldout(listener: Listener) -> Figures:
    return Figures(listener.hear(read([FILES / "heldout.yml"]))[0], SENSITIVE)


def test_it_knows_every_intent_that_is_measured_and_guards_every_sensitive_one(
    listener: Listener, heldout: Figures
) -> None:
    assert set(heldout.intents) <= set(listener.intents)
    assert tuple(listener.config["clause_thresholds"]) == SENSITIVE


def test_nine_of_ten_sentences_are_heard_rightly(heldout: Figures) -> None:
    assert heldout.accuracy.percent >= ACCURACY
    assert heldout.macro_f1 >= ACCURACY


def test_sensitive_matters_are_heard_and_seldom_where_there_are_none(heldout: Figures) -> None:
    """C12, C13."""
    assert heldout.sensitive_at_all().percent >= SENSITIVE_AT_ALL
    assert heldout.sensitive_recall().percent >= SENSITIVE_RECALL
    assert heldout.recall("express_crisis").percent >= SENSITIVE_RECALL
    assert heldout.false_alarms().percent <= FALSE_ALARMS


def test_what_is_none_of_our_business_is_recognised_and_what_is_ours_is_not_lost_to_it(heldout: Figures) -> None:
    assert heldout.recall("out_of_scope").percent >= OUT_OF_SCOPE
    assert heldout.wrongly_out_of_scope().percent <= LOST


def test_a_sensitive_matter_is_heard_beside_another_wish(listener: Listener) -> None:
    """C12, C13: with its clauses a message is heard better than as a whole."""
    sentences = read([FILES / "mixed.yml"])
    whole = Figures(listener.with_settings(clause_thresholds={}).hear(sentences)[0], SENSITIVE)
    mixed = Figures(listener.hear(sentences)[0], SENSITIVE)
    assert mixed.sensitive_recall().percent >= MIXED_RECALL
    assert mixed.sensitive_recall().part > whole.sensitive_recall().part


def test_how_sure_it_is_tells_how_often_it_is_right(heldout: Figures) -> None:
    assert heldout.calibration_error() <= CALIBRATION_ERROR


@pytest.mark.parametrize(
    "text", ["안녕하세요 결제하고 싶어요", "გამარჯობა", "/check_balance", "🦑🦑🦑", "……", "☂", "؟؟؟"]
)
def test_what_it_cannot_read_gets_no_wild_guess(listener: Listener, text: str) -> None:
    # a word joiner stands before a typed slash (bot/inside_rasa/processor.py)
    assert listener.parse("\u2060" + text)["intent"]["name"] in {"nlu_fallback", "change_language"}
