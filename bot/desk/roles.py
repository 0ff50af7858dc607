"""What every call of the desk needs: the least role, by method and path. One that is not named here is refused."""

from __future__ import annotations

from fastapi import Request

from bot.desk.auth import Seat
from bot.errors import NotAllowed
from bot.models import Role

ANYBODY = None

LEAST: dict[str, Role | None] = {
    # The door, and what it is made of.
    "GET /desk/sign-in": ANYBODY,
    "GET /desk/static/{version}/{name}": ANYBODY,
    "POST /api/desk/session": ANYBODY,
    "GET /desk/sign-in/sso": ANYBODY,
    "GET /desk/sign-in/sso/back": ANYBODY,
    # Oneself.
    "DELETE /api/desk/session": Role.AGENT,
    "GET /desk/me": Role.AGENT,
    "GET /desk/me/second-factor.svg": Role.AGENT,
    "POST /api/desk/me/password": Role.AGENT,
    "POST /api/desk/me/second-factor": Role.AGENT,
    "POST /api/desk/me/second-factor/confirm": Role.AGENT,
    "POST /api/desk/me/second-factor/remove": Role.AGENT,
    "POST /api/desk/me/recovery-codes": Role.AGENT,
    "DELETE /api/desk/me/sessions/{session_id}": Role.AGENT,
    # Conversations. Whose they must be is the services' to say: one's own, a waiting one, for a supervisor any.
    "GET /desk": Role.AGENT,
    "GET /desk/conversations/{conversation_id}": Role.AGENT,
    "GET /api/desk/queue": Role.AGENT,
    "GET /api/desk/lists/{name}": Role.AGENT,
    "POST /api/desk/search": Role.AGENT,
    "GET /api/desk/events": Role.AGENT,
    "GET /api/desk/agents": Role.AGENT,
    "GET /api/desk/conversations/{conversation_id}": Role.AGENT,
    "GET /api/desk/conversations/{conversation_id}/messages": Role.AGENT,
    "GET /api/desk/conversations/{conversation_id}/deliveries": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/claim": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/take-over": Role.SUPERVISOR,
    "POST /api/desk/conversations/{conversation_id}/messages": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/notes": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/check": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/typing": Role.AGENT,
    "GET /api/desk/conversations/{conversation_id}/template": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/template": Role.AGENT,
    "GET /api/desk/conversations/{conversation_id}/earlier": Role.AGENT,
    "GET /api/desk/conversations/{conversation_id}/earlier/{other_id}": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/return": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/close": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/transfer": Role.AGENT,
    "GET /api/desk/attachments/{attachment_id}": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/files": Role.AGENT,
    # Assignment. An offer and a notice are one's own; a follow-up too, for a supervisor anybody's.
    "GET /api/desk/presence": Role.AGENT,
    "POST /api/desk/presence": Role.AGENT,
    "POST /api/desk/notices/seen": Role.AGENT,
    "POST /api/desk/offers/{offer_id}/accept": Role.AGENT,
    "POST /api/desk/offers/{offer_id}/decline": Role.AGENT,
    "GET /desk/follow-ups": Role.AGENT,
    "GET /api/desk/conversations/{conversation_id}/follow-up": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/follow-up": Role.AGENT,
    "POST /api/desk/follow-ups/{follow_up_id}/postpone": Role.AGENT,
    "POST /api/desk/follow-ups/{follow_up_id}/done": Role.AGENT,
    # Mentions: one's own only.
    "GET /api/desk/mentions": Role.AGENT,
    "POST /api/desk/mentions/read/{conversation_id}": Role.AGENT,
    "POST /api/desk/mentions/{mention_id}/done": Role.AGENT,
    # Canned answers.
    "GET /desk/answers": Role.AGENT,
    "GET /api/desk/conversations/{conversation_id}/answers": Role.AGENT,
    "POST /api/desk/answers": Role.SUPERVISOR,
    "DELETE /api/desk/answers/{answer_id}": Role.SUPERVISOR,
    # Money. What one may do alone is policy (policies/adjustments.yml); who is the second person, the services' rule.
    "GET /api/desk/customers/{customer_id}/money": Role.AGENT,
    "GET /api/desk/approvals": Role.AGENT,
    "POST /api/desk/customers/{customer_id}/adjustments": Role.AGENT,
    "POST /api/desk/adjustments/{adjustment_id}/approve": Role.AGENT,
    "POST /api/desk/adjustments/{adjustment_id}/refuse": Role.AGENT,
    "POST /api/desk/adjustments/{adjustment_id}/reverse": Role.AGENT,
    "POST /api/desk/payments/{payment_id}/refund": Role.AGENT,
    "POST /api/desk/refunds/{refund_id}/approve": Role.AGENT,
    "POST /api/desk/refunds/{refund_id}/refuse": Role.AGENT,
    "POST /api/desk/plans/{plan_id}/approve": Role.AGENT,
    "POST /api/desk/plans/{plan_id}/refuse": Role.AGENT,
    # What is done with whom one speaks: whose conversation it is and whether identity is proven, the services say.
    "GET /api/desk/conversations/{conversation_id}/pay-link": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/pay-link": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/promise": Role.AGENT,
    "GET /api/desk/conversations/{conversation_id}/plan": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/plan/quote": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/plans/{plan_id}/send": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/plans/{plan_id}/agree": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/plans/{plan_id}/trial": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/plans/{plan_id}/change": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/plans/{plan_id}/end": Role.AGENT,
    # Holds and cases. Who may lift which hold is policy (policies/holds.yml).
    "GET /api/desk/hold-kinds": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/holds": Role.AGENT,
    "POST /api/desk/holds/{hold_id}/confirm": Role.AGENT,
    "POST /api/desk/holds/{hold_id}/treatment-ended": Role.AGENT,
    "POST /api/desk/holds/{hold_id}/lift": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/cases": Role.AGENT,
    "POST /api/desk/cases/{case_id}/done": Role.AGENT,
    "POST /api/desk/cases/{case_id}/reopen": Role.AGENT,
    # Who the customer is. Whom one speaks with, and what takes a second person, the services say.
    "POST /api/desk/customers/{customer_id}/contact": Role.AGENT,
    "POST /api/desk/contact-changes/{change_id}/confirm": Role.AGENT,
    "POST /api/desk/contact-changes/{change_id}/decline": Role.AGENT,
    "GET /api/desk/contact-edits": Role.AGENT,
    "POST /api/desk/contact-edits/{edit_id}/approve": Role.SUPERVISOR,
    "POST /api/desk/contact-edits/{edit_id}/refuse": Role.SUPERVISOR,
    "POST /api/desk/conversations/{conversation_id}/unlock": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/verification/end": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/preferences": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/consents": Role.AGENT,
    # Calls that were promised, and what customers thought.
    "GET /desk/callbacks": Role.AGENT,
    "POST /api/desk/callbacks/{callback_id}/take": Role.AGENT,
    "POST /api/desk/callbacks/{callback_id}/give-back": Role.AGENT,
    "POST /api/desk/callbacks/{callback_id}/end": Role.AGENT,
    "GET /desk/feedback": Role.SUPERVISOR,
    # A customer's rights. Who is the second person of an erasure is the service's rule.
    "GET /api/desk/customers/{customer_id}/rights": Role.SUPERVISOR,
    "GET /api/desk/customers/{customer_id}/copy": Role.SUPERVISOR,
    "GET /api/desk/erasures": Role.SUPERVISOR,
    "POST /api/desk/customers/{customer_id}/erasures": Role.SUPERVISOR,
    "POST /api/desk/erasures/{erasure_id}/approve": Role.SUPERVISOR,
    "POST /api/desk/erasures/{erasure_id}/refuse": Role.SUPERVISOR,
    # What we begin. Whom one speaks with, and when a proof has to hold, the services say.
    "GET /api/desk/conversations/{conversation_id}/outreach": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/outreach/pause": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/outreach/resume": Role.AGENT,
    "POST /api/desk/outreach/pause": Role.SUPERVISOR,
    "POST /api/desk/outreach/resume": Role.SUPERVISOR,
    # Learning. Whose words may be seen around a sentence, and who decides what they did not propose, the services say.
    "GET /desk/learning": Role.AGENT,
    "GET /desk/learning/sentences/{message_id}": Role.AGENT,
    "GET /desk/learning/reviews/{review_id}": Role.AGENT,
    "POST /api/desk/learning/sentences/{message_id}": Role.AGENT,
    "POST /api/desk/learning/reviews/{review_id}/accept": Role.SUPERVISOR,
    "POST /api/desk/learning/reviews/{review_id}/decline": Role.AGENT,
    # Answering for others.
    "GET /desk/overview": Role.SUPERVISOR,
    "GET /api/desk/overview": Role.SUPERVISOR,
    "GET /desk/team": Role.SUPERVISOR,
    "DELETE /api/desk/agents/{agent_id}/sessions": Role.SUPERVISOR,
    "POST /api/desk/agents/{agent_id}/ability": Role.SUPERVISOR,
    "GET /desk/cases": Role.AGENT,
    "GET /desk/audit": Role.SUPERVISOR,
    "GET /desk/audit.csv": Role.SUPERVISOR,
    "GET /desk/insights": Role.SUPERVISOR,
    "GET /desk/insights/rows/{name}": Role.SUPERVISOR,
    "GET /desk/insights/rows/{name}.csv": Role.SUPERVISOR,
    "GET /desk/insights/tables/{name}.csv": Role.SUPERVISOR,
    "GET /desk/outreach": Role.SUPERVISOR,
    "GET /desk/outreach/plan": Role.SUPERVISOR,
    "GET /desk/outreach/rows": Role.SUPERVISOR,
    "GET /desk/outreach/rows.csv": Role.SUPERVISOR,
    "GET /desk/outreach/tables/{name}.csv": Role.SUPERVISOR,
}

