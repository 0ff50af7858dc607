"""Hardship, vulnerability, crisis: people first, money last or not at all (K7, C12)."""

from __future__ import annotations

import re

import structlog
from sqlalchemy.orm import Session

from actions import records
from actions.balance import account
from actions.care import concern, deaths
from actions.deed import Deed
from actions.phrases import Phrases
from actions.plans import proposals
from actions.proof import FORM as PROOF
from actions.talk.handoff import hand_over, say_wait
from actions.turn import Events, Turn, leave_all, put
from bot import clock
from bot.billing import mandates
from bot.conversations import hours, waits
from bot.help_lines import as_lines, country_of, help_lines
from bot.models import HoldKind, MandateStatus

log = structlog.get_logger()

_HARD = {
    "hours": re.compile(
        r"\bhours\b.{0,20}\bcut\b|\bcut\b.{0,12}\bhours\b|\b(?:fewer|less|reduced) (?:hours|shifts|work)\b|\bpay cut\b"
        r"|\bzero[- ]hours?\b|\bhalf pay\b|\bon furlough\b|\bfurloughed\b"
    ),
    "work": re.compile(
        r"\b(?:lost|losing|lose|without|no) (?:\w+ )?(?:job|work|income)\b|\blaid[- ]off\b|\blayoffs?\b|\bredundan\w+|"
        r"\bunemployed\b|\bout of work\b|\bfired\b|\bsacked\b|\blet (?:me|him|her|us) go\b|\bjobless\b|\bbetween jobs\b"
    ),
    "benefits": re.compile(
        r"\bbenefits?\b|\buniversal credit\b|\bfood stamps?\b|\bsnap\b|\bwelfare\b|\bon the dole\b|\bpension\b|"
        r"\bunemployment (?:check|cheque|money|claim|pay)\b|\bsocial security\b|\bdisability (?:pay\w*|check|cheque)\b"
    ),
    "apart": re.compile(
        r"\bdivorc\w+|\bseparat(?:ed|ion|ing)\b|\bsplit up\b|\bbroke up\b|\b(?:he|she|husband|wife) left\b"
    ),
    "costs": re.compile(
        r"\b(?:rent|mortgage|bills?|food|grocer\w+|heating|electric\w*|gas|child ?care|kids?|car (?:broke|repair)\w*|"
        r"prices|cost of living|other debts?)\b"
    ),
}
_VULNERABLE = {
    "unsafe": re.compile(
        r"\babus\w+|\bviolen\w+|\b(?:hits|beats|hurts|threatens|controls) me\b|\bafraid of (?:him|her|my)\b|\brefuge\b|"
        r"\bescap\w+|\bnot safe\b|\bunsafe\b|\bfled\b"
    ),
    "grief": re.compile(
        r"\b(?:died|passed (?:away|on|last)|has passed|bereave\w+|funeral|buried|griev\w+|death|lost my (?:\w+ )?"
        r"(?:wife|husband|partner|mother|mom|mum|father|dad|son|daughter|child|baby|brother|sister|gran\w*|friend))\b"
    ),
    "ill": re.compile(
        r"\bcancer\b|\bhospital\w*|\bill(?:ness)?\b|\bsick\w*|\bdisab\w+|\bstroke\b|\bsurgery\b|\bchemo\w*|\bdementia\b|"
        r"\bdepress\w+|\banxi\w+|\bmental\b|\bbipolar\b|\bpanic\b|\boperation\b|\bdiagnos\w+|\btreatment\b|\bhealth\b"
    ),
}
# A mental-health crisis or its treatment, told of oneself: what we begin stops, as the law asks (C8).
_CARE = re.compile(
    r"\bsectioned\b|\bmental[- ]health (?:crisis|emergency|unit|ward|hospital)\b|\bcrisis (?:team|care)\b|"
    r"\bpsych(?:iatric)? (?:ward|hospital|unit)\b|\bmental (?:hospital|breakdown)\b"
)
_SOMEBODY_ELSE = re.compile(
    r"\b(?:my|our|his|her|their) (?:\w+ )?(?:partner|wife|husband|son|daughter|mother|mom|mum|father|dad|brother|"
    r"sister|friend|child|kid|lodger|gran\w*|aunt|uncle|boyfriend|girlfriend|ex|neighbou?r|parents?)(?:'s)?\b|"
    r"\bson'?s been\b"
)


