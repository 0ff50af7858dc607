"""Canned answers: those of `policies/canned_answers.yml`, those that supervisors added, and how one becomes words."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from babel.lists import format_list
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing import invoices
from bot.desk import audit
from bot.desk.auth import Seat
from bot.desk.identity import Known, known, language
from bot.desk.text import reason
from bot.desk.thread import kindness
from bot.errors import Conflict, InvalidInput, NotFound
from bot.models import CannedAnswer, Conversation, Customer
from bot.policies.canned_answer import CannedText, variables

LANGUAGES = ("en", "es", "pt")
UNPROVEN = "They have not proven who they are, so {what} can't be told."


@dataclass(frozen=True, slots=True)
class Canned:
    """One answer in one language. `id` is None for one of the file; `proven`: only for who has proven who they are."""

    name: str
    language: str
    title: str
    text: str
    id: uuid.UUID | None = None
    proven: bool = False


class CannotFill(Exception):
    """A variable has no value here; the sentence says why."""


def all_of(session: Session) -> list[Canned]:
    """Every answer in use, by name and language; what was added takes the place of the file's of that name."""
    found = {(one.name, one.language): one for one in _of_file()}
    of_proven = {one.name for one in found.values() if one.proven}
    for row in session.scalars(sa.select(CannedAnswer).where(CannedAnswer.retired_at.is_(None))):
        proven = row.name in of_proven
        found[row.name, row.language] = Canned(row.name, row.language, row.title, row.text, row.id, proven)
    return [found[key] for key in sorted(found)]


def offered(session: Session, seat: Seat, conversation: Conversation) -> list[dict[str, Any]]:
    """Each answer as it would read here, in the customer's language or, said plainly, in English.

    `text` is None where it cannot be said here, and `refused` why: a variable without a value is never a blank.
    """
    wanted = conversation.locale.replace("_", "-").split("-")[0].lower()
    by_name: dict[str, dict[str, Canned]] = {}
    for one in all_of(session):
        by_name.setdefault(one.name, {})[one.language] = one
    filling = _Filling(session, seat, conversation)
    return [_shown(filling, there, wanted) for there in by_name.values() if wanted in there or "en" in there]


def add(session: Session, seat: Seat, name: str, language: str, title: str, text: str) -> CannedAnswer:
    """A further answer, or another wording of one in use, which is retired. Raises `InvalidInput`, `Conflict`, and
    `kindness.Unkind` for what no customer should read."""
    words = _checked(name, language, title, text)
    before = _in_use(session, name, language)
    if before is not None:
        if (before.title, before.text) == (words.title, words.text):
            return before
        _retire(session, seat, before)
    made = CannedAnswer(
        name=name, language=language, title=words.title, text=words.text, added_by=seat.agent.id, added_at=clock.now()
    )
    session.add(made)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict("Somebody changed this answer just now. Look at it again first.") from error
    audit.record(session, seat.agent, "canned_answer.change" if before else "canned_answer.add", _subject(made))
    return made


