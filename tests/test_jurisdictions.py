"""What the law of a place asks is data with its sources, and who is somewhere unknown gets the strictest of each."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot import policies
from bot.models import HoldKind, Medium, ReminderKind
from bot.policies import Jurisdiction, PolicyInvalid, strictest
from bot.policies.disclosure import Disclosures, DisclosuresPolicy
from bot.policies.jurisdiction import PlanDuties
from bot.policies.pack_check import check
from bot.policies.week import WEEKDAYS

FILES = ("us", "us_collector", "uk", "br")
NAMES = ("registered", "rights", "advice", "collector", "collector_purpose")


def pack(name: str) -> Jurisdiction:
    return policies.read(Jurisdiction, policies.FOLDER / "jurisdictions" / f"{name}.yml")


def span(start: int, length: int) -> str:
    end = start + length
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


spans = st.builds(span, st.integers(480, 840), st.integers(60, 420))
names = st.lists(st.sampled_from(NAMES), max_size=3, unique=True)
binding = st.sampled_from([kind for kind in HoldKind if kind is not HoldKind.DISPUTE])
packs = st.fixed_dictionaries(
    {
        "version": st.just("2026-11-22"),
        "title": st.just("Somewhere"),
        "hours": st.dictionaries(st.sampled_from(WEEKDAYS), spans, min_size=1),
        "public_holidays": st.booleans(),
        "caps": st.lists(
            st.fixed_dictionaries({"messages": st.integers(1, 9), "days": st.integers(1, 60)}), min_size=1, max_size=3
        ),
        "needs_opt_in": st.lists(st.sampled_from(Medium), unique=True),
        "stop_words": st.lists(st.sampled_from(["stop", "sair", "baja", "opt out"]), min_size=1, unique=True),
        "disclosures": st.fixed_dictionaries(
            {
                "first": names,
                "reminders": st.dictionaries(st.sampled_from(ReminderKind), names),
                "email": names,
                "statement": names,
            }
        ),
        "holds_by_law": st.lists(binding, unique=True),
        "hold_days": st.dictionaries(binding, st.integers(1, 730)),
        "after_treatment_days": st.integers(1, 90),
        "kept_years": st.integers(1, 30),
        "plans": st.fixed_dictionaries(
            {
                "at_least_months": st.integers(1, 12),
                "at_most_months": st.none() | st.integers(12, 120),
                "counter_offers": st.integers(1, 5),
                "advice": st.booleans(),
            }
        ),
    }
).map(
    lambda given: Jurisdiction.model_validate(
        {**given, "sources": {key: "our own choice" for key in given if key not in ("version", "title")}}
    )
)


@given(st.lists(packs, min_size=1, max_size=4), st.dates(dt.date(2026, 1, 1), dt.date(2030, 1, 1)))
def test_whatever_the_strictest_allows_every_pack_allows(each: list[Jurisdiction], first: dt.date) -> None:
    law = strictest(each)
    assert set(Jurisdiction.model_fields) == law.model_fields_set  # a new key has to say what its strictest is
    for one in each:
        for day, (start, end) in law.hours.items():
            assert one.hours[day][0] <= start < end <= one.hours[day][1]
        assert one.public_holidays or not law.public_holidays
        assert set(one.caps) <= set(law.caps)
        assert one.needs_opt_in <= law.needs_opt_in
        assert one.stop_words <= law.stop_words
        assert one.holds_by_law <= law.holds_by_law
        for kind in HoldKind:
            last, least = law.last_day(kind, first), one.last_day(kind, first)
            assert last is None or (least is not None and last >= least)
        assert law.after_treatment_days >= one.after_treatment_days
        assert law.kept_years >= one.kept_years
        for reminder in ReminderKind:
            for is_first in (True, False):
                said = law.disclosures.at_start(reminder, is_first=is_first)
                assert set(one.disclosures.at_start(reminder, is_first=is_first)) <= set(said)
                assert len(said) == len(set(said))
        assert set(one.disclosures.email) <= set(law.disclosures.email)
        assert set(one.disclosures.statement) <= set(law.disclosures.statement)
        _plans(law.plans, one.plans)


def _plans(law: PlanDuties, one: PlanDuties) -> None:
    """Whoever keeps `law` keeps `one`."""
    assert law.at_least_months >= one.at_least_months
    assert one.at_most_months is None or (law.at_most_months or 1_000) <= one.at_most_months
    assert law.counter_offers <= one.counter_offers
    assert law.advice or not one.advice


def test_p5_records_stay_for_the_years_of_the_country_and_the_longest_where_it_is_unknown() -> None:
    years = {country: policies.jurisdiction(country).kept_years for country in ("US", "GB", "BR", "MX", "")}
    assert years == {"US": 3, "GB": 6, "BR": 5, "MX": 6, "": 6}


def test_c8_a_breathing_space_has_sixty_days_and_what_a_law_gives_no_end_has_none() -> None:
    for name in FILES:
        law = pack(name)
        assert law.last_day(HoldKind.BREATHING_SPACE, dt.date(2026, 3, 1)) == dt.date(2026, 4, 29)
        assert [kind for kind in HoldKind if law.last_day(kind, dt.date(2026, 3, 1))] == [HoldKind.BREATHING_SPACE]
    uk = pack("uk")
    assert HoldKind.BREATHING_SPACE in uk.holds_by_law
    assert uk.after_treatment_days == 30


def test_c4_what_the_rule_names_as_revoking_in_the_united_states_is_heard() -> None:
    named = {"stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"}  # 47 CFR 64.1200(a)(10)
    for name in ("us", "us_collector"):
        assert named <= pack(name).stop_words


def test_every_file_says_where_each_key_is_from() -> None:
    for name in FILES:
        law = pack(name)
        assert set(law.sources) == set(Jurisdiction.model_fields) - {"version", "title", "sources"}, name


def test_the_page_for_operators_has_every_key_that_differs() -> None:
    page = (policies.FOLDER.parent / "docs" / "jurisdictions.md").read_text()
    moments = [f"disclosures.{moment}" for moment in Disclosures.model_fields]
    keys = set(Jurisdiction.model_fields) - {"version", "title", "sources", "disclosures"}
    assert [key for key in (*sorted(keys), *moments) if f"| `{key}`" not in page] == []


def written(tmp_path: Path, name: str, before: str, after: str) -> Path:
    text = (policies.FOLDER / "jurisdictions" / f"{name}.yml").read_text()
    assert before in text
    path = tmp_path / f"{name}.yml"
    path.write_text(text.replace(before, after, 1))
    return path


def test_a_wrong_file_says_which_key_is_wrong(tmp_path: Path) -> None:
    for before, after, says in (
        ("kept_years: 6 ", "kept_years: 0 ", "kept_years"),
        ("kept_years: 6 ", "kept: 6 ", "kept_years"),
        ("breathing_space: 60", "breathing_space: 0", "hold_days.breathing_space"),
        ("{breathing_space: 60}", "{dispute: 60}", "hold_days.dispute"),
        ("[attorney, bankruptcy", "[lawyer, bankruptcy", "holds_by_law"),
        ("  first: [rights]", "  first: [Your Rights]", "disclosures.first"),
        ("plan_behind: [advice]", "plan_broken: [advice]", "disclosures.reminders.plan_broken"),
        ("stop_words: [stop, unsubscribe, opt out]", "stop_words: []", "stop_words"),
        ("at_most_months: null", "at_most_months: 6", "at_least_months must not exceed"),
        ("  kept_years: Limitation", "  years: Limitation", "sources needs kept_years"),
        (
            "  kept_years: Limitation",
            "  years: ours\n  kept_years: Limitation",
            "sources.years is the source of no key",
        ),
    ):
        with pytest.raises(PolicyInvalid, match=r"uk\.yml") as caught:
            policies.read(Jurisdiction, written(tmp_path, "uk", before, after))
        assert says in caught.value.message, before


def faults(**given: Any) -> str:
    """What the start says of the packs that we ship, beside choices of which some are `given`."""
    chosen = policies.outreach().jurisdictions
    kept: dict[str, Any] = {
        "disclosures": policies.disclosures(),
        "languages": policies.tones().languages,
        "brand": policies.brand(),
        "keywords": policies.keywords(),
        "plans": policies.plans(),
    }
    try:
        check({country: (name, policies.jurisdiction(country)) for country, name in chosen.items()}, **(kept | given))
    except PolicyInvalid as error:
        return error.message
    return ""


def test_the_start_names_each_choice_that_the_law_of_a_place_forbids() -> None:
    assert faults() == ""
    brand, words = policies.brand(), policies.keywords()
    bare = brand.model_copy(update={"address": [], "registration": {"GB": "Company number 1"}})
    said = faults(brand=bare)
    assert "brand.yml: address is needed by jurisdictions/br.yml" in said
    assert "brand.yml: registration.BR is needed by jurisdictions/br.yml" in said
    assert "registration.GB" not in said
    assert "registration.any is needed" in said
    fewer = {language: [word for word in each if word != "sair"] for language, each in words.stop.items()}
    unheard = faults(keywords=words.model_copy(update={"stop": fewer}))
    assert "keywords.yml: stop: 'sair' is needed by jurisdictions/br.yml" in unheard
    plans = policies.plans()
    assert "24 or more, by jurisdictions/uk.yml" in faults(plans=plans.model_copy(update={"extended_months": 12}))
    assert "60 or less, by jurisdictions/br.yml" in faults(plans=plans.model_copy(update={"extended_months": 72}))
    assert "2 or less, by jurisdictions/us.yml" in faults(plans=plans.model_copy(update={"counter_offer_rounds": 3}))


def test_p1_c10_the_start_names_a_sentence_that_is_missing_untranslated_or_in_the_wrong_place() -> None:
    shipped = policies.disclosures()
    without = {name: one for name, one in shipped.said.items() if name != "rights"}
    assert "uk.yml: disclosures: rights is no sentence" in faults(disclosures=DisclosuresPolicy(said=without))
    registered = shipped.said["registered"]
    english = registered.model_copy(update={"words": {"en": registered.words["en"]}})
    said = faults(disclosures=DisclosuresPolicy(said={**shipped.said, "registered": english}))
    assert "said.registered.words needs es, pt" in said
    telling = registered.model_copy(update={"implies_nothing": False})
    said = faults(disclosures=DisclosuresPolicy(said={**shipped.said, "registered": telling}))
    assert "br.yml: disclosures.email: anybody may read registered" in said


def test_a_sentence_is_filled_with_what_there_is_and_alike_in_every_language(tmp_path: Path) -> None:
    path = tmp_path / "disclosures.yml"
    good = yaml.safe_load((policies.FOLDER / "disclosures.yml").read_text())
    for words, says in (
        ({"en": "{brand}, {owner}"}, "may use address, advice, brand, registration"),
        ({"en": "{brand"}, "in braces, each plainly"),
        ({"en": "{brand}", "es": "Hola"}, "the same braces as words.en"),
    ):
        path.write_text(yaml.safe_dump({"said": {**good["said"], "rights": {"implies_nothing": True, "words": words}}}))
        with pytest.raises(PolicyInvalid, match=r"said\.rights") as caught:
            policies.read(DisclosuresPolicy, path)
        assert says in caught.value.message
