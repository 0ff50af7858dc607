"""Whether what the law of the chosen places asks is there: words that stop, sentences, facts of the business, plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.policies.disclosure import DisclosuresPolicy
from bot.policies.document import Brand
from bot.policies.file import PolicyInvalid
from bot.policies.jurisdiction import Jurisdiction
from bot.policies.keyword import KeywordsPolicy, joined
from bot.policies.plan import PlansPolicy

ANY = "any"


def check(
    packs: Mapping[str, tuple[str, Jurisdiction]],
    *,
    disclosures: DisclosuresPolicy,
    languages: Sequence[str],
    brand: Brand,
    keywords: KeywordsPolicy,
    plans: PlansPolicy,
) -> None:
    """Hold the `packs`, by country with the name of their file, against the operator's other choices. `languages` (ISO
    639-1) are those that we write. Raises `PolicyInvalid`, which names each file and key and what it needs."""
    faults = list(_unwritten(disclosures, languages))
    stops = {joined(word) for words in keywords.stop.values() for word in words}
    for country, (name, law) in packs.items():
        faults += _unsaid(country, name, law, disclosures, brand)
        unheard = [word for word in sorted(law.stop_words) if joined(word) not in stops]
        faults += [f"keywords.yml: stop: {word!r} is needed by jurisdictions/{name}.yml (C4)" for word in unheard]
        faults += _unplanned(name, law, plans)
    if faults:
        raise PolicyInvalid("policies/ needs attention:\n" + "\n".join(f"  {fault}" for fault in dict.fromkeys(faults)))


def _unwritten(disclosures: DisclosuresPolicy, languages: Sequence[str]) -> Iterator[str]:
    for sentence, one in disclosures.said.items():
        if missing := [language for language in languages if language not in one.words]:
            yield f"disclosures.yml: said.{sentence}.words needs {', '.join(missing)} (C10)"


def _unsaid(country: str, name: str, law: Jurisdiction, disclosures: DisclosuresPolicy, brand: Brand) -> Iterator[str]:
    for sentence in law.disclosures.every():
        one = disclosures.said.get(sentence)
        if one is None:
            yield f"jurisdictions/{name}.yml: disclosures: {sentence} is no sentence of disclosures.yml"
            continue
        if sentence in law.disclosures.email and not one.implies_nothing:
            yield f"jurisdictions/{name}.yml: disclosures.email: anybody may read {sentence} there (P1)"
        if "address" in one.fields and not brand.address:
            yield f"brand.yml: address is needed by jurisdictions/{name}.yml, which has {sentence} said (C10)"
        if "registration" in one.fields and not {country, ANY} & set(brand.registration):
            yield f"brand.yml: registration.{country} is needed by jurisdictions/{name}.yml (C10)"
        if "registration" in one.fields and ANY not in brand.registration:
            yield "brand.yml: registration.any is needed, for a country that nobody chose a file for (C10)"


def _unplanned(name: str, law: Jurisdiction, plans: PlansPolicy) -> Iterator[str]:
    by, asked = f"by jurisdictions/{name}.yml", law.plans
    if plans.extended_months < asked.at_least_months:
        yield f"plans.yml: extended_months has to be {asked.at_least_months} or more, {by} (plans.at_least_months)"
    if asked.at_most_months is not None and plans.extended_months > asked.at_most_months:
        yield f"plans.yml: extended_months has to be {asked.at_most_months} or less, {by} (plans.at_most_months)"
    if plans.counter_offer_rounds > asked.counter_offers:
        yield f"plans.yml: counter_offer_rounds has to be {asked.counter_offers} or less, {by} (plans.counter_offers)"
