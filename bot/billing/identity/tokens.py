"""The word of the page that embeds the widget: who is signed in there (design section 6)."""

from __future__ import annotations

import jwt
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.billing.identity import proofs
from bot.billing.identity.forgotten import is_forgotten
from bot.errors import NotVerified
from bot.models import Conversation, Customer
from bot.models.customer import account_key
from bot.settings import settings


def sign_in(session: Session, conversation: Conversation, identity_token: str) -> Customer:
    """Take the word of the page that embeds the widget: a JWT (HS256, `sub` the account number, `exp` within the hour).

    Raises `NotVerified`, in the same words for whatever is wrong with it (P2).
    """
    refused = NotVerified("The page's proof of identity does not hold. Please confirm who you are here.")
    secret = settings().identity_secret
    if secret is None:
        raise refused
    try:
        claims = jwt.decode(
            identity_token,
            secret.get_secret_value(),
            algorithms=["HS256"],
            # Times are checked below, by our clock.
            options={
                "require": ["exp", "sub"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
            },
        )
    except jwt.PyJWTError as error:
        raise refused from error
    if not _is_current(claims):
        raise refused
    customer = session.scalars(
        sa.select(Customer).where(Customer.account_key == account_key(str(claims["sub"])))
    ).first()
    if customer is None or customer.account_number != claims["sub"]:
        raise refused
    if is_forgotten(session, customer.id):
        raise refused
    proofs.verify(conversation, customer)
    session.flush()
    return customer


def _is_current(claims: dict[str, object]) -> bool:
    now = clock.now().timestamp()
    times = [claims.get(name, now) for name in ("exp", "iat", "nbf")]
    if not all(isinstance(time, int | float) and not isinstance(time, bool) for time in times):
        return False
    expires, issued, not_before = (float(str(time)) for time in times)
    longest = policies.identity().identity_token_minutes_most * 60
    return now < expires <= min(now, issued) + longest and not_before <= now and issued <= now + 60
