"""An agent at the desk's JSON."""

from __future__ import annotations

from typing import Any

import httpx

from tests.end_to_end.customer import ScriptedCustomer
from tests.end_to_end.running import Running


class Agent:
    """One agent, signed in."""

    def __init__(self, product: Running, email: str, password: str) -> None:
        self.http = httpx.Client(base_url=f"{product.url}/api/desk/", timeout=30, trust_env=False)
        signed = self.http.post("session", json={"email": email, "password": password})
        assert signed.status_code == 200, signed.text
        self.http.headers["X-CSRF-Token"] = signed.json()["csrf_token"]

    def close(self) -> None:
        """Leave."""
        self.http.close()

    def get(self, path: str) -> dict[str, Any]:
        """What the desk shows at `path`."""
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def post(self, what: str, customer: ScriptedCustomer, **body: object) -> httpx.Response:
        """Claim, answer, return or close this customer's conversation."""
        return self.http.post(f"conversations/{customer.conversation_id}/{what}", json=body)
