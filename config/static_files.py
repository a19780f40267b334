"""Static files: compressed, and kept by a browser until they change.

Their addresses have the digest of all of them in front (`/static/3f9c…/dashboard/…`), so a new
version has new addresses. In front and not in each name, because modules and style sheets name each
other by relative paths, which then need no rewriting, and a checkout no build.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from whitenoise.middleware import WhiteNoiseMiddleware

PREFIX = "/static/"
FOR_GOOD = "max-age=31536000, public, immutable"  # a year: the most a browser takes
COMPRESSED = {".js", ".css", ".svg", ".html", ".json", ".map", ".txt"}
SMALLEST = 512  # bytes worth compressing
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)
_ADDRESS = re.compile(rf"{PREFIX}(?:([0-9a-f]{{12}})/)?(.+)")


class StaticFiles(WhiteNoiseMiddleware):
    """Serves them from the apps' folders, under the present digest, an older one, or none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        self._compressed: dict[str, bytes] = {}  # by path; each once, when first asked for

    def __call__(self, request: HttpRequest) -> Any:
        found = _ADDRESS.fullmatch(request.path_info)
        if not found:
            return self.get_response(request)
        path = PREFIX + found[2]
        static_file = self.find_file(path) if self.autorefresh else self.files.get(path)
        if static_file is None:
            return self.get_response(request)
        response = self.serve(static_file, request)
        if found[1] and request.path_info.startswith(settings.STATIC_URL):
            response["Cache-Control"] = FOR_GOOD
        return self._smaller(response, request, path)

    def _smaller(self, response: Any, request: HttpRequest, path: str) -> Any:
        if Path(path).suffix not in COMPRESSED or self.autorefresh:
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        whole = response.status_code == 200 and request.method == "GET"
        accepted = _GZIP.search(request.headers.get("Accept-Encoding", ""))
        if not whole or not accepted or int(response["Content-Length"]) < SMALLEST:
            return response
        body = self._compressed.get(path)
        if body is None:
            body = gzip.compress(b"".join(response.streaming_content), mtime=0)
            self._compressed[path] = body
        response.file_to_stream.close()  # its own close() would end the request
        kept = {key: value for key, value in response.items() if key != "ETag"}
        kept |= {"Content-Encoding": "gzip", "Content-Length": str(len(body))}
        return HttpResponse(body, headers=kept)
