"""JSON objects, read once, with orjson (which refuses NaN, Infinity and broken UTF-8); and forms where files come along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from nexusvpn.errors import InvalidInput


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        body = stream.read()
        if not body:
            return {}
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            raise ParseError from None


class FilesParser(BaseParser):
    """A form with files, read into the same plain values as JSON: what is sent once is a value, and files are always a list."""

    media_type = "multipart/form-data"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        request = (parser_context or {})["request"]._request
        try:
            fields, files = MultiPartParser(request.META, stream, request.upload_handlers, "utf-8").parse()
        except (MultiPartParserError, UnreadablePostError):
            raise InvalidInput("The body cannot be read.", code="malformed_request") from None
        values: dict[str, Any] = {name: sent[0] if len(sent) == 1 else sent for name, sent in fields.lists()}
        return {**values, **dict(files.lists())}
