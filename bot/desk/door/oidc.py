"""Single sign-on by OpenID Connect: the authorization code flow with PKCE, state and nonce, towards one provider.

Nothing is cached: people sign in a few times a day, and a key that the provider took back is worth nothing at once.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import httpx
import orjson
import structlog
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bot import clock
from bot.desk.door.seal import seal, unseal
from bot.errors import NotAllowed, OutsideService
from bot.settings import Settings, settings

TIMEOUT_S = 10.0
MINUTES = 10
LEEWAY_S = 60
SCOPE = "openid email profile"
# Signatures that only the provider can make. "none", and what our own secret could sign, are not among them.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_SEAL = "single sign-on"

FAILED = "Signing in through your company did not work. Please start again."
AWAY = "Your company's sign-in can't be reached just now. Please try again, or sign in with your password."

log = structlog.get_logger()


class SignInRefused(NotAllowed):
    """What came back from the provider proves nothing to us. `why` is for the log."""

    code = "single_sign_on_refused"

    def __init__(self, why: str, message: str = FAILED) -> None:
        super().__init__(message)
        self.why = why


@dataclass(frozen=True, slots=True)
class Journey:
    """One way to the provider and back: what the browser keeps, sealed, and must bring again."""

    state: str
    nonce: str
    verifier: str
    next: str

    @classmethod
    def begin(cls, next: str) -> Journey:
        """A new one, which ends at the desk's page `next`."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, next)

    @classmethod
    def unsealed(cls, cookie: str | None, state: str) -> Journey:
        """The one in the browser's `cookie`, if it is the one that comes back. Raises `SignInRefused`."""
        text = unseal(_SEAL, cookie, within_s=MINUTES * 60) if cookie else None
        if text is None:
            raise SignInRefused("no_journey")
        journey = cls(**orjson.loads(text))
        if not hmac.compare_digest(journey.state.encode(), state.encode()):
            raise SignInRefused("state")
        return journey

    def sealed(self) -> str:
        """For the cookie."""
        return seal(_SEAL, orjson.dumps(asdict(self)).decode())


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider vouches for. `roles` is what the claim of `GT_OIDC_ROLE_CLAIM` says; None without it."""

    subject: str
    email: str
    name: str
    roles: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider of the settings."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    role_claim: str

    def address(self, journey: Journey) -> str:
        """Where the browser is sent. Raises `OutsideService`."""
        with _client() as http:
            found = self._discovered(http)
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": SCOPE,
            "state": journey.state,
            "nonce": journey.nonce,
            "code_challenge": create_s256_code_challenge(journey.verifier),
            "code_challenge_method": "S256",
        }
        where = _endpoint(found, "authorization_endpoint")
        return f"{where}{'&' if '?' in where else '?'}{urlencode(query)}"

    def person(self, journey: Journey, code: str) -> Person:
        """Who came back with `code`. Raises `OutsideService`, and `SignInRefused` for what does not hold."""
        with _client() as http:
            found = self._discovered(http)
            asked = {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.redirect_uri,
                "code_verifier": journey.verifier,
            }
            us = (self.client_id, self.client_secret)
            token = _json(http.post, _endpoint(found, "token_endpoint"), data=asked, auth=us)
            keys = _json(http.get, _endpoint(found, "jwks_uri"))
        return self._person(self._claims(token, keys, journey))

    def _discovered(self, http: httpx.Client) -> Mapping[str, Any]:
        found = _json(http.get, f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            raise SignInRefused("discovered_issuer")
        return found

    def _claims(self, token: Mapping[str, Any], keys: Mapping[str, Any], journey: Journey) -> Mapping[str, Any]:
        """The ID token's, checked: signature, issuer, audience, times, nonce, authorised party, access token's hash."""
        try:
            signed = jwt.decode(str(token.get("id_token", "")), KeySet.import_key_set(cast(Any, keys)), ALGORITHMS)
            wanted = {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self.client_id},
                "sub": {"essential": True},
            }
            given = {"nonce": journey.nonce, "client_id": self.client_id, "access_token": token.get("access_token")}
            claims = CodeIDToken(signed.claims, signed.header, wanted, given)
            claims.validate(now=int(clock.now().timestamp()), leeway=LEEWAY_S)
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise SignInRefused(type(error).__name__) from error
        return dict(claims)

    def _person(self, claims: Mapping[str, Any]) -> Person:
        email = claims.get("email")
        if not isinstance(email, str) or claims.get("email_verified") is not True:
            raise SignInRefused("email", "Your company's sign-in does not vouch for your e-mail address.")
        name, subject = str(claims.get("name") or email.partition("@")[0]), f"{self.issuer}\x00{claims['sub']}"
        return Person(subject, email.strip().lower(), name[:100], self._roles(claims))

    def _roles(self, claims: Mapping[str, Any]) -> tuple[str, ...] | None:
        if not self.role_claim:
            return None
        said: Any = claims
        for part in (self.role_claim,) if self.role_claim in claims else self.role_claim.split("."):
            said = said.get(part) if isinstance(said, Mapping) else None
        return tuple(str(each) for each in said) if isinstance(said, list) else (str(said),)


def provider(own: Settings | None = None) -> Provider | None:
    """The one of the settings; None when single sign-on is off."""
    own = own or settings()
    if not own.oidc_issuer or own.oidc_client_secret is None:
        return None
    back = f"{own.public_url}/desk/sign-in/sso/back"
    secret = own.oidc_client_secret.get_secret_value()
    return Provider(own.oidc_issuer, own.oidc_client_id, secret, back, own.oidc_role_claim)


def _client() -> httpx.Client:
    return httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, headers={"Accept": "application/json"})


def _endpoint(found: Mapping[str, Any], name: str) -> str:
    """An address of the provider's, reached by https as the issuer is; plain http only on this machine."""
    where = found.get(name)
    if not isinstance(where, str) or not safely_reached(where):
        raise SignInRefused(name)
    return where


def _json(call: Any, where: str, **given: Any) -> Mapping[str, Any]:
    try:
        answer = call(where, **given)
    except httpx.HTTPError as error:
        log.warning("single_sign_on_unreachable", error=type(error).__name__)
        raise OutsideService(AWAY, service="oidc", retryable=True) from error
    if answer.status_code >= 500:
        log.warning("single_sign_on_unreachable", status=answer.status_code)
        raise OutsideService(AWAY, service="oidc", retryable=True)
    try:
        body = orjson.loads(answer.content) if answer.status_code == 200 else None
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise SignInRefused(f"http_{answer.status_code}")
    return body


def safely_reached(address: str) -> bool:
    """By https, or on this very machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"))
