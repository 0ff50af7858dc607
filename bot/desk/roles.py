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
    "GET /api/desk/events": Role.AGENT,
    "GET /api/desk/agents": Role.AGENT,
    "GET /api/desk/conversations/{conversation_id}": Role.AGENT,
    "GET /api/desk/conversations/{conversation_id}/deliveries": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/claim": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/messages": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/notes": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/return": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/close": Role.AGENT,
    "POST /api/desk/conversations/{conversation_id}/transfer": Role.AGENT,
    "GET /api/desk/attachments/{attachment_id}": Role.AGENT,
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
    # Learning. Whose words may be seen around a sentence, and who decides what they did not propose, the services say.
    "GET /desk/learning": Role.AGENT,
    "GET /desk/learning/sentences/{message_id}": Role.AGENT,
    "GET /desk/learning/reviews/{review_id}": Role.AGENT,
    "POST /api/desk/learning/sentences/{message_id}": Role.AGENT,
    "POST /api/desk/learning/reviews/{review_id}/accept": Role.SUPERVISOR,
    "POST /api/desk/learning/reviews/{review_id}/decline": Role.AGENT,
    # Answering for others.
    "GET /desk/team": Role.SUPERVISOR,
    "DELETE /api/desk/agents/{agent_id}/sessions": Role.SUPERVISOR,
    "GET /desk/audit": Role.SUPERVISOR,
    "GET /desk/audit.csv": Role.SUPERVISOR,
    "GET /desk/insights": Role.SUPERVISOR,
    "GET /desk/insights/rows/{name}": Role.SUPERVISOR,
    "GET /desk/insights/rows/{name}.csv": Role.SUPERVISOR,
    "GET /desk/insights/tables/{name}.csv": Role.SUPERVISOR,
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
