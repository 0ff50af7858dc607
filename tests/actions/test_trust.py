"""Doubts are met with proof, and the question about identity with a reason; what was going on goes on (P1, C13)."""

from __future__ import annotations

import pytest

from actions.care.trust import AskWhyVerify, SuspectScam, ways_to_check
from actions.phrases import Phrases
from actions.talk.verification import VerificationForm
from bot import policies
from bot.db import Database
from bot.policies import Brand
from tests.actions.scene import Scene

LOOPS = (None, "verification_form", "payment_form", "plan_form")


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("loop", LOOPS)
async def test_a_doubt_is_met_with_what_can_be_checked_without_us(
    sqlite_db: Database, verified: bool, loop: str | None
) -> None:
    scene = Scene(sqlite_db, verified=verified)
    answer = await scene.run(SuspectScam(), "is this a scam?", "suspect_scam", loop=loop)
    assert answer.responses == ["utter_genuine_here" if loop else "utter_genuine"]
    for fact in (policies.brand_name(), "juniperfinch.example", "password", "card number", "code"):
        assert fact in answer.text
    assert "?" not in answer.text
    assert "Maya" not in answer.text
    assert answer.loop == "unchanged"


@pytest.mark.parametrize("loop", LOOPS)
async def test_why_identity_is_asked_for_is_said_and_the_form_goes_on_p1(sqlite_db: Database, loop: str | None) -> None:
    answer = await Scene(sqlite_db, verified=False).run(AskWhyVerify(), "why?", "ask_why_verify", loop=loop)
    assert answer.responses == ["utter_why_verify"]
    assert answer.loop == "unchanged"


@pytest.mark.parametrize("intent", ["suspect_scam", "ask_why_verify", "report_deceased", "third_party"])
async def test_inside_the_proof_they_are_heard_by_themselves(stranger: Scene, intent: str) -> None:
    answer = await stranger.run(
        VerificationForm(), "why should I, is this a scam? he died", intent, loop="verification_form",
        requested="reference",
    )  # fmt: skip
    assert answer.events == []
    assert answer.said == []


def test_only_what_the_brand_has_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Brand(name="Juniper & Finch Home")
    monkeypatch.setattr(policies, "brand", lambda: bare)
    assert len(ways_to_check(Phrases("en-US"))) == 1
    full = Brand(name="Juniper & Finch Home", website="https://a.example", phone="+1 555 0100", email="a@a.example")
    monkeypatch.setattr(policies, "brand", lambda: full)
    assert len(ways_to_check(Phrases("en-US"))) == 4
