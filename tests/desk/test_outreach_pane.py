"""Outreach beside the conversation: what is next and what went, only under a proof (P1); a pause and its end; and the
warning before something is begun (C1 to C8)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock as clocks
from bot.db import Database
from bot.models import Conversation, Holder, Medium, OutreachPause
from bot.outreach import pauses
from bot.settings import settings
from tests import factories
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit
from tests.desk.outreach_world import asked, reminder, sent
from tests.desk.outreach_world import talk as talk_of
from tests.desk.talks import Talk
from tests.outreach.reminded import SETTINGS, says_yes


@pytest.fixture
def desk(db: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """One that can text and write on WhatsApp."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    return Desk(db)


@pytest.fixture
def talk(desk: Desk) -> Talk:
    """Ana speaks with Maya, who has said yes to texts."""
    made = Talk(desk)
    with desk.db.transaction() as session:
        says_yes(session, made.customer(session))
    return made


def shown(talk: Talk, visit: Visit) -> Any:
    """The pane."""
    answer = talk.get(visit, "outreach")
    assert answer.status_code == 200, answer.text
    return answer.json()


def pause(talk: Talk, visit: Visit, reason: str = "In hospital", until: dt.date | None = None) -> Any:
    """Ask for it."""
    body = {"reason": reason, "until": until.isoformat() if until else None}
    return visit.post(f"conversations/{talk.id}/outreach/pause", body)


def days_on(days: int) -> dt.date:
    """A day to come, where Maya is."""
    return clocks.today("America/Chicago") + dt.timedelta(days=days)


def test_the_next_steps_name_their_day_their_medium_and_their_invoice(talk: Talk, ana: Visit) -> None:
    now, *steps = [(one["on"], one["what"], one["goes"], one["channel"]) for one in shown(talk, ana)["next"]]
    assert now == (days_on(0).isoformat(), "Gentle follow-up on INV-1002", False, None)
    assert steps == [
        (days_on(7).isoformat(), "Reminder of INV-1003", True, "sms"),
        (days_on(9).isoformat(), "Reminder of INV-1003", True, "sms"),
        (days_on(10).isoformat(), "Reminder of INV-1003", True, "sms"),
        (days_on(13).isoformat(), "Gentle follow-up on INV-1003", True, "sms"),
        (days_on(15).isoformat(), "Gentle follow-up on INV-1002", True, "sms"),
    ]
    assert shown(talk, ana)["next"][1]["there"] == "08:00"


def test_p1_without_a_proof_no_kind_no_reason_no_invoice(talk: Talk, ana: Visit) -> None:
    with talk.desk.db.transaction() as session:
        maya = talk.customer(session)
        sent(session, maya, talk_of(session, maya), clocks.now(), subject_id=talk.invoices["INV-1001"])
        reminder(session, maya, clocks.now(), rule="in_plan")
        pauses.pause(session, maya, reason="Disputes INV-1002 over $80.50")
    whole = shown(talk, ana)
    assert "Gentle follow-up on INV-1001" in [one["what"] for one in whole["past"]]
    talk.lapse()
    lapsed = shown(talk, ana)
    assert "INV-" not in str(lapsed)
    assert "$" not in str(lapsed)
    assert (lapsed["next"], lapsed["pause"]["reason"]) == ([], None)
    assert [set(one) for one in lapsed["past"]] == [{"at", "state", "channel"}]


def test_nothing_is_told_of_somebody_whom_nobody_knows(desk: Desk, ana: Visit) -> None:
    stranger = desk.waiting(verified=False)
    assert ana.get(f"conversations/{stranger}/outreach").json() == {"known": False}
    assert ana.post(f"conversations/{stranger}/claim").status_code == 200
    answer = ana.post(f"conversations/{stranger}/outreach/pause", {"reason": "They asked for it"})
    assert (answer.status_code, "nobody to pause it for" in answer.text) == (409, True)


def test_the_past_tells_what_the_gate_said_medium_by_medium(talk: Talk, ana: Visit) -> None:
    with talk.desk.db.transaction() as session:
        maya = talk.customer(session)
        row = reminder(session, maya, clocks.now(), rule="refused", subject_id=talk.invoices["INV-1002"])
        asked(session, row, Medium.WHATSAPP, "no_opt_in")
        asked(session, row, Medium.SMS, "refused")
    (past,) = shown(talk, ana)["past"]
    assert (past["what"], past["state"]) == ("Gentle follow-up on INV-1002", "skipped")
    assert [(one["channel"], one["may_go"], one["because"]) for one in past["asked"]] == [
        ("whatsapp", False, "they have not said yes to messages there (C14)"),
        ("sms", False, "they refused messages there (C4, C5)"),
    ]


