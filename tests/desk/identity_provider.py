"""A provider of OpenID Connect on loopback: small, strict about what it is asked, and ready to lie when told to."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

from bot import clock

CLIENT, SECRET = "the-desk", "only-for-tests"


class IdentityProvider:
    """Vouches for Ana. `claims` change what its token says, `key` and `algorithm` who signs it and how."""

    def __init__(self) -> None:
        self.issuer = ""
        self.claims: dict[str, Any] = {}
        self.published = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.key: Any = self.published
        self.algorithm = "RS256"
        self.unsigned = False
        self.discovered: dict[str, Any] = {}
        self._asked: dict[str, dict[str, str]] = {}
        self.app = FastAPI(telemetry={"tracing": False, "metrics": False})
        self.app.get("/.well-known/openid-configuration")(self._discovery)
        self.app.get("/authorize")(self._authorize)
        self.app.get("/keys")(self._keys)
        self.app.post("/token")(self._token)

    def authorize(self, address: str) -> str:
        """What a browser that was sent to `address` brings back, as the query, once its person has signed in there."""
        where = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(where.query).items()}
        assert f"{where.scheme}://{where.netloc}{where.path}" == f"{self.issuer}/authorize"
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._asked[code] = asked
        return urlencode({"code": code, "state": asked["state"]})

    async def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.discovered,
        }

    async def _authorize(self, request: Request) -> RedirectResponse:
        """For a real browser: its person has signed in here already."""
        back = request.query_params["redirect_uri"]
        return RedirectResponse(f"{back}?{self.authorize(str(request.url))}", status_code=303)

    async def _keys(self) -> dict[str, Any]:
        return {"keys": [self.published.as_dict(private=False)]}

    async def _token(self, request: Request) -> JSONResponse:
        form = await request.form()
        ours = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self._asked.pop(str(form.get("code")), None)
        proof = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        if (
            request.headers.get("Authorization") != ours
            or asked is None
            or challenge != asked["code_challenge"]
            or form.get("redirect_uri") != asked["redirect_uri"]
            or form.get("grant_type") != "authorization_code"
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": self._id_token(asked["nonce"])})

    def _id_token(self, nonce: str) -> str:
        now = int(clock.now().timestamp())
        said = {
            "iss": self.issuer, "aud": CLIENT, "sub": "ana-1", "iat": now, "exp": now + 300, "nonce": nonce,
            "email": "ana@example.com", "email_verified": True, "name": "Ana",
        }  # fmt: skip
        said = {name: value for name, value in (said | self.claims).items() if value is not None}
        if self.unsigned:
            head, body = (base64.urlsafe_b64encode(part).rstrip(b"=") for part in (b'{"alg":"none"}', _json(said)))
            return f"{head.decode()}.{body.decode()}."
        return jwt.encode({"alg": self.algorithm, "kid": "one"}, said, self.key, [self.algorithm])


def _json(said: dict[str, Any]) -> bytes:
    return bytes(JSONResponse(said).body)
