"""What a customer may read is kind, plain, short, never canned, and names a way forward (K2 to K6, T4, C6)."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator

import pytest

from bot.conversations.router import BACK_TO_ASSISTANT
from tests.kindness import Ban, asked, banned
from tests.texts import (
    INTENTS,
    LANGUAGES,
    RESPONSES,
    Text,
    filled,
    grade,
    of_policies,
    of_responses,
    of_widget,
    sentences,
)

TEXTS = [*of_responses(), *of_policies(), *of_widget()]
ENGLISH = [text for text in TEXTS if text.language == "en"]
SAID = [text for text in TEXTS if text.where.startswith(("domain.yml", "messages.yml", "responses/"))]

# What these may speak of: they answer a customer who asked for just that (K5, K6; design section 10, 14).
ALLOWED = {
    r"utter_fees\w*": {Ban.COST},  # "are there any fees?"
    r"utter_least\w*": {Ban.MINIMUM},  # "what's the minimum payment?"
    r"credit_\w+": {Ban.CREDIT},  # "does it go on my credit report?"
    r"worries\.answer": {Ban.THREAT, Ban.COURT},  # "will I be arrested?", "will you sue me?": no
}


def unkind(text: Text, allowed: set[Ban] | None = None) -> list[str]:
    """What `text` or its buttons say that they must not; `allowed` is by the text's name, where it is not given."""
    if allowed is None:
        allowed = {ban for name, bans in ALLOWED.items() if re.fullmatch(name, text.name) for ban in bans}
    return banned(" ".join([text.words, *(button["title"] for button in text.buttons)]), allowed)


def test_no_text_threatens_shames_presses_or_demands_k2_k5_k6_c11() -> None:
    assert [(text, found) for text in TEXTS if (found := unkind(text))] == []


@pytest.mark.parametrize("name", ALLOWED)
def test_nothing_is_allowed_that_nobody_says(name: str) -> None:
    texts = [text for text in TEXTS if re.fullmatch(name, text.name)]
    assert all(any(unkind(text, ALLOWED[name] - {ban}) for text in texts) for ban in ALLOWED[name])


# A text of fewer words has no grade worth the name; one long word decides it.
GRADED_WORDS, HIGHEST_GRADE = 10, 8


def test_every_text_is_read_with_eight_years_of_school() -> None:
    graded = [words for text in ENGLISH if len((words := sentences(text.words)).split()) >= GRADED_WORDS]
    assert len(graded) > 500
    assert [(grade(words), words) for words in graded if grade(words) > HIGHEST_GRADE] == []


LONGEST = 600


def test_no_text_is_long_to_read() -> None:
    assert [text for text in TEXTS if len(filled(text.words)) > LONGEST] == []


def test_the_print_is_clean() -> None:
    assert [text for text in TEXTS if re.search(r"  |\t|\A\s|\s\Z", text.words)] == []
    assert [text for text in SAID if re.search(r"[“”‘’«»…]", text.words)] == []


# What one wording is enough for, each with its reason.
UNVARIED = {
    r"utter_language_own": "a language that we lack has one sentence; what stands beside it is said in two ways",
    r"utter_cease_contact": "the one confirmation of a wish to be left alone has nothing else in it (C5)",
    r"utter_simply_\w+": "plainer words for what was just said; whoever asks again is asked which part is unclear",
}


def test_there_are_two_ways_to_say_everything() -> None:
    varied = {name: response for name, response in RESPONSES.items() if not re.fullmatch("|".join(UNVARIED), name)}
    kinds = {name: [(str(one.get("condition")), one.get("channel")) for one in varied[name]] for name in varied}
    assert [name for name, each in kinds.items() if any(each.count(kind) < 2 for kind in each)] == []


def test_the_variations_of_a_response_differ_in_words_and_agree_in_facts_k8() -> None:
    for name, response in RESPONSES.items():
        variations = [one for one in response if "text" in one]
        assert len({re.sub(r"\W", "", one["text"]).lower() for one in variations}) == len(variations), name
        facts = [{field for _, field, _, _ in string.Formatter().parse(one["text"]) if field} for one in variations]
        assert all(fact == facts[0] for fact in facts), name
        choices = [[button["payload"] for button in one.get("buttons", [])] for one in variations]
        assert all(choice == choices[0] for choice in choices), name


ABOUT_WHAT_IS_OPEN = re.compile(
    r"overdue|past (?:its|their) due|(?<![Nn]othing )\bis (?:still )?open\b|would be open"
    r"|\{(?:overdue|total|left|rest|balance)\}|hasn't reached|isn't here yet|couldn't be taken|didn't go through"
)
WAY = re.compile(
    r"\bparts?\b|spread|change that|instal|person|colleague|half|months|early|any amount|ahead|another|suits?\b|sooner"
    r"|later|wait|would you like|tell me|shall i|nothing (?:to do|is needed|you need)",
    re.IGNORECASE,
)
# What is said beside a text that names the ways.
BESIDE_ANOTHER = {
    "utter_disputed_note",  # after what is open is listed
    "receipt_credit",  # more was paid than was open
}


def test_a_text_about_what_is_open_names_a_way_forward_k3() -> None:
    said = [text for text in SAID if text.language == "en" and text.name not in BESIDE_ANOTHER]
    about = [text for text in said if ABOUT_WHAT_IS_OPEN.search(text.words)]
    assert len(about) > 50
    assert [text for text in about if not WAY.search(text.words) and not text.buttons] == []