def test_a_pause_holds_the_steps_until_its_day_and_is_one_however_often_it_is_pressed(talk: Talk, ana: Visit) -> None:
    for _ in range(2):
        answer = pause(talk, ana, "Moves house 4242424242424242\x00", days_on(9))
        assert answer.status_code == 200, answer.text
    found = answer.json()
    assert "4242424242424242" not in found["pause"]["reason"]
    assert found["pause"]["reason"].startswith("Moves house")
    assert (found["pause"]["by"], found["pause"]["until"]) == ("Ana", days_on(9).isoformat())
    assert found["may"] == {"pause": False, "resume": True}
    first, second = found["next"][1:3]
    assert (first["goes"], first["because"]) == (False, "it is paused")
    assert first["there"].endswith("00:00")
    assert second["goes"]
    assert talk.audited("outreach.paused") == ["outreach.paused"]
    with talk.desk.db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(OutreachPause)) == 1


def test_resuming_twice_is_resuming_once_and_takes_a_proof_or_a_supervisor(talk: Talk, ana: Visit, sol: Visit) -> None:
    assert pause(talk, ana).status_code == 200
    talk.lapse()
    path = f"conversations/{talk.id}/outreach/resume"
    assert ana.post(path).status_code == 403
    assert [sol.post(path).status_code for _ in range(2)] == [200, 200]
    assert talk.audited("outreach.resumed") == ["outreach.resumed"]
    assert pause(talk, ana).json()["pause"]["reason"] is None


def test_only_who_speaks_with_them_or_supervises_pauses_and_reads(talk: Talk, ben: Visit, sol: Visit) -> None:
    assert talk.get(ben, "outreach").status_code == 403
    assert pause(talk, ben).status_code == 403
    assert ben.post(f"conversations/{talk.id}/outreach/resume").status_code == 403
    assert pause(talk, sol).status_code == 200


def test_a_pause_says_why_and_ends_on_a_day_within_a_year(talk: Talk, ana: Visit) -> None:
    for reason, until in (
        ("", None),
        ("   ", None),
        ("ill", None),
        ("In hospital", days_on(0)),
        ("Away", days_on(900)),
    ):
        assert pause(talk, ana, reason, until).status_code == 422, (reason, until)
    assert shown(talk, ana)["pause"] is None


def test_everybody_is_paused_and_resumed_by_a_supervisor_alone(talk: Talk, ana: Visit, sol: Visit) -> None:
    body = {"reason": "A wrong batch of invoices"}
    assert ana.post("outreach/pause", body).status_code == 403
    assert [sol.post("outreach/pause", body).json() for _ in range(2)] == [{"paused": True}] * 2
    found = shown(talk, ana)
    assert found["everybody"].startswith("Nothing is begun with anybody")
    assert {one["because"] for one in found["next"][1:]} == {"it is paused"}
    assert ana.post("outreach/resume").status_code == 403
    assert [sol.post("outreach/resume").json() for _ in range(2)] == [{"paused": False}] * 2
    assert talk.audited("outreach.paused", "outreach.resumed") == ["outreach.paused", "outreach.resumed"]


def test_c9_what_is_disputed_is_not_ahead_and_a_promise_waits_for_its_day(talk: Talk, ana: Visit) -> None:
    with talk.desk.db.transaction() as session:
        factories.hold(session, factories.invoice(session, talk.customer(session), late=-20, number="INV-9"))
    assert "INV-9" not in str(shown(talk, ana)["next"])
    answer = talk.post(ana, "promise", amount=5_000, due_on=days_on(8).isoformat())
    assert answer.status_code == 200, answer.text
    steps = {one["on"]: one for one in shown(talk, ana)["next"]}
    on_7, on_9 = steps[days_on(7).isoformat()], steps[days_on(9).isoformat()]
    assert on_7["because"] != on_7["what"]
    assert "Reminder of the promise of $50.00" in str(shown(talk, ana)["next"])
    assert "they promised a day that is to come" in str((on_7, on_9))


def test_before_something_is_begun_the_composer_is_told_what_the_gate_says(desk: Desk, clock: SetClock) -> None:
    with desk.db.transaction() as session:
        maya = factories.maya(session)
        says_yes(session, maya)
        here = talk_of(session, maya)
        here.holder, here.agent_id, here.wrote_at = Holder.AGENT, desk.ana.id, clocks.now() - dt.timedelta(days=9)
        id_ = here.id

    def begins() -> Any:
        with desk.visit("ana@example.com") as ana:
            return ana.get(f"conversations/{id_}").json()["phone"]["begins"]

    assert begins() is None
    clock.set(dt.datetime(2026, 3, 3, 5, tzinfo=dt.UTC))
    assert begins() == (
        "They last wrote 9 days ago, so this begins something, and it is outside the hours there (C1). "
        "It fits from Mar 3, 08:00 on, by their clock."
    )
    with desk.db.transaction() as session:
        session.get_one(Conversation, id_).wrote_at = clocks.now()
    assert begins() is None
