"""What the sandbox says when it refuses, in Stripe's words: https://docs.stripe.com/api/errors."""

from __future__ import annotations

from typing import Any


class StripeError(Exception):
    """A refusal with its HTTP status; `body()` is what the client reads."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.fields = {"type": type, "code": code, "message": message, "param": param, **more}

    def body(self) -> dict[str, Any]:
        fields = {name: value for name, value in self.fields.items() if value is not None}
        if code := fields.get("code"):
            fields["doc_url"] = f"https://stripe.com/docs/error-codes/{str(code).replace('_', '-')}"
        return {"error": fields}


def no_such(kind: str, id: str, param: str | None = None) -> StripeError:
    """404 for the object of the address itself, 400 for one that a parameter names."""
    return StripeError(
        f"No such {kind.replace('_', ' ')}: '{id}'",
        status=404 if param is None else 400,
        code="resource_missing",
        param=param or "id",
    )
