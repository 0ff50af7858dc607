"""The figures of the report are what their names say; worked out by hand here."""

import pytest

from tests.nlu.figures import Figures, Heard, Share

SENSITIVE = {"express_crisis", "complain"}


def heard(meant: str, heard: str, confidence: float = 0.9) -> Heard:
    """A sentence that was heard as surely as said; in doubt the likeliest is a greeting."""
    return Heard(meant, heard, "greet" if heard == "nlu_fallback" else heard, confidence)


@pytest.fixture
def figures() -> Figures:
    return Figures(
        [
            heard("express_crisis", "express_crisis"),
            heard("express_crisis", "complain"),
            heard("complain", "greet"),
            heard("complain", "complain"),
            heard("greet", "greet"),
            heard("greet", "express_crisis"),
            heard("greet", "nlu_fallback", 0.2),
            heard("greet", "out_of_scope"),
            heard("out_of_scope", "out_of_scope"),
            heard("out_of_scope", "nlu_fallback", 0.2),
            heard("out_of_scope", "greet"),
            heard("harmless", "complain"),
            heard("harmless", "greet"),
        ],
        SENSITIVE,
    )


def test_accuracy_counts_doubt_right_for_what_is_out_of_scope_and_leaves_the_harmless_out(figures: Figures) -> None:
    assert figures.accuracy == Share(5, 11)


def test_a_sensitive_sentence_heard_as_another_sensitive_one_is_missed_but_not_lost(figures: Figures) -> None:
    assert figures.sensitive_recall() == Share(2, 4)
    assert figures.sensitive_at_all() == Share(3, 4)


def test_a_false_alarm_is_an_ordinary_or_harmless_sentence_heard_as_sensitive(figures: Figures) -> None:
    assert figures.false_alarms() == Share(2, 9)
    assert figures.false_alarms_of("express_crisis") == Share(1, 9)


def test_a_wish_of_ours_is_lost_when_it_is_doubted_or_called_out_of_scope(figures: Figures) -> None:
    assert figures.recall("out_of_scope") == Share(2, 3)
    assert figures.wrongly_out_of_scope() == Share(2, 8)
    assert figures.doubted() == Share(1, 8)


def test_recall_precision_and_macro_f1(figures: Figures) -> None:
    assert (figures.recall("greet"), figures.precision("greet")) == (Share(1, 4), Share(1, 4))
    assert figures.precision("complain") == Share(1, 3)
    # crisis 2/4, complain 2/5, greet 2/8, out of scope 4/6
    assert figures.macro_f1 == pytest.approx(100 * (0.5 + 0.4 + 0.25 + 2 / 3) / 4)


def test_the_most_frequent_confusion_stands_first() -> None:
    sentences = [heard("thank", "greet"), heard("greet", "thank"), heard("thank", "greet"), heard("thank", "thank")]
    assert Figures(sentences, SENSITIVE).confusions(1) == [("thank", "greet", 2)]


def test_calibration_compares_confidence_with_truth() -> None:
    sentences = [heard("greet", "greet", 0.95), heard("greet", "thank", 0.93), heard("greet", "nlu_fallback", 0.25)]
    figures = Figures(sentences, SENSITIVE)
    assert figures.calibration() == [(0.25, 1.0, 1), (pytest.approx(0.94), 0.5, 2)]
    assert figures.calibration_error() == pytest.approx((0.75 + 2 * 0.44) / 3)


def test_nothing_heard_is_no_figure_and_no_failure() -> None:
    nothing = Figures([], SENSITIVE)
    assert (nothing.accuracy.percent, nothing.macro_f1, nothing.calibration_error()) == (0.0, 0.0, 0.0)
    assert str(nothing.accuracy) == "–"
