"""What the guard promises: a sensitive message is heard though no one intent is sure of it (rules C12, C13)."""

import pytest

from bot.inside_rasa.guard import guarded

ORDER = ["express_crisis", "report_vulnerability", "report_hardship"]


def test_a_message_is_sensitive_when_its_sensitive_shares_together_suffice() -> None:
    shares = {"make_payment": 0.45, "report_hardship": 0.25, "report_vulnerability": 0.1, "express_crisis": 0.06}
    assert guarded(shares, ORDER, 0.4) == ("report_hardship", 0.41)
    assert guarded(shares, ORDER, 0.42) is None


@pytest.mark.parametrize(
    ("crisis", "illness", "hardship", "heard"),
    [
        (0.0, 0.26, 0.3, "report_vulnerability"),
        (0.0, 0.2, 0.3, "report_hardship"),
        (0.0, 0.17, 0.33, "report_hardship"),
        (0.2, 0.2, 0.3, "express_crisis"),
        (0.1, 0.1, 0.4, "report_hardship"),
    ],
)
def test_of_matters_about_as_likely_the_gravest_is_meant(
    crisis: float, illness: float, hardship: float, heard: str
) -> None:
    """C12: between illness and despair it is despair that gets the answer."""
    shares = {"express_crisis": crisis, "report_vulnerability": illness, "report_hardship": hardship}
    found = guarded(shares, ORDER, 0.4)
    assert found is not None
    assert found[0] == heard


def test_many_small_shares_are_no_ground_to_act_on() -> None:
    """A hold or a case needs an intent that bears it, not a sum of whispers."""
    shares = {"express_crisis": 0.17, "report_vulnerability": 0.16, "report_hardship": 0.16}
    assert guarded(shares, ORDER, 0.4) is None


def test_without_sensitive_intents_there_is_nothing_to_guard() -> None:
    assert guarded({"greet": 1.0}, [], 0.0) is None
