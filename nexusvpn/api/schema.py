"""OpenAPI that tells the truth: every answer in its envelope, every error with its shape."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, inline_serializer
from rest_framework import serializers

from nexusvpn.api.pagination import COUNTED_ROWS, MAX_LIMIT, MAX_PAGE
from nexusvpn.api.permissions import SignedIn, needed_scopes

_ERRORS = {
    "400": "The input is not valid.",
    "401": "No valid token.",
    "403": "You may not do this, or not with this API key.",
    "404": "There is nothing here, or it is not yours.",
    "409": "The present state of things does not admit it.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "429": "Too many requests; wait for Retry-After seconds.",
    "503": "Something that we depend on is missing; try again after Retry-After seconds.",
}
_COMMON = {
    "message": {"type": "string"},
    "request_id": {"type": "string"},
    "timestamp": {"type": "string", "format": "date-time"},
}


def _envelope(status: int, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"status_code": {"type": "integer", "enum": [status]}, "data": data, **_COMMON},
        "required": ["status_code", "message", "data", "request_id", "timestamp"],
        "additionalProperties": False,
    }


def _error(status: int) -> dict[str, Any]:
    schema = _envelope(status, {"nullable": True, "enum": [None]})
    schema["properties"]["error"] = {
        "type": "object",
        "properties": {
            "code": {"type": "string"},
            "fields": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            },
        },
        "required": ["code", "fields"],
        "additionalProperties": False,
    }
    schema["required"].append("error")
    return schema


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class EnvelopeSchema(AutoSchema):
    def _get_response_for_code(
        self, serializer: Any, status_code: str, media_types: Any = None, direction: Any = "response"
    ) -> Any:
        answer = super()._get_response_for_code(serializer, status_code, media_types, direction)  # type: ignore[no-untyped-call]
        content = answer.setdefault("content", {"application/json": {"schema": {"nullable": True, "enum": [None]}}})
        for media_type, body in content.items():
            if media_type == "application/json":
                body["schema"] = _envelope(int(status_code), body["schema"])
        answer["description"] = answer.get("description") or "Success"
        return answer

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for status, description in _ERRORS.items():
            bodies.setdefault(
                status,
                {
                    "description": description,
                    "content": {"application/json": {"schema": _error(int(status))}},
                },
            )
        return bodies

    def get_description(self) -> str:  # type: ignore[override]
        """What the view says of itself, and which API keys open it."""
        return "\n\n".join(part for part in (super().get_description(), self._scopes_in_words()) if part)

    def _scopes_in_words(self) -> str:
        if SignedIn not in self.view.permission_classes:
            return ""
        needed = needed_scopes(self.method, self.view)
        if not needed:
            return "API keys: not accepted; sign in."
        return f"API keys: need the scope {' or '.join(f'`{scope}`' for scope in needed)}."

    def get_extensions(self) -> dict[str, Any]:
        needed = needed_scopes(self.method, self.view) if SignedIn in self.view.permission_classes else []
        return {**super().get_extensions(), **({"x-scopes": [scope.value for scope in needed]} if needed else {})}

    def get_operation_id(self) -> str:
        """`devices_get`, `device_detail_patch`: the view's name and the method, which no two operations share."""
        name = _snake(type(self.view).__name__.removesuffix("View"))
        return f"{name}_{self.method.lower()}"

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Lists are pages of our own shape (`paged`), never bare arrays."""
        return False


def without_trailing_slashes(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Both spellings work; the one that is documented is the contract's."""
    result["paths"] = {path.rstrip("/"): operations for path, operations in result["paths"].items()}
    return result


def paged(item: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The response shape of a page of `item`s."""
    return inline_serializer(
        name=f"{item.__name__}Page",
        fields={
            "items": item(many=True),
            "page": serializers.IntegerField(),
            "limit": serializers.IntegerField(),
            "total": serializers.IntegerField(max_value=COUNTED_ROWS, help_text="Exact, unless total_capped is there."),
            "total_pages": serializers.IntegerField(),
            "total_capped": serializers.BooleanField(
                required=False, help_text="There are more rows than total; pages end there, a cursor goes on."
            ),
        },
    )


def listed(item: type[serializers.Serializer[Any]]) -> PolymorphicProxySerializer:
    """The response shapes of a list that also takes a cursor: a page, or with `cursor` a slice."""
    slice_of = inline_serializer(
        name=f"{item.__name__}Slice",
        fields={
            "items": item(many=True),
            "limit": serializers.IntegerField(),
            "next_cursor": serializers.CharField(allow_null=True, help_text="Of the next slice; null at the end."),
        },
    )
    return PolymorphicProxySerializer(
        component_name=f"{item.__name__}List", serializers=[paged(item), slice_of], resource_type_field_name=None
    )


LIMIT_PARAMETER = OpenApiParameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 20}, description="Rows an answer"
)
PAGE_PARAMETERS = [
    OpenApiParameter(
        "page", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 1}, description="Page, from 1"
    ),
    LIMIT_PARAMETER,
]
LIST_PARAMETERS = [
    *PAGE_PARAMETERS,
    OpenApiParameter(
        "cursor",
        {"type": "string"},
        description="Instead of page: empty for the first slice, then the next_cursor of the answer before.",
    ),
]
