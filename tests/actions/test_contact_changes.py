"""A new contact: proof first, said back, passed to the desk; what codes go to never changes by itself (P1)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from actions.talk.contact_changes import AskContactAgreed, AskContactChange, ContactForm, RecordContact, UpdateContact
from actions.talk.verification import VerificationForm
from bot.models import Case, ContactChange, Customer, Hold
from tests.actions.scene import Scene

FORM = "contact_form"


def state(scene: Scene) -> tuple[Customer, list[Case], list[ContactChange], list[Hold]]:
    """The customer, and what the desk has."""
    with scene.db.reading() as session:
        return (
            session.get_one(Customer, scene.customer.id),
            list(session.scalars(sa.select(Case))),
            list(session.scalars(sa.select(ContactChange))),
            list(session.scalars(sa.select(Hold))),
        )


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("my new email is Maya.T@Example.org", "email", "maya.t@example.org"),
        ("I changed my number to 312-555-0199", "phone", "+13125550199"),
        ("my address is now 12 Oak Street, Springfield 62704", "address", "12 Oak Street, Springfield 62704"),
        ("I moved to 5 Elm Road, Austin", "address", "5 Elm Road, Austin"),
        ("I got married, my name is now Maya Reyes", "name", "Maya Reyes"),
    ],
)
async def test_a_new_contact_is_read_said_back_and_passed_on(scene: Scene, text: str, kind: str, value: str) -> None:
    begun = await scene.run(UpdateContact(), text, "update_contact")
    assert begun.loop == FORM
    assert value not in str(begun.slots)
    asked = await scene.run(AskContactAgreed(), slots=begun.slots, loop=FORM, requested="contact_agreed")
    assert value in asked.text
    yes = await scene.run(ContactForm(), "yes", "affirm", slots=begun.slots, loop=FORM, requested="contact_agreed")
    assert yes.slots == {"contact_agreed": True}
    done = await scene.run(RecordContact(), "yes", "affirm", slots=begun.slots | yes.slots, answered_before=True)
    assert done.responses == ["utter_contact_noted"]
    customer, (case,), (change,), holds = state(scene)
    assert (customer.email, customer.phone, customer.name) == ("maya@example.com", "+12105550101", "Maya Torres")
    assert (case.kind, change.kind, change.value, change.case_id) == ("contact_change", kind, value, case.id)
    assert value in case.summary
    assert holds == []


async def test_proof_comes_first_and_a_new_address_names_no_account_p1(stranger: Scene) -> None:
    begun = await stranger.run(UpdateContact(), "my new email is m@example.org", "update_contact")
    assert begun.loop == "verification_form"
    heard = await stranger.run(
        VerificationForm(), "my new email is m@example.org", "update_contact", loop="verification_form"
    )
    assert heard.events == []


async def test_what_is_missing_is_asked_for_step_by_step(scene: Scene) -> None:
    begun = await scene.run(UpdateContact(), "my details changed", "update_contact")
    asked = await scene.run(AskContactChange(), slots=begun.slots, loop=FORM, requested="contact_change")
    assert asked.responses == ["utter_ask_contact"]
    chosen = await scene.run(
        ContactForm(), "", "update_contact", entities={"contact": "address"}, loop=FORM, requested="contact_change"
    )
    assert chosen.slots == {"contact_kind": "address", "contact_change": None}
    asked = await scene.run(AskContactChange(), slots=chosen.slots, loop=FORM, requested="contact_change")
    assert asked.responses == ["utter_ask_contact_address"]
    given = await scene.run(
        ContactForm(), "12 Oak Street, Springfield", slots=chosen.slots, loop=FORM, requested="contact_change"
    )
    assert given.slots["contact_change"]["id"]


async def test_it_can_be_corrected_before_the_yes(scene: Scene) -> None:
    begun = await scene.run(UpdateContact(), "my new email is a@example.org", "update_contact")
    answer = await scene.run(
        ContactForm(), "no, b@example.org", "deny", slots=begun.slots, loop=FORM, requested="contact_agreed"
    )
    assert answer.slots["contact_change"]["id"] != begun.slots["contact_change"]["id"]
    no = await scene.run(ContactForm(), "no", "deny", slots=begun.slots, loop=FORM, requested="contact_agreed")
    assert no.events == []


@pytest.mark.parametrize(
    ("first", "then", "value"),
    [
        ("my address is 12 Oak Street, Springfield", "no, 14 Oak Street, Springfield", "14 Oak Street, Springfield"),
        ("my name is now Maya Reyes", "sorry, it's Maya Reyes-Lopez", "Maya Reyes-Lopez"),
    ],
)
async def test_a_correction_in_free_text_takes_its_place(scene: Scene, first: str, then: str, value: str) -> None:
    begun = await scene.run(UpdateContact(), first, "update_contact")
    answer = await scene.run(
        ContactForm(), then, "out_of_scope", slots=begun.slots, loop=FORM, requested="contact_agreed"
    )
    asked = await scene.run(AskContactAgreed(), slots=answer.slots, loop=FORM, requested="contact_agreed")
    assert value in asked.text
    no = await scene.run(
        ContactForm(), "no, leave it", "deny", slots=begun.slots, loop=FORM, requested="contact_agreed"
    )
    assert no.events == []


async def test_what_cannot_be_read_is_asked_again(scene: Scene) -> None:
    slots: dict[str, Any] = {"contact_kind": "email"}
    answer = await scene.run(ContactForm(), "um", "inform", slots=slots, loop=FORM, requested="contact_change")
    assert (answer.responses, answer.slots["contact_change"]) == (["utter_contact_unclear"], None)


async def test_a_number_that_was_given_up_hears_nothing_more_p4(scene: Scene) -> None:
    text = "I lost my old number, my new one is 312-555-0199"
    begun = await scene.run(UpdateContact(), text, "update_contact")
    slots = begun.slots | {"contact_agreed": True}
    await scene.run(RecordContact(), "yes", "affirm", slots=slots, answered_before=True)
    _, (case,), _, (hold,) = state(scene)
    assert (hold.kind, hold.address, hold.customer_id) == ("wrong_person", "+12105550101", None)
    assert "no longer theirs" in case.summary