def retire(session: Session, seat: Seat, answer_id: uuid.UUID) -> None:
    """Offer it no more; the file's answer of that name, if there is one, is offered again. Twice is once."""
    row = session.get(CannedAnswer, answer_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such answer.", about=answer_id)
    if row.retired_at is None:
        _retire(session, seat, row)
        audit.record(session, seat.agent, "canned_answer.retire", _subject(row))


@cache
def _of_file() -> list[Canned]:
    return [
        Canned(name, language, words.title, words.text, proven=words.proven)
        for name, languages in policies.canned_answers().root.items()
        for language, words in languages.items()
    ]


def _shown(filling: _Filling, there: dict[str, Canned], wanted: str) -> dict[str, Any]:
    one = there.get(wanted) or there["en"]
    shown: dict[str, Any] = {
        "name": one.name,
        "title": one.title,
        "language": language(one.language),
        "instead_of": None if one.language == wanted else language(wanted),
        "text": None,
        "refused": None,
    }
    try:
        return shown | {"text": filling.said(one)}
    except CannotFill as problem:
        return shown | {"refused": str(problem)}


class _Filling:
    """The values of variables in one conversation, each looked up when it is first needed."""

    def __init__(self, session: Session, seat: Seat, conversation: Conversation) -> None:
        self._session, self._seat, self._conversation = session, seat, conversation
        customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
        self._is_proven = known(conversation, customer) == Known.VERIFIED
        self._customer = customer if self._is_proven else None
        self._values: dict[str, str] = {}

    def said(self, one: Canned) -> str:
        """Its text with the variables filled. Raises `CannotFill`, too for what implies an account too early (P1)."""
        filled = one.text.format(**{name: self._value(name) for name in variables(one.text)})
        if not self._is_proven and (one.proven or kindness.look(filled, verified=False)):
            raise CannotFill(UNPROVEN.format(what="anything of an account"))
        return filled

    def _value(self, name: str) -> str:
        if name not in self._values:
            values: dict[str, Callable[[], str]] = {
                "first_name": self._first_name,
                "balance": self._balance,
                "agent": lambda: self._seat.agent.name,
                "brand": policies.brand_name,
                "pay_by": self._pay_by,
            }
            self._values[name] = values[name]()
        return self._values[name]

    def _first_name(self) -> str:
        return self._proven("their name").name.split()[0]

    def _balance(self) -> str:
        standing = invoices.standing(self._session, self._proven("what is open"))
        if not standing.total:
            raise CannotFill("Nothing is open on this account.")
        return standing.total.format(self._conversation.locale)

    def _proven(self, what: str) -> Customer:
        if self._customer is None:
            raise CannotFill(UNPROVEN.format(what=what))
        return self._customer

    def _pay_by(self) -> str:
        locale = self._conversation.locale
        names = [policies.in_language(way.name, locale) for way in policies.answers().methods.checkout]
        tag = locale.replace("-", "_").split("_")[0]
        return format_list(names, style="or", locale=tag if tag in LANGUAGES else "en")


def _checked(name: str, language: str, title: str, text: str) -> CannedText:
    """Raises `InvalidInput` in words for whoever wrote it, `kindness.Unkind` for what no customer should read."""
    try:
        policies.CannedAnswersPolicy.model_validate({name: {"en": {"title": "-", "text": "-"}}})
    except ValidationError as error:
        raise InvalidInput("A name has up to 40 small letters, digits and dashes: thank_you, say.") from error
    if language not in LANGUAGES:
        raise InvalidInput(f"A language is one of {', '.join(LANGUAGES)}.")
    try:
        words = CannedText(title=reason(title).strip(), text=reason(text).strip())
    except ValidationError as error:
        raise InvalidInput("; ".join(_plainly(fault) for fault in error.errors())) from error
    plain = words.text.format(**dict.fromkeys(variables(words.text), "Robin"))
    if findings := [*_cards(text), *kindness.look(f"{words.title}. {plain}")]:
        raise kindness.Unkind(findings)
    return words


def _cards(text: str) -> Iterator[kindness.Finding]:
    return (one for one in kindness.look(text) if one.final)


def _plainly(fault: Any) -> str:
    return f"{str(fault['loc'][0]).capitalize()}: {str(fault['msg']).removeprefix('Value error, ')}"


def _in_use(session: Session, name: str, language: str) -> CannedAnswer | None:
    same = (CannedAnswer.name == name, CannedAnswer.language == language, CannedAnswer.retired_at.is_(None))
    return session.scalar(sa.select(CannedAnswer).where(*same).with_for_update())


def _retire(session: Session, seat: Seat, row: CannedAnswer) -> None:
    row.retired_by, row.retired_at = seat.agent.id, clock.now()
    session.flush()


def _subject(row: CannedAnswer) -> str:
    return f"canned_answer:{row.id}"
