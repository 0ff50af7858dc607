"""Policies: what is wrong in a file is said with its name, its key and what is expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import policies
from bot.policies import (
    AnswersPolicy,
    AssignmentPolicy,
    HoldsPolicy,
    IdentityPolicy,
    Jurisdiction,
    KeywordsPolicy,
    OutreachPolicy,
    PaymentsPolicy,
    PlansPolicy,
    Policy,
    PolicyInvalid,
    RightsPolicy,
)

GOOD: dict[type[Policy], str] = {
    kind: (policies.FOLDER / name).read_text()
    for kind, name in (
        (PlansPolicy, "plans.yml"),
        (PaymentsPolicy, "payments.yml"),
        (IdentityPolicy, "identity.yml"),
        (KeywordsPolicy, "keywords.yml"),
        (HoldsPolicy, "holds.yml"),
        (RightsPolicy, "rights.yml"),
        (AnswersPolicy, "answers.yml"),
        (AssignmentPolicy, "assignment.yml"),
        (OutreachPolicy, "outreach.yml"),
        (Jurisdiction, "jurisdictions/us.yml"),
    )
}


def test_the_policies_that_we_ship_are_good() -> None:
    policies.check_all()


@pytest.mark.parametrize(
    ("kind", "before", "after", "says"),
    [
        (PlansPolicy, "longest_months: 12", "longest_months: 5", "must not exceed"),
        (PlansPolicy, "quote_hours: 24", "quote_hours: 999", "before its first instalment"),
        (PlansPolicy, "first_due_days: 7", "first_due_days: soon", "first_due_days"),
        (PlansPolicy, "first_due_days", "first_days", "first_days"),
        (PaymentsPolicy, "checkout_minutes: 60", "checkout_minutes: 20", "checkout_minutes"),
        (PaymentsPolicy, "checkout_minutes: 60", "checkout_minutes: 1440", "checkout_minutes"),
        (PaymentsPolicy, "Payment to {brand}", "Payment of {amount}", "brand in braces only"),
        (PaymentsPolicy, "Payment to {brand}", "Payment", "lacks brand"),
        (PaymentsPolicy, "  en:", "  de:", "English"),
        (AnswersPolicy, "reports: false", "reports: true", "after_days is needed"),
        (AnswersPolicy, "unpaid:\n  en:", "unpaid:\n  es:", "unpaid needs English"),
        (AnswersPolicy, "added: {}", "added: {de: [Mahnkosten]}", "added needs English"),
        (AnswersPolicy, "It doesn't grow", "You must pay immediately", "never press or threaten"),
        (AnswersPolicy, "It doesn't grow", "The police will come", "never press or threaten"),
        (AnswersPolicy, "It doesn't grow", "It is {amount}", "without braces"),
        (AnswersPolicy, "name: {en: PayPal}", "name: {de: PayPal}", "English entry"),
        (AnswersPolicy, "heard: [paypal", "heard: [PayPal", "heard"),
        (AnswersPolicy, "bank_days: 5", "bank_days: 0", "bank_days"),
        (OutreachPolicy, "US: us,", "Texas: us,", "jurisdictions"),
        (OutreachPolicy, "caps: []", "caps: [{messages: 1, days: 2}, {messages: 2, days: 2}]", "twice"),
        (Jurisdiction, "monday: 08:00-21:00", "monday: 07:00-21:00", "08:00-21:00 (C1)"),
        (Jurisdiction, "monday: 08:00-21:00", "monday: 08:00-22:00", "08:00-21:00 (C1)"),
        (Jurisdiction, "  caps: 12", "  numbers: 12", "sources needs caps"),
        (AssignmentPolicy, "offers: on", "offers: maybe", "offers"),
        (AssignmentPolicy, "stale_seconds: 60", "stale_seconds: 600", "must not be less than stale_seconds"),
        (AssignmentPolicy, "  3: 10", "  3: 1", "more patient priority"),
        (AssignmentPolicy, "  9: 60", "  10: 60", "priorities from 0 to 9"),
        (IdentityPolicy, "[US, GB, BR]", "[USA]", "regions"),
        (KeywordsPolicy, "stop all, ", "", "stop needs stopall"),
        (KeywordsPolicy, "[help, info]", "[help]", "help needs info"),
        (KeywordsPolicy, "[start, unstop]", "[start, unstop, End]", "a word means one thing"),
        (KeywordsPolicy, '["yes"]', "[yes]", "yes"),
        (KeywordsPolicy, "[ayuda, ", "[ayuda, '', ", "at least 1 character"),
        (IdentityPolicy, "wrong_tries: 5", "wrong_tries: 0", "wrong_tries"),
        (IdentityPolicy, "wrong_tries: 5", "wrong_tries: [", "cannot be read"),
        (HoldsPolicy, "\nwrong_person:", "\nwrong_human:", "wrong_person"),
        (HoldsPolicy, "attorney: [outreach", "attorney: [reach", "attorney"),
        (HoldsPolicy, "dispute: [outreach, plan_reminders, autopay, allocation]", "dispute: [outreach]", "always does"),
        (HoldsPolicy, "cease: [outreach", "cease: [allocation", "cease cannot stop allocation"),
        (HoldsPolicy, "{dispute: agent, ", "{", "lifted_by needs dispute"),
        (HoldsPolicy, "dispute: agent", "dispute: robot", "lifted_by"),
        (HoldsPolicy, "  autopay: Nothing is taken from a saved card.\n", "", "says needs autopay"),
        (
            RightsPolicy,
            "complaint_days: # our own word, within what the law allows\n  any",
            "complaint_days:\n  GB",
            "any",
        ),
        (RightsPolicy, "  US: 45", "  USA: 45", "copy_days"),
        (RightsPolicy, "  any: 14", "  any: 0", "complaint_days"),
    ],
)
def test_a_wrong_policy_names_what_is_wrong(
    tmp_path: Path, kind: type[Policy], before: str, after: str, says: str
) -> None:
    assert before in GOOD[kind]
    path = tmp_path / "policy.yml"
    path.write_text(GOOD[kind].replace(before, after, 1))
    with pytest.raises(PolicyInvalid, match=r"policies/policy\.yml") as caught:
        policies.read(kind, path)
    assert says in caught.value.message


@pytest.mark.parametrize("text", ["", "- a list", "just words"])
def test_a_policy_is_a_mapping(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.yml"
    path.write_text(text)
    with pytest.raises(PolicyInvalid):
        policies.read(PlansPolicy, path)


def test_a_missing_policy_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid, match="cannot be read"):
        policies.read(PlansPolicy, tmp_path / "none.yml")


@pytest.mark.parametrize(
    ("locale", "word"), [("es-MX", "Pago"), ("pt_BR", "Pagamento"), ("de", "Payment"), ("", "Payment")]
)
def test_words_come_in_the_language_or_in_english(locale: str, word: str) -> None:
    assert policies.in_language(policies.payments().description, locale).startswith(word)


def test_every_team_that_a_criterion_names_is_one_that_agents_can_be_in() -> None:
    criteria = policies.escalation()
    named = {each.skill for each in criteria.hand_over.values()} | set(criteria.skill_by_topic.values())
    assert named | {each.skill for each in criteria.case.values()} <= set(policies.assignment().skills)
