"""The Graph API's addresses: messages of our number, media by id, and the media's own bytes."""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from sandbox.answers import given
from sandbox.refusal import MetaRefusal

if TYPE_CHECKING:
    from sandbox.app import Sandbox

LIFE_S = 300


def routes(sandbox: Sandbox) -> APIRouter:
    """`/{version}/{phone number id}/messages`, `/{version}/{media id}`, and where the latter leads."""
    routes = APIRouter()
    api = sandbox.meta

    @routes.post("/v{major:int}.{minor:int}/{phone_number_id}/messages")
    async def send(request: Request, major: int, minor: int, phone_number_id: str) -> Response:
        api.authorise(request.headers, phone_number_id)
        api.fail_on_demand()
        encoded = await request.body()
        answer = api.take(encoded)
        sandbox.heard.note("meta", request, encoded)
        await asyncio.sleep(api.faults.read().hang_s)
        return given(answer, lost=api.faults.take_loss())

    @routes.get("/v{major:int}.{minor:int}/{media_id}")
    async def about(request: Request, major: int, minor: int, media_id: str) -> Response:
        api.authorise(request.headers)
        api.fail_on_demand()
        found = sandbox.cabinet.find(media_id)
        if found is None or not media_id.isdecimal():
            sentence = f"Unsupported get request. Object with ID '{media_id}' does not exist."
            raise MetaRefusal(100, sentence, subcode=33)
        sandbox.heard.note("meta", request)
        expires = int(time.time()) + LIFE_S
        query = f"mid={media_id}&ext={expires}&hash={_mark(media_id, expires)}"
        return JSONResponse(
            {
                "messaging_product": "whatsapp",
                "url": f"{sandbox.base}/whatsapp_business/attachments/?{query}",
                "mime_type": found.type,
                "sha256": found.hexdigest,
                "file_size": str(len(found.bytes)),
                "id": media_id,
            }
        )

    @routes.get("/whatsapp_business/attachments/")
    async def bytes_of(request: Request, mid: str, ext: int, hash: str) -> Response:
        api.authorise(request.headers)
        found = sandbox.cabinet.find(mid)
        if found is None or hash != _mark(mid, ext) or time.time() > ext:
            return Response("URL signature expired", 404)
        return Response(found.bytes, media_type=found.type)

    return routes


def _mark(media_id: str, expires: int) -> str:
    return hashlib.sha256(f"{media_id}:{expires}".encode()).hexdigest()[:24]
