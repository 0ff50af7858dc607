"""The pages under `/desk/learning` and the calls of their forms. What they show and change is audited."""

from __future__ import annotations

import re
import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from bot.desk import audit
from bot.desk.access import Db, DeskRoute, Reader, Writer
from bot.desk.learning import heard, intents, pages, proposals, sensitive
from bot.desk.learning.heard import Why
from bot.desk.learning.proposals import Wish
from bot.desk.page import PageRoute, page
from bot.desk.thread.lines import agent_names
from bot.errors import NotAllowed, NotFound
from bot.models import Message, Review, ReviewKind, ReviewStatus, Unfit

TABS = ("review", "proposed", "decided")
UNFIT = {
    Unfit.PERSONAL: "It is personal: about this customer alone",
    Unfit.NONSENSE: "It means nothing that could be learned",
    Unfit.LANGUAGE: "It is in a language that the assistant does not speak",
}

routes = APIRouter(prefix="/desk/learning", route_class=PageRoute, include_in_schema=False)
api = APIRouter(prefix="/api/desk/learning", route_class=DeskRoute, include_in_schema=False)


class Proposal(BaseModel):
    """The form: of `intent`, `answer` and `unfit` the one that `kind` names counts. An empty field was not filled."""

    kind: ReviewKind
    text: str = Field("", max_length=8_000)
    intent: str = Field("", max_length=64)
    answer: str = Field("", max_length=8_000)
    unfit: Unfit | None = None


class Decision(BaseModel):
    """Why, in a few words."""

    note: str = Field("", max_length=300)


@routes.get("")
def learning(request: Request, db: Db, seat: Reader, tab: str = "review", why: str = "") -> Response:
    """Sentences to review, or proposals: those that wait (`tab=proposed`) and those decided (`tab=decided`)."""
    tab = tab if tab in TABS else "review"
    reason = next((each for each in Why if each.name.lower() == why), None)
    with db.reading() as session:
        sentences = sensitive.for_eyes(session, seat, heard.heard(session))
        listed = heard.to_review(sentences, reason)
        pages_there = max(1, -(-len(listed) // pages.A_PAGE))
        asked = request.query_params.get("page", "")
        number = min(max(int(asked), 1), pages_there) if re.fullmatch(r"[0-9]{1,4}", asked) else 1
        part = listed[(number - 1) * pages.A_PAGE : number * pages.A_PAGE] if tab == "review" else []
        shown = pages.shown(session, seat, [(each.conversation_id, each.text) for each in part])
        reviews = [] if tab == "review" else pages.proposals(session, seat, waiting=tab == "proposed")
        counts, names = pages.counts(session, seat, sentences), agent_names(session)
    with db.transaction() as session:
        seen = sorted({str(each.conversation_id) for each in part})
        audit.record(session, seat.agent, "learning.read", "learning", conversations=seen)
    return page(
        "learning.html",
        seat=seat,
        tab=tab,
        why=reason,
        reasons=Why,
        listed=list(zip(part, shown, strict=True)),
        reviews=reviews,
        counts=counts,
        names=names,
        number=number,
        pages_there=pages_there,
        unfit=UNFIT,
    )


@routes.get("/sentences/{message_id}")
def sentence(message_id: uuid.UUID, db: Db, seat: Reader) -> Response:
    """One sentence and the form. What was said around it is for who may open the conversation, and audited."""
    with db.reading() as session:
        sentences = sensitive.for_eyes(session, seat, heard.heard(session))
        about = proposals.sentence_of(session, seat, message_id)
        if about.review is not None:
            return RedirectResponse(f"/desk/learning/reviews/{about.review.id}", status_code=303)
        before, after = pages.beside(heard.to_review(sentences), about)
        (shown,) = pages.shown(session, seat, [(about.conversation_id, about.text)])
        said = pages.around(session, seat, session.get_one(Message, about.message_id))
        context = [(each, pages.speaker(session, each)) for each in said]
    _seen(db, seat, about.conversation_id, shown.opens)
    return page(
        "learning_sentence.html",
        seat=seat,
        about=about,
        shown=shown,
        context=context,
        before=before,
        after=after,
        inventory=intents.inventory(),
        heard_as=intents.words(about.intent),
        unfit=UNFIT,
    )


@routes.get("/reviews/{review_id}")
def review(review_id: uuid.UUID, db: Db, seat: Reader) -> Response:
    """A proposal, with the forms of who may decide."""
    with db.reading() as session:
        found = session.get(Review, review_id)
        if found is None:
            raise NotFound("There is no such proposal.", about=review_id)
        if not sensitive.sees_proposal(session, seat, found):
            raise NotAllowed("This proposal is for specialists: it tells of hard times.", about=review_id)
        waiting = pages.proposals(session, seat, waiting=True)
        after = next((each for each in waiting if each.id > review_id), None)
        before = next((each for each in reversed(waiting) if each.id < review_id), None)
        said = session.get(Message, found.message_id) if found.message_id else None
        shown, context = None, []
        if said is not None and sensitive.sees_words(session, seat, said):
            (shown,) = pages.shown(session, seat, [(said.conversation_id, said.text)])
            context = [(each, pages.speaker(session, each)) for each in pages.around(session, seat, said)]
        names = agent_names(session)
    if said is not None and shown is not None:
        _seen(db, seat, said.conversation_id, shown.opens)
    own = found.proposed_by == seat.agent.id
    waits = found.status == ReviewStatus.PROPOSED
    return page(
        "learning_review.html",
        seat=seat,
        review=found,
        said=said,
        shown=shown,
        context=context,
        before=before,
        after=after,
        names=names,
        meaning=intents.words(found.intent),
        unfit=UNFIT,
        may_accept=waits and seat.supervises and not own,
        may_decline=waits and (seat.supervises or own),
        own=own,
    )


@api.post("/sentences/{message_id}", status_code=201)
def propose(message_id: uuid.UUID, body: Proposal, db: Db, seat: Writer) -> dict[str, Any]:
    """Propose something about a sentence. 409 for all but the first; 422 says what must not be kept."""
    wish = Wish(body.kind, body.text, body.intent or None, body.answer, body.unfit)
    with db.transaction() as session:
        return _told(proposals.propose(session, seat, message_id, wish))


@api.post("/reviews/{review_id}/accept")
def accept(review_id: uuid.UUID, db: Db, seat: Writer) -> dict[str, Any]:
    """It may be learned. 409 when somebody has decided already."""
    with db.transaction() as session:
        return _told(proposals.accept(session, seat, review_id))


@api.post("/reviews/{review_id}/decline")
def decline(review_id: uuid.UUID, db: Db, seat: Writer, body: Decision | None = None) -> dict[str, Any]:
    """The sentence is up for review again: declined, or taken back by who proposed it."""
    with db.transaction() as session:
        return _told(proposals.decline(session, seat, review_id, body.note if body else ""))


def _told(review: Review) -> dict[str, Any]:
    return {"review": {"id": str(review.id), "kind": review.kind, "status": review.status}}


def _seen(db: Db, seat: Reader, conversation_id: uuid.UUID, opens: bool) -> None:
    """Who saw a part of which conversation, or a sentence of it alone."""
    with db.transaction() as session:
        audit.record(session, seat.agent, "learning.seen", audit.conversation(conversation_id), around=opens)


router = APIRouter()
router.include_router(routes)
router.include_router(api)