# What can be called while a password is still to be changed or a second factor to be set up; all else waits.
UNFINISHED = frozenset(
    {
        "DELETE /api/desk/session",
        "GET /desk/me",
        "GET /desk/me/second-factor.svg",
        "POST /api/desk/me/password",
        "POST /api/desk/me/second-factor",
        "POST /api/desk/me/second-factor/confirm",
    }
)


class RoleNeeded(NotAllowed):
    """It is not for this role to do."""

    code = "role_needed"


class SignInUnfinished(NotAllowed):
    """Signed in, with something to do on one's own page before anything else."""

    code = "sign_in_unfinished"


def require(request: Request, seat: Seat) -> None:
    """The agent's role reaches what this call needs. Raises `RoleNeeded`, `SignInUnfinished`."""
    call = f"{request.method} {request.scope['route'].path}"
    if call not in LEAST:
        raise RoleNeeded("Nobody may do this yet: the call has no role.")
    least = LEAST[call]
    if least is ANYBODY:
        return
    if not Role(seat.agent.role).reaches(least):
        raise RoleNeeded(f"Only {'an' if least is Role.ADMINISTRATOR else 'a'} {least} may do this.")
    if seat.due is not None and call not in UNFINISHED:
        raise SignInUnfinished("There is something to do on your own page first.")
