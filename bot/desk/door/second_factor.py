"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when the phone is away."""

from __future__ import annotations

import base64
import hmac
import io
import secrets

import segno
import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy.orm import Session

from bot import clock, policies
from bot.db import lock
from bot.desk import audit
from bot.desk.door.seal import seal, unseal
from bot.errors import Conflict, InvalidInput
from bot.keyed_hash import keyed_hash
from bot.models import Agent, RecoveryCode

STEP_S = 30
DRIFT = 1
RECOVERY_CODES = 10
# No letter or digit that could be another.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_SEAL, _RECOVERY = "totp", "desk recovery code"

WRONG = "That code didn't match. Wait for the next one and try again."


def begin(session: Session, agent: Agent) -> None:
    """A new secret, which counts once it is confirmed by a code. Raises `Conflict` when one is in force."""
    if agent.has_second_factor:
        raise Conflict("Your second factor is set up already. Remove it first to set up another.")
    agent.totp_secret, agent.totp_step = seal(_SEAL, base64.b32encode(secrets.token_bytes(20)).decode()), None
    audit.record(session, agent, "second_factor.begun", f"agent:{agent.id}")


def pending_key(agent: Agent) -> str | None:
    """The secret (base32) while it waits to be confirmed: the only time that it is shown."""
    return None if agent.has_second_factor else _secret(agent)


def qr_code(agent: Agent) -> bytes | None:
    """The same as a picture (SVG) that an authenticator app reads."""
    key = pending_key(agent)
    if key is None:
        return None
    picture = io.BytesIO()
    address = _totp(key).get_provisioning_uri(agent.email, f"{policies.brand_name()} desk")
    segno.make(address, error="m").save(picture, kind="svg", scale=5, border=4, light="#fff", xmldecl=False)
    return picture.getvalue()


def confirm(session: Session, agent: Agent, code: str) -> list[str]:
    """From now on a code is asked for. Gives the recovery codes, this once. Raises `Conflict`, `InvalidInput`."""
    locked = lock(session, Agent, agent.id)
    if locked is None or locked.has_second_factor or locked.totp_secret is None:
        raise Conflict("There is no second factor that waits to be confirmed.")
    if not _take_totp(locked, _plain(code)):
        raise InvalidInput(WRONG)
    locked.totp_confirmed_at = clock.now()
    audit.record(session, locked, "second_factor.set_up", f"agent:{locked.id}")
    return recovery_codes(session, locked)


def take(session: Session, agent: Agent, code: str) -> bool:
    """Whether `code` is the app's, or a recovery code; it is used up. `agent` must be locked in this transaction."""
    plain = _plain(code)
    if len(plain) == 6 and plain.isdigit():
        return _take_totp(agent, plain)
    found = session.get(RecoveryCode, _digest(agent, plain), with_for_update=True, populate_existing=True)
    if found is None or found.used_at is not None:
        return False
    found.used_at = clock.now()
    audit.record(session, agent, "recovery_code.used", f"agent:{agent.id}")
    return True


def recovery_codes(session: Session, agent: Agent) -> list[str]:
    """New ones instead of the old; only their keyed hashes are kept."""
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.agent_id == agent.id))
    codes = [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3)) for _ in range(RECOVERY_CODES)
    ]
    session.add_all(RecoveryCode(digest=_digest(agent, _plain(code)), agent_id=agent.id) for code in codes)
    audit.record(session, agent, "recovery_codes.made", f"agent:{agent.id}")
    return codes


def recovery_codes_left(session: Session, agent: Agent) -> int:
    """How many can still be used."""
    unused = sa.select(sa.func.count()).where(RecoveryCode.agent_id == agent.id, RecoveryCode.used_at.is_(None))
    return session.scalar(unused) or 0


def remove(session: Session, agent: Agent, by: Agent | None) -> None:
    """No code is asked for any more, and none of the old ones is worth anything. `by` is None for the operator."""
    agent.totp_secret = agent.totp_confirmed_at = agent.totp_step = None
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.agent_id == agent.id))
    audit.record(session, by, "second_factor.removed", f"agent:{agent.id}")


def _take_totp(agent: Agent, code: str) -> bool:
    """A code is taken once: neither it nor an older one works again (RFC 6238, 5.2)."""
    key = _secret(agent)
    if key is None:
        return False
    now = int(clock.now().timestamp()) // STEP_S
    for step in range(now - DRIFT, now + DRIFT + 1):
        right = hmac.compare_digest(_totp(key).generate(step * STEP_S), code.encode())
        if right and (agent.totp_step is None or step > agent.totp_step):
            agent.totp_step = step
            return True
    return False


def _totp(key: str) -> TOTP:
    # SHA-1 is what every authenticator app knows; as an HMAC it is sound.
    return TOTP(base64.b32decode(key), 6, SHA1(), STEP_S)  # noqa: S303


def _secret(agent: Agent) -> str | None:
    return unseal(_SEAL, agent.totp_secret) if agent.totp_secret else None


def _plain(code: str) -> str:
    return "".join(letter for letter in code.lower() if letter.isascii() and letter.isalnum())


def _digest(agent: Agent, plain: str) -> str:
    return keyed_hash(_RECOVERY, f"{agent.id}\x00{plain}")
