"""Anything that a program may send to a JSON call: made from the call's own description, right and wrong alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import hypothesis
import schemathesis
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation

Json = dict[str, Any]
Send = Callable[..., httpx.Response]
Known = dict[str, list[str]]
TRACES = ("Traceback", "sqlalchemy", "psycopg", "sqlite3", 'File "')


def description(routes: Iterable[APIRoute], known: Known) -> Json:
    """OpenAPI of `routes`, in which what a body asks for by a name of `known` is one of these."""
    described = get_openapi(title="Good Terms", version="0", routes=list(routes))
    for schema in described.get("components", {}).get("schemas", {}).values():
        for name in schema.get("properties", {}).keys() & known.keys():
            schema["properties"][name] = {"enum": known[name]}
    return described


def try_everything(
    described: Json, send: Send, known: Known, *, each: int, before: Callable[[], None] = lambda: None
) -> list[str]:
    """Send `each` requests to every call, the same ones in every run; gives the first answer of a call that no caller
    should get: a failure of ours, or what tells of our inside. Half of them are about what is `known` by the names of
    an address; `before` is done before every call's turn."""
    faults = []
    for found in schemathesis.openapi.from_dict(described).get_all_operations():
        before()
        faults += _tried(found.ok(), send, known, each)[:1]
    return faults


def _tried(operation: APIOperation[Any, Any, Any, Any], send: Send, known: Known, each: int) -> list[str]:
    right, wrong = (operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))
    asked = {name: known[name][0] for name in re.findall(r"{(\w+)}", operation.path) if known.get(name)}
    about_what_is_there = operation.as_strategy(path_parameters=asked) if asked else right
    faults: list[str] = []

    @hypothesis.seed(1)
    @hypothesis.settings(
        max_examples=each,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=st.one_of(about_what_is_there, about_what_is_there, right, wrong))
    def sent(case: Case) -> None:
        fault = _fault(case, send)
        if fault is not None:
            faults.append(f"{operation.method.upper()} {operation.path}: {fault}")

    sent()
    return faults


def _fault(case: Case, send: Send) -> str | None:
    request = case.as_transport_kwargs(base_url="")
    body = {"content": request["data"]} if request.get("data") is not None else {}
    given = {name: request[name] for name in ("params", "json") if request.get(name) is not None} | body
    try:
        answer = send(request["method"], request["url"], **given)
    except Exception as error:  # in process, what the application did not catch comes to us
        return f"{type(error).__name__} {error} after {request['url']} {given}"
    if answer.status_code >= 500 or any(trace in answer.text for trace in TRACES):
        return f"{answer.status_code} {answer.text[:200]} after {request['url']} {given}"
    if answer.status_code >= 400 and case.path.startswith("/api/") and not _is_a_sentence(answer):
        return f"no sentence but {answer.text[:200]} after {request['url']} {given}"
    return None


def _is_a_sentence(answer: httpx.Response) -> bool:
    error = answer.json().get("error", {})
    return bool(error.get("code")) and isinstance(error.get("message"), str) and error["message"] != ""