# WhatsApp: three reply buttons, or a list (T4).
REPLY_BUTTONS, REPLY_TITLE, ROW_TITLE = 3, 20, 24
# A whole message of one of these stops the messages or starts them again (C4, C6).
KEYWORDS = {
    "stop", "stopall", "unsubscribe", "end", "quit", "cancel", "revoke", "optout", "opt out", "start", "unstop", "help",
    "info",
}  # fmt: skip
# Phrases that an action puts on a button; a sum of four figures has to fit.
TITLES = re.compile(
    r"phrases\.yml:(?:pay_\w+|plan_(?:button|fits|other|usual)\w*|rhythm_\w+|talk_to_person|following_too|all_invoices"
    r"|open_\w+|soonest_call)|messages\.yml:button_\w+"
)


def titles() -> Iterator[tuple[str, str, int]]:
    """Each title of a button, where it stands and how long it may be."""
    for text in of_responses():
        longest = REPLY_TITLE if len(text.buttons) <= REPLY_BUTTONS else ROW_TITLE
        yield from ((text.where, button["title"], longest) for button in text.buttons)
    for text in of_policies():
        if TITLES.fullmatch(text.where):
            yield text.where, re.sub(r"\{(amount|each)\}", "$1,260.50", text.words), REPLY_TITLE


def test_a_button_fits_every_channel_and_is_no_keyword_t4_c6() -> None:
    found = set(titles())
    assert len(found) > 500
    assert [each for each in found if len(filled(each[1])) > each[2]] == []
    assert [each for each in found if each[1].lower().strip(" .!") in KEYWORDS] == []


def test_a_button_sends_an_intent_that_is_known() -> None:
    for text, button in [(each, button) for each in of_responses() for button in each.buttons]:
        sent = re.fullmatch(r"/(\w+)(\{\{.*\}\})?", button["payload"])
        assert sent, text
        assert sent[1] in INTENTS or f"/{sent[1]}" == BACK_TO_ASSISTANT, text
        assert isinstance(json.loads((sent[2] or "{{}}")[1:-1]), dict), text


def test_the_files_are_read_in_every_language() -> None:
    found = {(text.where.split(":")[0], text.language) for text in TEXTS}
    assert {("domain.yml", "en"), ("messages.yml", "en"), ("phrases.yml", "en"), ("autopay.yml", "pt")} <= found
    assert {(name, one) for name in ("pay_page.yml", "documents.yml", "widget.js") for one in LANGUAGES} <= found


@pytest.mark.parametrize(
    ("said", "ban"),
    [
        ("We may take legal action.", Ban.COURT),
        ("This will have consequences.", Ban.THREAT),
        ("If you don't pay, we'll pass it to a collection agency.", Ban.THREAT),
        ("It may affect your credit score.", Ban.CREDIT),
        ("You failed to pay.", Ban.SHAME),
        ("You should have told us.", Ban.SHAME),
        ("You promised to pay on Friday.", Ban.SHAME),
        ("That's your fault.", Ban.SHAME),
        ("Please pay immediately.", Ban.URGENCY),
        ("This is your last chance.", Ban.URGENCY),
        ("Pay within 24 hours.", Ban.URGENCY),
        ("You have 3 days to pay.", Ban.URGENCY),
        ("Do it before it's too late.", Ban.URGENCY),
        ("You must pay $80.", Ban.DEMAND),
        ("You need to pay your balance.", Ban.DEMAND),
        ("The minimum payment is $20.", Ban.MINIMUM),
        ("A late fee was added.", Ban.COST),
        ("There is interest on it.", Ban.COST),
        ("This is about your debt.", Ban.DEBT),
        ("Your account is in arrears.", Ban.DEBT),
        ("PLEASE answer.", Ban.SHOUTING),
        ("Hello! Thank you!", Ban.SHOUTING),
        ("Debe pagar inmediatamente.", Ban.URGENCY),
        ("Su deuda es de 80 dólares.", Ban.DEBT),
        ("Haverá juros.", Ban.COST),
        ("Sua dívida está vencida.", Ban.DEBT),
    ],
)
def test_an_unkind_sentence_is_found_out(said: str, ban: Ban) -> None:
    assert any(found.startswith(f"{ban}:") for found in banned(said)), banned(said)
    assert not any(found.startswith(f"{ban}:") for found in banned(said, allowed=[ban]))


@pytest.mark.parametrize(
    "said",
    [
        "That's our fault, not yours, and it's not your fault that it took so long.",
        "If that interests you, a person can help. There's no rush and no obligation.",
        "$80.50 of INV-1001 is open; USD 80.50 in all. Text HOME to 741741, or read the PDF.",
        "If you pay by card, it shows at once. You needn't pay it today.",
        "If you are in immediate danger, please call 911.",
        "Pode pagar quando for melhor para você. Obrigado!",
        "Puede pagar por partes cuando le venga bien.",
        "If it would help, this is free:\n• National Debtline: 0808 808 4000, nationaldebtline.org",
    ],
)
def test_a_kind_sentence_is_left_alone(said: str) -> None:
    assert banned(said) == []


@pytest.mark.parametrize(
    ("words", "opened"),
    [
        ("are there any late fees?", {Ban.COST}),
        ("what's the minimum I can pay", {Ban.MINIMUM}),
        ("does this hit my credit score", {Ban.CREDIT}),
        ("how much do I owe", set()),
        ("I can't pay this month", set()),
    ],
)
def test_only_a_customer_who_asks_hears_of_fees_minimums_and_records(words: str, opened: set[Ban]) -> None:
    assert asked(words) == opened
