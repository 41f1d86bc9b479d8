"""JSON objects, read once, with orjson (which refuses NaN, Infinity and broken UTF-8); and forms where files come along."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from django.http import QueryDict, UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser

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


class FilesParser(MultiPartParser):
    """A form with files. They are closed with the request."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except (ParseError, UnreadablePostError):
            raise InvalidInput(_("The body cannot be read."), code="malformed_request") from None


def form_values(sent: QueryDict, files: Collection[str]) -> dict[str, Any]:
    """A form in the plain values of JSON: what is sent once is a value, what is sent more often a list; and files are always one."""
    return {name: values[0] if len(values) == 1 and name not in files else values for name, values in sent.lists()}
