"""What an agent is told before a text goes out that breaks a rule of kindness (`policies/kindness.yml`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import policies
from bot.conversations.payment_news import proven
from bot.conversations.redaction import redact_cards
from bot.errors import InvalidInput
from bot.models import Author, Conversation, Message
from bot.policies.kindness import Ban, Banned, KindnessPolicy, whole_words

HEARD = 10  # of the customer's own messages open what they asked for
_CLAUSE = re.compile(r"[.!?;:,\n]|(?<=\s)(?:but|or|pero|sino|mas|or else|otherwise|e)(?=\s)", re.IGNORECASE)
_CAPITALS = re.compile(r"\b[A-ZÁÉÍÓÚÂÊÔÃÕÑÇ]{2,}\b(?:\s+[A-ZÁÉÍÓÚÂÊÔÃÕÑÇ]{2,}\b)*")
_LONG_WORD = 5
_MARK = "\x01"


@dataclass(frozen=True, slots=True)
class Finding:
    """What breaks which rule: the words, why, and whether they can be sent all the same."""

    ban: Ban
    rule: str
    said: str
    because: str
    final: bool = False


class Unkind(InvalidInput):
    """The text breaks a rule of kindness; `findings` say which and where."""

    code = "kindness"

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("Please look at this once more: " + " ".join(dict.fromkeys(one.because for one in findings)))
        self.findings = findings

    def body(self) -> dict[str, Any]:
        """The answer to the page."""
        return {"error": {"code": self.code, "message": self.message, "findings": listed(self.findings)}}


def before_sending(session: Session, conversation: Conversation, text: str, *, meant: bool) -> list[Finding]:
    """What the agent sends although they were told: for the audit. Raises `Unkind` for what was not said to be `meant`,
    and for what nobody may send."""
    findings = in_conversation(session, conversation, text)
    if findings and (not meant or any(one.final for one in findings)):
        raise Unkind(findings)
    return findings


def in_conversation(session: Session, conversation: Conversation, text: str) -> list[Finding]:
    """What `text` would break if it were said here now: what the customer asked for is answered truthfully (K5, K6)."""
    heard = session.scalars(
        sa.select(Message.text)
        .where(Message.conversation_id == conversation.id, Message.author == Author.CUSTOMER)
        .order_by(Message.seq.desc())
        .limit(HEARD)
    )
    verified = proven(conversation) and conversation.customer_id is not None
    return look(text, asked="\n".join(heard), verified=verified)


def look(text: str, *, asked: str = "", verified: bool = True) -> list[Finding]:
    """Everything in `text` that breaks a rule, in the order of the file; `asked` are the customer's own words."""
    plain = re.sub(r"https?://\S+", " ", text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    policy = policies.kindness()
    found = [*_cards(plain)]
    for ban, rules in policy.bans.items():
        if (rules.unproven and verified) or (rules.asked and re.search(rules.asked, asked, re.IGNORECASE)):
            continue
        found += [
            Finding(ban, rules.rule, said, rules.because, rules.final) for said in _said(policy, ban, rules, plain)
        ]
    return found + [Finding(Ban.SHOUTING, "K2", said, "It may read as shouting.") for said in _shouts(policy, plain)]


def listed(findings: list[Finding]) -> list[dict[str, Any]]:
    """The same for the page, each once."""
    return [asdict(one) for one in dict.fromkeys(findings)]


def _cards(text: str) -> Iterator[Finding]:
    if _MARK in redact_cards(text.replace(_MARK, " "), _MARK):
        because = "There is a card number or security code in it. Those are never written here, by nobody: take it out."
        yield Finding(Ban.CARD, "P3", "card number", because, final=True)


def _said(policy: KindnessPolicy, ban: Ban, rules: Banned, text: str) -> Iterator[str]:
    for found in whole_words([*rules.everywhere, *rules.agents]).finditer(text):
        before = _clause_before(text, found.start())
        if rules.deniable and _is_denied(policy, before):
            continue
        if ban == Ban.URGENCY and _is_our_own(policy, before, found.group()):
            continue
        yield found.group()


def _clause_before(text: str, end: int) -> str:
    """From the beginning of the clause to `end`."""
    start = max((mark.end() for mark in _CLAUSE.finditer(text, 0, end)), default=0)
    return text[start:end]


def _is_denied(policy: KindnessPolicy, before: str) -> bool:
    """ "We never", but not "if you don't"."""
    return whole_words(policy.denials).search(whole_words(policy.conditions).sub(" ", before)) is not None


def _is_our_own(policy: KindnessPolicy, before: str, said: str) -> bool:
    own = whole_words(policy.own_acts).search(before)
    return own is not None and not whole_words(policy.pressed).search(f"{before[own.start() :]} {said}")


def _shouts(policy: KindnessPolicy, text: str) -> Iterator[str]:
    """Several words in capitals, or a long one; exclamation marks in a row."""
    codes = re.sub(r"\b[A-Z]{3}\s?(?=\d)|(?<=\d)\s?[A-Z]{2,5}\b|\b[A-Z]+-?\d[\w-]*", " ", text)
    for found in _CAPITALS.finditer(codes):
        words = [word for word in found.group().split() if word not in policy.capitals]
        if len(words) > 1 or any(len(word) >= _LONG_WORD for word in words):
            yield found.group()
    if marks := re.search(r"!{2,}|¡{2,}", text):
        yield marks.group()
