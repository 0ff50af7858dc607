"""Twilio's addresses: messages, their media, and contents, on one port."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from sandbox import twilio_listing
from sandbox.answers import given
from sandbox.refusal import TwilioRefusal

if TYPE_CHECKING:
    from sandbox.app import Sandbox


def message_routes(sandbox: Sandbox) -> APIRouter:
    """`/2010-04-01/Accounts/{account}/Messages`."""
    routes = APIRouter(prefix="/2010-04-01/Accounts/{account}")
    api = sandbox.twilio

    @routes.post("/Messages.json")
    async def send(request: Request, account: str) -> Response:
        api.authorise(request.headers, account)
        api.fail_on_demand()
        encoded = await request.body()
        message = api.create(encoded.decode(errors="replace"))
        sandbox.heard.note("twilio", request, encoded)
        await asyncio.sleep(api.faults.read().hang_s)
        return given(message, 201, lost=api.faults.take_loss())

    @routes.get("/Messages.json")
    async def listed(request: Request, account: str) -> Response:
        api.authorise(request.headers, account)
        api.fail_on_demand()
        answer = twilio_listing.page(sandbox.store, request.url.path, request.url.query)
        sandbox.heard.note("twilio", request)
        return JSONResponse(answer)

    @routes.get("/Messages/{sid}.json")
    async def fetch(request: Request, account: str, sid: str) -> Response:
        api.authorise(request.headers, account)
        api.fail_on_demand()
        sandbox.heard.note("twilio", request)
        return JSONResponse(api.fetch(sid))

    @routes.get("/Messages/{message}/Media/{sid}")
    async def media(request: Request, account: str, message: str, sid: str) -> Response:
        api.authorise(request.headers, account)
        found = sandbox.cabinet.find(sid)
        if found is None or found.parent != message:
            raise TwilioRefusal(20404, f"The requested resource /Media/{sid} was not found", status=404)
        # Twilio itself sends callers on to a public host, which there is none of on loopback.
        return Response(found.bytes, media_type=found.type)

    return routes


def content_routes(sandbox: Sandbox) -> APIRouter:
    """`/v1/Content`."""
    routes = APIRouter(prefix="/v1/Content")
    api, contents = sandbox.twilio, sandbox.twilio.contents

    async def heard(request: Request) -> bytes:
        api.authorise(request.headers)
        api.fail_on_demand()
        return await request.body()

    @routes.post("")
    async def create(request: Request) -> Response:
        encoded = await heard(request)
        content = contents.create(encoded)
        sandbox.heard.note("content", request, encoded)
        return given(content, 201, lost=api.faults.take_loss())

    @routes.get("")
    async def listed(request: Request) -> Response:
        await heard(request)
        sandbox.heard.note("content", request)
        return JSONResponse(contents.every())

    @routes.get("/{sid}")
    async def fetch(request: Request, sid: str) -> Response:
        await heard(request)
        sandbox.heard.note("content", request)
        return JSONResponse(contents.fetch(sid))

    @routes.delete("/{sid}")
    async def remove(request: Request, sid: str) -> Response:
        await heard(request)
        contents.remove(sid)
        sandbox.heard.note("content", request)
        return Response(status_code=204)

    @routes.post("/{sid}/ApprovalRequests/whatsapp")
    async def ask_approval(request: Request, sid: str) -> Response:
        encoded = await heard(request)
        answer = contents.ask_approval(sid, encoded)
        sandbox.heard.note("content", request, encoded)
        return JSONResponse(answer, 201)

    @routes.get("/{sid}/ApprovalRequests")
    async def approval(request: Request, sid: str) -> Response:
        await heard(request)
        sandbox.heard.note("content", request)
        return JSONResponse(contents.approval(sid))

    return routes
