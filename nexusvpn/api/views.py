"""Bases of every API view: authenticate, count against the limits, check permission, in this order."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.views import APIView

from nexusvpn.api.fields import StrictSerializer
from nexusvpn.api.parsers import form_values
from nexusvpn.api.permissions import Anyone
from nexusvpn.api.scopes import Scope
from nexusvpn.errors import InvalidInput, NotFound
from nexusvpn.ratelimit import Limit, enforce, enforce_everything


class ApiView(APIView):
    format_kwarg = None
    # No OPTIONS: DRF would answer with the names of our classes.
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    # Limits by client address on top of the one on everything, by method: {"POST": REGISTER}.
    address_limits: dict[str, Limit] = {}
    # What an API key must be good for; None: keys open nothing here. Nor do they for the methods of `without_keys`.
    scope: Scope | None = None
    without_keys: frozenset[str] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        plain = request._request
        try:
            user = request.user
        except AuthenticationFailed:
            enforce_everything(plain, None)
            raise
        user_id = user.pk if user.is_authenticated else None
        plain.actor_id = user_id  # type: ignore[attr-defined]
        enforce_everything(plain, user_id)
        limit = self.address_limits.get(request.method or "")
        if limit is not None:
            enforce(plain, limit)
        self.check_permissions(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """No cache keeps an answer, unless the view has said otherwise: most are about one person."""
        finished = super().finalize_response(request, response, *args, **kwargs)
        finished.headers.setdefault("Cache-Control", "no-store")
        return finished

    def read(self, serializer: type[StrictSerializer]) -> dict[str, Any]:
        """The validated body; raises a ValidationError that names each bad field."""
        data = self.request.data
        if isinstance(data, QueryDict):
            data = form_values(data, self.request.FILES)
        if not isinstance(data, dict):
            raise InvalidInput(_("The body must be a JSON object."), fields={"body": [_("Must be a JSON object.")]})
        form = serializer(data=data)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)


@extend_schema(exclude=True)
class UnknownAddress(ApiView):
    """Whatever is under /api/ and is nothing: 404 in the envelope, for any method. It is counted like what exists."""

    permission_classes = (Anyone,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound
