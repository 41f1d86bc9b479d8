"""A name that somebody takes between a form's look and its write."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from psycopg.errors import UniqueViolation

from nexusvpn.audit import telling_once


class TakenNamesAdmin(admin.ModelAdmin):
    """Two colleagues who type the same, or one who sends a form twice: the second is told at the field, and keeps what was typed."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
        # Looked at once more, the form sees it. What was told of is rolled back with what was done.
        with telling_once():
            return super().changeform_view(request, *args, **kwargs)
