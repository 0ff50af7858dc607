"""Whole talks in Spanish, Portuguese and both at once come to what the same talk in English comes to (K4, K7, K8)."""

from __future__ import annotations

from typing import Any

from bot.models import Frequency, Plan, PlanStatus
from tests.actions.dialogue import Talk

Turns = list[tuple[str, str]]


def parts(plan: Plan) -> list[tuple[str, int]]:
    return [(part.due_on.isoformat()[5:], part.amount) for part in plan.instalments]


async def held(talk: Talk, language: str | None, turns: Turns) -> Plan:
    """The plan in force after the talk."""
    talk.slots["language"] = language
    for text, intent in turns:
        await talk.say(text, intent)
    plan = talk.plan()
    assert plan is not None, (turns, talk.last.responses)
    return plan


async def over(talk: Talk) -> None:
    """The plan in force is ended, in the language of the talk."""
    language = talk.slots.get("language")
    said = {"es": ("cancelar el plan", "sí, cancélelo"), "pt": ("quero cancelar o plano", "sim, pode cancelar")}
    wish, agreed = said.get(str(language), ("cancel the plan", "yes, end it"))
    await talk.say(wish, "cancel_plan")
    await talk.say(agreed, "affirm")
    assert talk.plan() is None, talk.last.responses


async def test_k8_terms_are_named_corrected_and_agreed(talk: Talk) -> None:
    spoken: dict[str, list[Turns]] = {
        "es": [
            [("¿puedo pagar 60 un viernes sí y otro no?", "propose_plan"), ("supongo", "affirm"), ("sí, está bien",
            "affirm")],
            [("60 cada quincena a partir del viernes 13", "propose_plan"), ("va", "affirm")],
        ],
        "pt": [
            [("posso pagar 60 sexta sim sexta não?", "propose_plan"), ("acho que sim", "affirm"), ("sim, pode ser",
            "affirm")],
            [("60 por quinzena a partir do dia 13", "propose_plan"), ("beleza", "affirm")],
        ],
    }  # fmt: skip
    for language, talks in spoken.items():
        for turns in talks:
            plan = await held(talk, language, turns)
            assert plan.frequency == Frequency.FORTNIGHTLY
            assert [amount for _, amount in parts(plan)] == [6000, 6000, 6000, 2050], turns
            assert parts(plan)[0][0] == "03-13", turns
            await over(talk)


async def test_k4_an_offer_is_chosen_by_its_length_or_its_place(talk: Talk) -> None:
    spoken: dict[str | None, list[Turns]] = {
        "es": [
            [("quiero un plan de pagos", "request_plan"), ("la de 4 meses", "inform"), ("de acuerdo", "affirm")],
            [("¿se puede en pagos?", "request_plan"), ("la segunda", "inform"), ("sí por favor", "affirm")],
            [("en 4 meses", "request_plan"), ("dale", "affirm")],
        ],
        "pt": [
            [("quero parcelar", "request_plan"), ("a de 4 meses", "inform"), ("combinado", "affirm")],
            [("dá pra parcelar?", "request_plan"), ("a segunda opção", "inform"), ("sim, por favor", "affirm")],
            [("em 4 vezes", "request_plan"), ("fechado", "affirm")],
        ],
        None: [
            [("can I have a plan", "request_plan"), ("la de 4 meses por favor", "inform"), ("sí por favor, de acuerdo",
            "affirm")],
        ],
    }  # fmt: skip
    for language, talks in spoken.items():
        for turns in talks:
            plan = await held(talk, language, turns)
            assert (plan.frequency, len(plan.instalments)) == (Frequency.MONTHLY, 4), turns
            await over(talk)


async def test_k7_what_is_too_much_is_met_with_less(talk: Talk) -> None:
    spoken: dict[str, tuple[str, str, str]] = {
        "es": ("quiero un plan", "es mucho para mí", "mejor 30 por semana"),
        "pt": ("quero um plano", "fica muito caro pra mim", "melhor 30 por semana"),
    }
    for language, (wish, steep, terms) in spoken.items():
        talk.slots["language"] = language
        await talk.say(wish, "request_plan")
        answer = await talk.say(steep, "deny")
        assert "utter_plan_ask_terms" in answer.responses or "utter_plan_ask_each" in answer.responses, answer.responses
        plan = await held(talk, language, [(terms, "propose_plan"), ({"es": "sí", "pt": "sim"}[language], "affirm")])
        assert (plan.frequency, parts(plan)[0][1]) == (Frequency.WEEKLY, 3000)
        await over(talk)


async def test_an_instalment_is_moved_and_a_plan_is_paused(talk: Talk) -> None:
    changes: dict[str, Turns] = {
        "es": [("¿puedo mover el próximo pago al 12?", "change_plan"), ("sí, claro", "affirm")],
        "pt": [("posso mudar a próxima parcela para o dia 12?", "change_plan"), ("sim, claro", "affirm")],
    }
    made: dict[str, Any] = {}
    for language, turns in changes.items():
        await held(
            talk, language, [({"es": "en 4 meses", "pt": "em 4 meses"}[language], "request_plan"), ("ok", "affirm")]
        )
        plan = await held(talk, language, turns)
        made[language] = parts(plan)[0][0]
        await over(talk)
    assert made == {"es": "03-12", "pt": "03-12"}


async def test_a_down_payment_and_the_rest_are_agreed_in_both_languages(talk: Talk) -> None:
    for language, turns in {
        "es": [("50 ahorita y el resto en 3 pagos", "propose_plan"), ("sí, acepto", "affirm")],
        "pt": [("50 de entrada e o resto em 3x", "propose_plan"), ("sim, aceito", "affirm")],
    }.items():
        plan = await held(talk, language, turns)
        assert [part.number for part in plan.instalments] == [0, 1, 2, 3]
        assert plan.instalments[0].amount == 5000
        assert plan.status in (PlanStatus.AGREED, PlanStatus.ACTIVE)
        await over(talk)
