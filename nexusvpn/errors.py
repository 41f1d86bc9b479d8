"""The product's errors. `code` is part of the API contract; only the handlers in `nexusvpn.api` and
`nexusvpn.pages` know which HTTP status a kind of error has."""

from __future__ import annotations

from nexusvpn.languages import lazy as _


class DomainError(Exception):
    """A rule of the product said no. `message` is shown to the person; `fields` names what to mend."""

    code = "error"
    message: str = _("Something went wrong.")

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        fields: dict[str, list[str]] | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.code = code or self.code
        # In the language of whoever caused it.
        self.message = str(message or self.message)
        self.fields = {name: [str(text) for text in texts] for name, texts in (fields or {}).items()}
        self.retry_after = retry_after
        super().__init__(self.message)


class InvalidInput(DomainError):
    """The request cannot be understood or breaks a rule on its form."""

    code = "invalid_input"
    message = _("Some fields need another value.")


class NotAuthenticated(DomainError):
    code = "not_authenticated"
    message = _("Sign in first.")


class NotAllowed(DomainError):
    code = "not_allowed"
    message = _("You may not do this.")


class NotFound(DomainError):
    code = "not_found"
    message = _("There is nothing here.")


class Conflict(DomainError):
    """The request is well formed, but the present state of things does not admit it."""

    code = "conflict"
    message = _("This is not possible at the moment.")


class RateLimited(DomainError):
    code = "rate_limited"
    message = _("Too many requests. Wait a moment, then try again.")


class Unavailable(DomainError):
    """Something that we depend on is not there; the same request may work later. Always has `retry_after`."""

    code = "unavailable"
    message = _("The service is not available at the moment. Try again shortly.")

    def __init__(self, message: str | None = None, *, code: str | None = None, retry_after: int = 5) -> None:
        super().__init__(message, code=code, retry_after=retry_after)
