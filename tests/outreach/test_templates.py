"""The messages that we begin: the same facts in every tone, nothing of money in the private register (K3, K12, P1)."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot import policies
from bot.models import Medium
from bot.outreach import preview, templates
from bot.outreach.preview import AMOUNT, Preview
from bot.outreach.templates import Register, render
from bot.policies import PolicyInvalid, Tone, read
from bot.policies.file import FOLDER
from bot.policies.template import NOTHING_OPEN, STEPS, FrameFile, KindFile
from tests.kindness import banned
from tests.outreach import golden

EVERY = list(preview.every())
VALUES = {"name": "Maya", "full_name": "Maya Torres", "amount": "$80.50", "day": "May 5", "years": "2 years"}
# What offers a way of one's own, in each language (K3).
WAYS = {
    "en": r"\bparts?\b|\bspread\b|another|smaller|\bday\b|change|help",
    "es": r"\bpartes?\b|otros? d[ií]as?|pequeñ|cambia|ayud|meses",
    "pt": r"\bpartes?\b|outros? dias?|menor|mud|ajud|meses",
}
STOPS = {"en": "STOP", "es": "PARAR", "pt": "PARAR"}


def open_ones() -> list[Preview]:
    return [one for one in EVERY if one.register is Register.OPEN]


def test_every_message_is_there_in_every_language_tone_and_medium() -> None:
    found = {(one.language, one.kind, one.step, one.tone, one.medium) for one in open_ones()}
    steps = [(kind, step) for kind, each in STEPS.items() for step in each]
    assert found == {
        (language, kind, step, tone, medium)
        for language in ("en", "es", "pt") for kind, step in steps for tone in Tone for medium in preview.MEDIA
    }  # fmt: skip


def test_no_message_threatens_shames_presses_or_demands_k2_k5_k6_c11() -> None:
    assert [(one.rendered.name, found) for one in EVERY if (found := banned(one.shown))] == []


def test_every_message_is_easy_to_read_and_a_text_has_two_segments_at_most_k12_t2() -> None:
    assert [(one.rendered.name, one.medium, one.faults) for one in EVERY if one.faults] == []
    assert sum(one.grade is not None for one in EVERY) > 500


def test_what_is_open_names_a_way_forward_and_asks_for_an_answer_k3() -> None:
    about = [one for one in open_ones() if one.kind not in NOTHING_OPEN]
    assert [one.shown for one in about if not re.search(WAYS[one.language], one.rendered.text)] == []


def test_the_facts_are_the_same_in_every_tone_k12() -> None:
    facts: dict[tuple[str, str, int, Medium], set[frozenset[str]]] = {}
    for one in open_ones():
        key = (one.language, one.kind, one.step, one.medium)
        facts.setdefault(key, set()).add(frozenset(re.findall(r"\d[\d.,]*\d|\d", one.rendered.text)))
    assert [key for key, each in facts.items() if len(each) != 1] == []
    assert all(next(iter(each)) for each in facts.values())  # there is one in each


def test_the_private_register_names_nobody_and_implies_nothing_p1() -> None:
    for one in (one for one in EVERY if one.register is Register.PRIVATE):
        whole = f"{one.rendered.subject or ''} {one.rendered.text}"
        assert policies.tones().tells(whole, one.language) == []
        assert not re.search(r"\d", whole)
        assert preview.EXAMPLES[one.language].split()[0] not in whole
        assert one.rendered.buttons is None


def test_what_is_private_is_the_same_whatever_it_is_about_p1() -> None:
    for medium in preview.MEDIA:
        texts = {
            render(kind, step, medium, "es", Tone.FORMAL, "private", {}).text
            for kind, steps in STEPS.items()
            for step in steps
        }
        assert len(texts) == 1


def test_a_subject_is_neutral_and_the_same_in_both_registers_p1() -> None:
    mails = [one for one in EVERY if one.medium is Medium.EMAIL]
    assert len({(one.language, one.rendered.subject) for one in mails}) == 3
    assert [one for one in mails if policies.tones().tells(one.rendered.subject or "", one.language)] == []
    assert all(one.rendered.subject is None for one in EVERY if one.medium is not Medium.EMAIL)


def test_a_text_says_how_to_hear_no_more_c3() -> None:
    texts = [one for one in EVERY if one.medium is Medium.SMS]
    assert [one.shown for one in texts if STOPS[one.language] not in one.shown] == []


def test_no_message_has_a_link_in_it_that_somebody_shortened_c14() -> None:
    assert [one.shown for one in EVERY if re.search(r"https?://|www\.|\b(?:bit\.ly|t\.co|tinyurl)\b", one.shown)] == []


def test_a_program_says_that_it_is_one_before_anybody_is_known_p6() -> None:
    says = {"en": "computer program", "es": "programa de computadora", "pt": "programa de computador"}
    private = [one for one in EVERY if one.register is Register.PRIVATE]
    assert [one.shown for one in private if says[one.language] not in one.shown] == []


def test_a_message_is_filled_in_and_no_brace_is_left() -> None:
    assert [one.shown for one in EVERY if re.search(r"[{}]", one.shown)] == []
    assert str(AMOUNT)[:1] in open_ones()[0].shown


def test_a_language_that_has_no_templates_gets_english_and_a_locale_its_language() -> None:
    said = render("invoice", 3, Medium.SMS, "fr-FR", "friendly", "open", VALUES)
    assert said.text == render("invoice", 3, Medium.SMS, "en", "friendly", "open", VALUES).text
    assert render("invoice", 3, Medium.SMS, "pt-BR", "friendly", "open", VALUES).text.startswith("Oi, Maya")
    assert templates.language_of("es_MX") == "es"


def test_a_holdout_gets_the_words_that_stand_and_is_kept_apart() -> None:
    a, b, out = (render("invoice", 7, Medium.SMS, "en", "formal", "open", VALUES, one) for one in ("a", "b", "holdout"))
    assert a.text == out.text != b.text
    assert (a.variant, b.variant, out.variant) == ("a", "b", "holdout")


def test_buttons_are_whatsapps_alone_and_only_where_something_is_open_t4() -> None:
    with_buttons = {(one.medium, one.kind) for one in EVERY if one.rendered.buttons}
    assert with_buttons == {(Medium.WHATSAPP, kind) for kind in set(STEPS) - NOTHING_OPEN}


@pytest.mark.parametrize("missing", ["amount", "name"])
def test_a_value_that_is_missing_is_an_error_and_no_empty_place(missing: str) -> None:
    values = {key: value for key, value in VALUES.items() if key != missing}
    with pytest.raises(KeyError):
        render("invoice", 3, Medium.SMS, "en", "friendly", "open", values)


WRONG = [
    ("{day}", "{when}", "has to use amount, day"),
    ("{day}", "May 5", "has to use amount, day"),
    ("  -3:", "  -5:", "steps has to have -3"),
    ("    formal: ", "    stern: ", "'friendly', 'formal' or 'family'"),
    ("kind: invoice", "kind: bill", "no such kind"),
    ("ways:", "way:", "Extra inputs"),
    ("title: Pay,", "title: Pay all of it with a card,", "at most 20"),
]


def test_a_template_that_is_wrong_is_found_at_start_with_its_place(tmp_path: Path) -> None:
    source = (FOLDER / "templates" / "en" / "invoice.yml").read_text(encoding="utf-8")
    for before, after, said in WRONG:
        assert before in source
        path = tmp_path / "invoice.yml"
        path.write_text(source.replace(before, after, 1), encoding="utf-8")
        with pytest.raises(PolicyInvalid, match=re.escape(said)) as found:
            read(KindFile, path)
        assert "invoice.yml" in str(found.value)


def test_a_frame_without_a_tone_or_the_business_is_found_at_start(tmp_path: Path) -> None:
    path = tmp_path / "frame.yml"
    shutil.copy(FOLDER / "templates" / "en" / "frame.yml", path)
    whole = path.read_text(encoding="utf-8")
    for text, said in (
        (whole.replace("  family:", "  families:"), "frames"),
        (whole.replace("it's {brand}.", "it's us.", 1), "hello has to use brand, name"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(PolicyInvalid, match=said):
            read(FrameFile, path)


def test_the_files_to_read_through_are_those_of_the_words() -> None:
    for language in policies.tones().languages:
        kept = (golden.FOLDER / f"{language}.md").read_text(encoding="utf-8")
        assert kept == golden.written(language), "python -m tests.outreach.golden writes them anew"