class ReportHardship(Deed):
    """They cannot afford it. A case is opened, options are offered, nothing is asked for (K7)."""

    title = "action_report_hardship"
    intent = "report_hardship"

    async def act(self, turn: Turn) -> Events:
        """Say so kindly, with free advice in their country. Whatever form was running is left."""
        if is_in_care(turn.words):
            return await Deed.by_intent["report_vulnerability"].act(turn)
        passed = await concern.pass_on(turn, "report_hardship")
        lines = as_lines(help_lines().advice(passed.country, passed.locale))
        if passed.customer is not None and turn.loop != PROOF:
            answered = await self._terms(turn, lines)
            if answered is not None:
                return answered
        phrases = Phrases(passed.locale)
        known = "" if passed.customer else "_unknown"
        again = "_again" if passed.again else ""
        turn.say(f"utter_hardship{known}{again}", heard=phrases.say(f"hardship_{reason(turn.words)}"))
        if await turn.write(lambda session: _is_on_autopay(session, turn)):
            turn.say("utter_hardship_autopay")
        if passed.to_person:
            await concern.say_who_is_next(turn, passed)
        elif not passed.again:
            turn.say(f"utter_advice{known}", lines=lines)
        proving = await concern.go_on_proving(turn) if passed.customer is None else []
        if turn.loop == PROOF or proving:  # nobody is asked twice for the same
            return [*proving, *put(topic="hardship")]
        return [*leave_all(), *put(topic="hardship")]

    async def _terms(self, turn: Turn, lines: str) -> Events | None:
        """An answer to terms in the same message ("my hours were cut, I can do 30 a week"): both are heard."""
        mine = await turn.write(lambda session: account(session, turn))
        said = proposals.named_terms(turn, mine)
        if not (said.amount and said.frequency) or not mine.standing.total:
            return None
        turn.say("utter_hardship_heard")
        turn.say("utter_advice_unknown", lines=lines)
        return [*leave_all(), *await proposals.answer(turn, mine, said)]


class ReportVulnerability(Deed):
    """Illness, bereavement, abuse: a specialist takes over. A link that was given still works and is not spoken of."""

    title = "action_report_vulnerability"
    intent = "report_vulnerability"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Hand over and say so. A death of the account's holder is one, however it is told. Who tells of a
        mental-health crisis hears where help is, and nothing is begun until a person has looked (C8, C12)."""
        customer = await turn.write(turn.customer_if_known)
        if deaths.tells_of_death(turn.words) and deaths.is_of_holder(turn.words, customer):
            return await Deed.by_intent["report_deceased"].act(turn)
        in_care = is_in_care(turn.words)
        if in_care:
            await turn.write(lambda session: _hold(session, turn))
        passed = await concern.pass_on(turn, "report_vulnerability")
        said = trouble(turn.words)
        turn.say("utter_vulnerability", heard=Phrases(passed.locale).say(f"vulnerable_{said}"))
        if said == "unsafe":
            turn.say("utter_safety", emergency=help_lines().in_crisis(passed.country, passed.locale).emergency)
        if in_care:
            lines = help_lines().in_crisis(passed.country, passed.locale)
            turn.say("utter_help_lines", lines=as_lines(lines.lines), emergency=lines.emergency)
        await say_wait(turn)
        return leave_all()


class ExpressCrisis(Deed):
    """Despair: a humane reply with help lines, a person at once, no word of money (C12).

    The words come whatever else fails, the database included.
    """

    title = "action_express_crisis"

    async def act(self, turn: Turn) -> Events:
        """Say where help is, and bring a person in."""
        lines = help_lines().in_crisis(*await self._place(turn))
        turn.say("utter_crisis", lines=as_lines(lines.lines), emergency=lines.emergency)
        try:
            await hand_over(turn, "express_crisis")
            await self._say_when_people_are_back(turn)
        except Exception as error:
            log.error("crisis hand-over failed", kind=type(error).__name__)
        return leave_all()

    async def _say_when_people_are_back(self, turn: Turn) -> None:
        """Where nobody is at the desk nobody answers at once, and that is said after the lines (C13)."""

        def look(session: Session) -> str | None:
            conversation, back = turn.conversation(session), waits.closed_until(clock.now())
            return hours.spoken(back, conversation.locale, waits.zone_of(session, conversation)) if back else None

        when = await turn.write(look)
        if when is not None:
            turn.say("utter_crisis_closed", when=when)

    async def _place(self, turn: Turn) -> tuple[str, str]:
        """Their country and their locale, as far as they can be known."""
        try:
            customer = await turn.write(turn.customer_if_known)
            locale = await turn.write(lambda session: turn.conversation(session).locale)
            return (customer.country if customer else country_of(locale)), locale
        except Exception as error:
            log.error("crisis country unknown", kind=type(error).__name__)
            return "any", str(turn.slot("language") or "en")


def _hold(session: Session, turn: Turn) -> None:
    customer = turn.customer_if_known(session)
    records.hold_contact(session, turn, HoldKind.BREATHING_SPACE, customer)
    note = " ".join(["Mental-health crisis, told in the chat.", *concern.names(turn.text)])
    records.open_case(session, turn, "report_bankruptcy", customer, note=note)


def _is_on_autopay(session: Session, turn: Turn) -> bool:
    """Whether instalments are taken from their card: who has less now should know how to stop that (K7)."""
    customer = turn.customer_if_known(session)
    mandate = mandates.current(session, customer) if customer else None
    return mandate is not None and mandate.status == MandateStatus.ACTIVE


def is_in_care(text: str) -> bool:
    """Whether `text` tells of a mental-health crisis, or of treatment for one, of whoever writes."""
    said = text.lower().replace("’", "'")
    return bool(_CARE.search(said)) and not _SOMEBODY_ELSE.search(said)


def reason(text: str) -> str:
    """What made it hard, as far as `text` says, so that it is acknowledged: the end of a phrase's name."""
    return _first(_HARD, text)


def trouble(text: str) -> str:
    """The same of what somebody goes through."""
    return _first(_VULNERABLE, text)


def _first(kinds: dict[str, re.Pattern[str]], text: str) -> str:
    said = text.lower().replace("’", "'")
    return next((name for name, words in kinds.items() if words.search(said)), "else")
