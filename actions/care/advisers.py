"""A lawyer or debt adviser speaks for them from now on; how to reach that person is kept apart from theirs (C8)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from actions.care import concern
from actions.deed import Deed
from actions.turn import Events, Turn, leave_all, put
from bot import policies
from bot.models import HoldKind

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_REFERENCE = re.compile(
    r"\b(?:ref(?:er[eê]ncia|erence)?|case|file|matter|claim|caso|expediente|folio|processo|protocolo)\b\.?\s*"
    r"(?:is|no\.?|number|nr\.?|es|é|de|n[uú]mero|n[uú]m\.?|nº|#|:|\s)*"
    r"\b([a-z]{0,6}[-/]?\d[\w/-]{2,24})",
    re.IGNORECASE,
)


class ReportAttorney(Deed):
    """Speak to my lawyer, or to my debt adviser."""

    title = "action_report_attorney"
    intent = "report_attorney"

    async def act(self, turn: Turn) -> Events:
        """Hold, note the adviser, bring a specialist in. Nothing more is asked of the customer (C8)."""
        found = list(contacts(turn.text))
        note = "\n".join(["The adviser, not the customer:", *found]) if found else ""
        passed = await concern.pass_on(turn, "report_attorney", hold=HoldKind.ATTORNEY, note=note)
        if passed.bound:
            turn.say("utter_adviser_known" if found else "utter_adviser")
        else:
            turn.say("utter_adviser_passed_on")
        await concern.say_who_is_next(turn, passed)
        return [*leave_all(), *put(topic="care")]


def contacts(text: str) -> Iterator[str]:
    """A line for the desk for each way to reach an adviser that `text` gives, and for their reference. Who they are
    stands in the customer's own words."""
    for found in dict.fromkeys(_EMAIL.findall(text)):
        yield f"E-mail: {found}"
    numbers = dict[str, None]()
    for region in policies.identity().regions:
        for match in phonenumbers.PhoneNumberMatcher(_EMAIL.sub(" ", text), region):
            numbers.setdefault(match.raw_string)
    yield from (f"Phone: {number}" for number in numbers)
    if found_reference := _REFERENCE.search(text):
        yield f"Reference: {found_reference[1].strip()}"
