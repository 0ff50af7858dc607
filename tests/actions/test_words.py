"""What customers read: the tone is a rule, and a rule is tested (K2, K3, K5, K6, P1, P6, C5, C12)."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
import yaml

from actions import escalation
from actions.server import build
from bot import help_lines
from bot.settings import ROOT
from tests.actions.scene import responses

DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text())
TEXTS = [(name, variation["text"]) for name, variations in responses().items() for variation in variations]
# What may be said to anybody, before it is known who they are.
TO_STRANGERS = (
    "utter_greet", "utter_goodbye", "utter_thank", "utter_bot_identity", "utter_capabilities", "utter_out_of_scope",
    "utter_not_understood", "utter_not_understood_again", "utter_not_understood_here", "utter_what_next_unknown",
    "utter_left_unknown", "utter_all_right", "utter_sorry", "utter_unavailable", "utter_too_many", "utter_verify_first",
    "utter_verify_first_still", "utter_ask_reference", "utter_reference_unclear", "utter_code_sent", "utter_ask_code",
    "utter_code_unclear", "utter_code_wrong", "utter_code_expired", "utter_locked", "utter_why_verify",
    "utter_dispute_unknown", "utter_hardship_unknown", "utter_cease_contact", "utter_wrong_person", "utter_handoff",
    "utter_vulnerability", "utter_crisis", "utter_default", "utter_refused", "utter_genuine", "utter_genuine_here",
    "utter_third_party", "utter_guest_begin", "utter_ask_guest_amount", "utter_ask_guest_account", "utter_guest_link",
    "utter_insolvency", "utter_breathing_space", "utter_adviser", "utter_deceased", "utter_fraud", "utter_fraud_help",
    "utter_fraud_again", "utter_complaint", "utter_complaint_again", "utter_complaint_beyond", "utter_specialist",
    "utter_concern_noted", "utter_concern_unknown", "utter_safety", "utter_cease_medium", "utter_story_kept",
    "utter_story_more", "utter_story_end", "utter_adviser_known", "utter_guest_left",
    "utter_concern_placed", "utter_hardship_unknown_again",
    "utter_start_over_unknown", "utter_frustration", "utter_frustration_here", "utter_frustration_again",
    "utter_frustration_person", "utter_handoff_closed", "utter_handoff_wait", "utter_repeat", "utter_repeat_which",
    "utter_simply_verify", "utter_simply_ask_reference", "utter_simply_code", "utter_simply_capabilities",
    "utter_simply_factor",
    "utter_simply_handoff", "utter_welcome_back_unknown", "utter_greet_here", "utter_yes_which", "utter_also",
    "utter_ask_rating", "utter_feedback_high", "utter_feedback_low", "utter_feedback_thanks", "utter_feedback_sorry",
    "utter_comment_kept", "utter_ask_callback_number", "utter_ask_callback_time", "utter_callback_number_needed",
    "utter_callback_noted_given", "utter_callback_number_unclear", "utter_callback_time_unclear",
    "utter_callback_closed", "utter_callback_far", "utter_ask_preference", "utter_preference_noted",
    "utter_preference_unclear", "utter_language_which", "utter_language_own",
    "utter_language_other", "utter_language_here", "utter_cease_passed_on", "utter_deceased_passed_on",
    "utter_insolvency_passed_on", "utter_adviser_passed_on", "utter_code_sent_again", "utter_ask_factor",
    "utter_ask_postcode", "utter_ask_birth_date", "utter_factor_unclear", "utter_factor_wrong", "utter_factor_other",
    "utter_factor_shared", "utter_why_verify_phone", "utter_nothing_known_general",
    "utter_worry_general", "utter_nothing_known_here_general", "utter_other_phone",
    "utter_third_party_private", "utter_ask_at_home", "utter_guest_any_amount",
    "utter_crisis_closed", "utter_wrong_person_nothing", "utter_help_lines", "utter_contact_stopped",
    "utter_contact_stands", "utter_contact_unsaid",
)  # fmt: skip
# After these nothing is asked for any more, and no word is about money (C8).
WITHOUT_MONEY = (
    "utter_insolvency", "utter_breathing_space", "utter_adviser", "utter_deceased", "utter_specialist",
    "utter_concern_noted", "utter_concern_placed", "utter_vulnerability", "utter_safety", "utter_wrong_person",
    "utter_cease_medium", "utter_cease_passed_on", "utter_deceased_passed_on", "utter_insolvency_passed_on",
    "utter_adviser_passed_on", "utter_crisis_closed", "utter_help_lines",
)  # fmt: skip
ABOUT_A_DEBT = (
    *(name for name in responses() if name.startswith(("utter_balance", "utter_ask_amount", "utter_plan_options"))),
    *(
        "utter_due_dates",
        "utter_due_dates_planned",
        "utter_explain",
        "utter_amount_too_much",
        "utter_promise_day_far",
        "utter_dispute_rest",
        "utter_plan_ended",
        "utter_plan_ended_paid",
        "utter_plan_stands_late",
        "utter_plan_nearest",
        "utter_ask_change_late",
        "utter_discount_terms",
        "utter_discount_none",
        "utter_discount_none_hardship",
        "utter_fees",
        "utter_fees_itemised",
        "utter_fees_by_hand",
        "utter_least",
        "utter_least_on_plan",
        "utter_what_happens",
        "utter_methods",
        "utter_problem_declined",
        "utter_problem_link",
        "utter_problem_bank_check",
        "utter_payment_arrived",
        "utter_paid_arrived",
        "utter_already_paid_rest",
    ),
)


def test_no_sentence_presses_shames_or_shouts_k2_k5_k6() -> None:
    pressing = (
        r"\b(?:immediately|urgent|must pay|final|deadline|collect(?:or|ion)s?|legal action|court|penalt\w+|fees?|"
        r"interest|minimum|delinquen\w+|default(?:ed)?|failure to|you failed|overdue notice|consequences)\b"
    )
    # What is told only to who asks for it names it, to say that there is none or how it is made up (K5, K6).
    asked = r"\b(?:no interest|interest and|(?:are )?no (?:late )?fees?|no fees|set no minimum|no set minimum)\b"
    for name, text in TEXTS:
        told = re.sub(asked, " ", text, flags=re.IGNORECASE) if name.startswith(("utter_fees", "utter_least")) else text
        assert not re.search(pressing, told, re.IGNORECASE), name
        assert not re.search(r"\b[A-Z]{4,}\b", re.sub("HOME|START", "", text)), name
        assert "!!" not in text, name


@pytest.mark.parametrize("name", TO_STRANGERS)
def test_nothing_said_to_a_stranger_implies_a_debt_p1(name: str) -> None:
    for variation in responses()[name]:
        words = variation["text"] + " ".join(button["title"] for button in variation.get("buttons", []))
        assert not re.search(
            r"\b(?:owe|owed|debt|overdue|balance|past due|arrears|bill|late|invoice)\b", words, re.IGNORECASE
        )


@pytest.mark.parametrize("name", ABOUT_A_DEBT)
def test_every_message_about_a_debt_names_a_flexible_way_k3(name: str) -> None:
    for variation in responses()[name]:
        words = variation["text"] + " ".join(button["title"] for button in variation.get("buttons", []))
        assert re.search(r"part|spread|instal|person|half|months|early|any amount", words, re.IGNORECASE)


def test_words_of_crisis_have_no_word_of_money_c12() -> None:
    for variation in responses()["utter_crisis"]:
        assert not re.search(r"\$|pay|money|owe|account|balance|debt|bill|plan", variation["text"], re.IGNORECASE)
        assert "buttons" not in variation


@pytest.mark.parametrize("name", WITHOUT_MONEY)
def test_where_everything_stops_no_word_is_about_money_and_nothing_is_asked_c8(name: str) -> None:
    for variation in responses()[name]:
        assert not re.search(
            r"\$|\bpay|money|\bow(?:e|ed|ing)\b|account|balance|debt|\bbill|\bplan|\?", variation["text"], re.IGNORECASE
        )
        assert "buttons" not in variation


def test_the_end_of_contact_is_confirmed_in_one_sentence_c5() -> None:
    names = ("utter_cease_contact", "utter_cease_medium", "utter_cease_passed_on")
    for variation in (variation for name in names for variation in responses()[name]):
        assert len(re.findall(r"[.!?](?:\s|$)", variation["text"])) == 1


def test_every_button_of_the_domain_names_an_intent_that_is_known() -> None:
    intents = {next(iter(intent)) for intent in DOMAIN["intents"]}
    for variations in responses().values():
        for button in (button for variation in variations for button in variation.get("buttons", [])):
            assert re.match(r"/(\w+)", button["payload"])[1] in intents  # type: ignore[index]


def test_every_action_of_the_domain_is_served_and_every_served_one_is_in_the_domain() -> None:
    build()
    from rasa_sdk import Action
    from rasa_sdk.utils import all_subclasses

    served = {
        kind().name() for kind in all_subclasses(Action)
        if kind.__module__.startswith("actions.") and not inspect.isabstract(kind)
    }  # fmt: skip
    assert served == set(DOMAIN["actions"])


def test_every_intent_has_a_rule() -> None:
    ruled = {
        step["intent"]
        for path in (ROOT / "data" / "rules").glob("*.yml")
        for rule in yaml.safe_load(path.read_text())["rules"]
        for step in rule["steps"]
        if "intent" in step
    }
    assert ruled == {next(iter(intent)) for intent in DOMAIN["intents"]} | {"nlu_fallback"}


def test_the_criteria_and_the_help_lines_can_be_read_k13_c12() -> None:
    assert set(escalation.criteria().hand_over) == {
        "express_crisis", "report_vulnerability", "request_human", "counter_offers", "report_attorney",
        "report_deceased", "express_frustration",
    }  # fmt: skip
    for lines in help_lines.help_lines().crisis.values():
        assert lines.lines
