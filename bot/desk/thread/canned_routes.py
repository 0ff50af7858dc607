"""Canned answers: the page where everybody reads and supervisors change them, and what the composer's picker asks."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from bot.desk import audit
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.identity import language
from bot.desk.page import PageRoute, page
from bot.desk.thread import canned_answers
from bot.desk.thread.canned_answers import LANGUAGES
from bot.desk.thread.dossier import find
from bot.desk.thread.kindness import Unkind
from bot.policies.canned_answer import TEXT_LIMIT, TITLE_LIMIT, VARIABLES

pages = APIRouter(prefix="/desk/answers", route_class=PageRoute, include_in_schema=False)
api = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)


class Worded(BaseModel):
    """An answer in one language; one of that name and language that is in use is retired."""

    name: str = Field(max_length=40)
    language: str = Field(max_length=2)
    title: str = Field(max_length=TITLE_LIMIT)
    text: str = Field(max_length=TEXT_LIMIT)


@pages.get("")
def answers(db: Db, seat: Reader) -> Response:
    """The page."""
    with db.reading() as session:
        listed = canned_answers.all_of(session)
    by_name: dict[str, list[canned_answers.Canned]] = {}
    for one in listed:
        by_name.setdefault(one.name, []).append(one)
    limits = {"title": TITLE_LIMIT, "text": TEXT_LIMIT}
    languages = {code: language(code) for code in LANGUAGES}
    return page(
        "answers.html", seat=seat, by_name=by_name, languages=languages, variables=sorted(VARIABLES), limits=limits
    )


@api.get("/conversations/{conversation_id}/answers")
def offered(conversation_id: uuid.UUID, db: Db, seat: Reader) -> dict[str, Any]:
    """Every answer as it would read in this conversation, or why it cannot be said there. They name the customer and
    what is open: audited before they leave."""
    with db.reading() as session:
        found = {"answers": canned_answers.offered(session, seat, find(session, seat, conversation_id))}
    with db.transaction() as session:
        audit.record(session, seat.agent, "answers.read", audit.conversation(conversation_id))
    return found


@api.post("/answers", response_model=None)
def word(body: Worded, db: Db, seat: Writer) -> dict[str, str] | Response:
    """Add an answer or word one anew. 422 `kindness` for what no customer should read."""
    try:
        with db.transaction() as session:
            made = canned_answers.add(session, seat, body.name.strip(), body.language, body.title, body.text)
            return {"id": str(made.id)}
    except Unkind as unkind:
        return JSONResponse(unkind.body(), unkind.status)


@api.delete("/answers/{answer_id}", status_code=204)
def retire(answer_id: uuid.UUID, db: Db, seat: Writer) -> None:
    """Offer it no more."""
    with db.transaction() as session:
        canned_answers.retire(session, seat, answer_id)


router = APIRouter()
router.include_router(pages)
router.include_router(api)
