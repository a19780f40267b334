"""A request is answered in one thread, which the next one has again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from config.django_handler import OneThreadHandler

SECONDS = 60.0  # any awaited fact may take
seen: list[tuple[str, threading.Thread]] = []
may_go = threading.Event()


def note(what: str) -> None:
    seen.append((what, threading.current_thread()))


def whole(_request: HttpRequest) -> HttpResponse:
    note("view")
    return HttpResponse(b"x" * (OneThreadHandler.chunk_size + 1))


def slow(_request: HttpRequest) -> HttpResponse:
    note("view")
    may_go.wait(SECONDS)
    return HttpResponse()


def endless(_request: HttpRequest) -> StreamingHttpResponse:
    async def pieces():
        while True:
            yield b"piece"
            await asyncio.sleep(0.01)

    return StreamingHttpResponse(pieces())


urlpatterns = [path("whole/", whole), path("slow/", slow), path("endless/", endless)]


@pytest.fixture
def handler(settings) -> Iterator[OneThreadHandler]:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["django.middleware.clickjacking.XFrameOptionsMiddleware"]
    seen.clear()
    may_go.clear()

    def began(**_: object) -> None:
        note("began")

    def ended(**_: object) -> None:
        note("ended")

    request_started.connect(began)
    request_finished.connect(ended)
    yield OneThreadHandler()
    request_started.disconnect(began)
    request_finished.disconnect(ended)


def asked(handler: OneThreadHandler, address: str) -> ApplicationCommunicator:
    scope = {
        "type": "http", "method": "GET", "path": address, "query_string": b"", "headers": [],
        "server": ("localhost", 80),
    }  # fmt: skip
    return ApplicationCommunicator(handler, scope)


async def answered(to: ApplicationCommunicator) -> bytes:
    await to.send_input({"type": "http.request"})
    started = await to.receive_output(SECONDS)
    assert started["status"] == 200
    body = b""
    more = True
    while more:
        piece = await to.receive_output(SECONDS)
        body, more = body + piece["body"], piece["more_body"]
    await to.wait(SECONDS)
    await asyncio.sleep(0)  # what is done once a request is over
    return body


async def test_one_thread_from_begin_to_end_and_for_the_next(handler) -> None:
    for _ in range(2):
        assert len(await answered(asked(handler, "/whole/"))) == OneThreadHandler.chunk_size + 1
    assert [what for what, _ in seen] == ["began", "view", "ended"] * 2
    (thread,) = {thread for _, thread in seen}
    assert thread is not threading.main_thread()


async def test_nobody_waits_for_the_thread_of_one_that_was_left(handler) -> None:
    left = asked(handler, "/slow/")
    await left.send_input({"type": "http.request"})
    while "view" not in [what for what, _ in seen]:  # noqa: ASYNC110  a thread says so
        await asyncio.sleep(0.01)
    left.future.cancel()
    assert await answered(asked(handler, "/whole/"))
    may_go.set()
    async with asyncio.timeout(SECONDS):
        while [what for what, _ in seen].count("ended") < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert len({thread for _, thread in seen}) == 2


async def test_a_stream_ends_with_its_reader(handler) -> None:
    reader = asked(handler, "/endless/")
    await reader.send_input({"type": "http.request"})
    assert (await reader.receive_output(SECONDS))["status"] == 200
    assert (await reader.receive_output(SECONDS))["body"] == b"piece"
    await reader.send_input({"type": "http.disconnect"})
    await reader.wait(SECONDS)
    async with asyncio.timeout(SECONDS):
        while "ended" not in [what for what, _ in seen]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
