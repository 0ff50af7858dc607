"""What a text to a customer must not say (K2, K5, K6, C11, P1), in each language that we write."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from enum import StrEnum
from functools import cache

import yaml

from bot.settings import ROOT


class Ban(StrEnum):
    """Why a word is banned. A customer who asks for it opens some of them: see `asked`."""

    THREAT = "threat"
    COURT = "court"
    CREDIT = "credit record"
    SHAME = "shame"
    URGENCY = "urgency"
    DEMAND = "demand"
    MINIMUM = "minimum payment"
    COST = "fees and interest"
    DEBT = "debt"
    SHOUTING = "shouting"


# Patterns of whole words in any case, one between two bars or line ends. Those of every language are always tried.
BANNED: dict[Ban, str] = {
    Ban.THREAT: r"""
        consequences? | or else | no (?:other )?choice but | (?:be|feel) forced to
        (?<!no )(?<!any )further (?:action|steps)
        tak(?:e|ing) (?:legal )?(?:action|steps|measures) (?:against|to recover) | (?:we|will) enforce(?:ment)?
        (?:unless|until) you (?:pay|settle)(?! (?:it )?yourself)
        if you (?:don't|do not|fail to|refuse to) (?:pay|settle|act|answer)
        arrest(?:ed)? | jail | prison | garnish\w* | repossess\w* | seiz(?:e|ed|ing|ure) | evict\w*
        (?:cut|switch|shut) you off | (?:suspend|block|terminate) your (?:account|service|contract) | blacklist\w*
        bailiffs? | collection(?:s)? (?:agency|agencies|agent|firm|partner)s? | debt collect\w* | collectors?
        (?:send|pass|hand|sell)\w* (?:it|this|you|your account|the account) (?:on |over )?to (?:collections?|an? agency)
        our (?:lawyers?|attorneys?|solicitors?|legal (?:team|department)) | last resort | consecuencias | embarg\w+
        acciones legales | desahuci\w+ | c[aá]rcel | morosos | consequências | penhora\w*
        medidas (?:legales|judiciales|judiciais|cabíveis) | negativa(?:do|r|ção) | a[çc][õo]es (?:legais|judiciais)
        prisão | nome sujo
    """,
    Ban.COURT: r"""
        court | lawsuits? | sue | sued | suing | legal(?:ly)? (?:action|proceedings?|claim|steps) | litigat\w*
        tribunal(?:es)? | juzgado | demanda(?:r|rle|remos)? | processo judicial | justiça
    """,
    Ban.CREDIT: r"""
        credit (?:score|rating|report|record|file|history|bureau|reference|agenc)\w*
        (?:bur[oó]|agencia) de cr[eé]dito | historial crediticio | SPC | Serasa | score de crédito
    """,
    Ban.SHAME: r"""
        you(?:'ve| have)? (?:\w+ )?(?:failed|neglected|ignored) | you(?:'ve| have)? forgot(?:ten)? to pay
        fail(?:ed|ure|s|ing) to | you (?:should|ought to) have | you should've
        (?<!not )(?<!n't )your (?:own )?(?:fault|mistake) | irresponsib\w+ | as you (?:well |should |already )?know
        you knew | you(?:'d|'ve| had| have)? promised
        br(?:oke|oken|eaking) (?:your|a|the) (?:promise|word|agreement) | careless\w* | asham\w+ | shame\w*
        disappoint(?:ed|ing|ment) | excuses | you(?:'ve| have)? (?:still |again )?(?:not|n't) paid
        you (?:haven't|have not|hadn't|didn't|did not|never) (?:yet |even )?pa(?:id|y) | you still owe
        once again you | yet again | you keep \w+ing | repeatedly | unwilling\w* | refus(?:e|ed|al|ing) to pay
        avoid(?:ed|ing) us | obviously | how hard (?:can|is) it | se lo advertimos | debería haber
        como (?:ya )?(?:usted )?sabe | (?<!no es )culpa suya | irresponsable | vergüenza | incumpli\w+ | deveria ter
        como (?:você )?(?:já )?sabe | (?<!não é )culpa sua | irresponsável | vergonha | inadimpl\w+ | caloteir\w+
    """,
    Ban.URGENCY: r"""
        immediate(?:ly)?(?! danger) | urgent(?:ly)? | urgency | act (?:now|fast|today|quickly)
        (?:last|final) (?:chance|call|warning|notice|reminder|demand|opportunity|step)
        as soon as (?:possible|you can) | asap | at once or | within (?:the next )?\d+ (?:minutes?|hours?|days?)
        deadlines? | before it(?:'s| is) too late | (?<!not )(?<!never )too late | (?<!no )hurry
        time(?: is|'s)? running out | run(?:ning|s)? out of time | (?:don't|do not|without) delay
        (?:only|just|you|you'll) have (?:\d+|a few|one|two) (?:minutes?|hours?|days?)
        \d+ (?:minutes?|hours?|days?) (?:left|remaining|to (?:pay|decide|act|respond)) | today only | only today
        limited (?:time|offer) | expires? (?:soon|today|tonight|in \d+) | by the end of (?:the|to)day
        (?:please|must|should) (?:\w+ )?pay (?:\w+ )?(?:now|today|right away|this week) | promptly | overdue notice
        time[- ]sensitive | urgentes? | urgentemente | inmediatamente | inmediat[oa] | de inmediato | cuanto antes
        lo antes posible | [uú]ltim[oa] (?:oportunidad|aviso|chance) | plazo final | imediatamente | imediat[oa]
        de imediato | o quanto antes | o mais rápido possível | prazo final
    """,
    Ban.DEMAND: r"""
        you must | must (?:be )?pa(?:y|id)
        you(?:'ll)? (?:have|need|are required|are obliged|are expected) to (?:pay|settle|clear|act)
        (?:it|this|balance|amount|account|rest) (?:still )?(?:has|needs) to be (?:paid|settled|cleared)
        payment is (?:required|due now)
        we (?:require|insist|expect|demand) | (?<!on )demand(?:s|ed|ing)? | oblig(?:ed|ated|atory)
        (?<!no )(?<!without )(?<!any )obligations? | pay up | you owe us | compulsory | mandatory
        debe (?:usted )?pagar | tiene que pagar | exigimos | obligad[oa] | (?:você )?deve pagar
        (?:você )?tem que pagar | obrigad[oa] a
    """,
    Ban.MINIMUM: r"""
        minimum | m[ií]nim[oa]s? | least (?:that )?you (?:can|could|may|have to) pay
    """,
    Ban.COST: r"""
        fees? | penalt(?:y|ies) | penali[sz]ed? | surcharges? | (?<!best )interest(?! you) | interest rates?
        (?:late|finance|extra|added) charges? | intereses | recargos? | multas? | comision(?:es)? | comisión | juros
        encargos | taxas?
    """,
    Ban.DEBT: r"""
        debts? | debtors? | indebted\w* | delinquen\w+ | arrears | (?:in|into) default | default(?:ed|er|ers|ing)
        collections? | creditors? | deudas? | deudor\w* | moros[oa]s? | morosidad | cobranzas? | d[ií]vidas?
        devedor\w* | cobranças? | adeud\w+
    """,
}

# What a customer's own words open: asked for it, the answer is truthful (K5, K6; design section 10, 14).
ASKED: dict[Ban, str] = {
    Ban.THREAT: r"jail|prison|arrest|police|crim|illegal|bailiff|collect|agenc|lawyer|attorney|my (?:door|house|home)"
    r"|wage|garnish|evict|repossess|what happens|what if|consequen|will you do",
    Ban.COST: r"fee|charg|interest|penalt|cost|extra|surcharge|how much more|added|what happens|what if|consequen",
    Ban.MINIMUM: r"minim|smallest|least|lowest",
    Ban.CREDIT: r"credit|score|report|bureau|what happens|what if|consequen|will you do",
    Ban.COURT: r"court|sue|legal|lawyer|attorney|judge|what happens|what if|consequen|will you do",
    Ban.DEBT: r"debt|collect|bankrupt|creditor|agency|agencies|default|what happens|what if|consequen|will you do",
}

# Written in capitals by everybody, or a word to send (an id has a digit or a hyphen, and a code stands at an amount).
CAPITALS = {
    "ID", "PDF", "SMS", "URL", "FAQ", "OK", "US", "USA", "UK", "EU", "NHS", "CVV", "CVC", "PIN", "CPF", "CNPJ", "CEP",
    "STOP", "START", "HELP", "PARAR", "AYUDA", "AJUDA", "HOME", "SHOUT", "SEPA", "ACH", "GDPR",
}  # fmt: skip


def banned(text: str, allowed: Collection[Ban] = ()) -> list[str]:
    """What `text` says that it must not, each as "urgency: 'act now'"; [] when it is kind.

    `allowed` names what this text may speak of because the customer asked (`asked` tells from their words). The lines
    of policies/help_lines.yml are names that others gave, and are not judged; nor are links, whose letters are chance.
    """
    plain = _without_names(text)
    found = [f"{ban}: {said!r}" for ban in BANNED if ban not in allowed for said in _said(ban, plain)]
    return found + [f"{Ban.SHOUTING}: {said!r}" for said in _shouts(plain) if Ban.SHOUTING not in allowed]


def asked(words: str) -> frozenset[Ban]:
    """What the customer's own `words` open in the answer to them."""
    return frozenset(ban for ban, opening in ASKED.items() if re.search(opening, words, re.IGNORECASE))


def _said(ban: Ban, text: str) -> Iterator[str]:
    return (found.group() for found in _pattern(ban).finditer(text))


@cache
def _pattern(ban: Ban) -> re.Pattern[str]:
    patterns = re.split(r"\s*\n\s*|\s\|\s", BANNED[ban].strip())
    return re.compile(rf"\b(?:{'|'.join(patterns)})\b", re.IGNORECASE)


def _shouts(text: str) -> Iterator[str]:
    text = re.sub(r"(?<=\d)\s[AP]M\b(?:\s[A-Z]{2,5}\b)?", "", text)  # a time of day, with its zone
    codes = re.sub(r"\b[A-Z]{3}\s?(?=\d)|(?<=\d)\s?[A-Z]{3}\b|\b[A-Z]+-?\d[\w-]*|\b[A-Z]{1,2}\$", " ", text)
    yield from (word for word in re.findall(r"\b[A-Z]{2,}\b", codes) if word not in CAPITALS)
    if text.count("!") > 1:
        yield "!" * text.count("!")


def _without_names(text: str) -> str:
    for line in _help_lines():
        text = text.replace(line, "")
    text = re.sub(r"https?://\S+", "", text)
    return text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


@cache
def _help_lines() -> tuple[str, ...]:
    lines = yaml.safe_load((ROOT / "policies" / "help_lines.yml").read_text(encoding="utf-8"))
    crisis = [line for country in lines["crisis"].values() for line in country["lines"]]
    return (*crisis, *(line for country in lines["debt_advice"].values() for line in country))
