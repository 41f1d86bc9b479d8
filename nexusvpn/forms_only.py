"""Addresses that only take forms, and the page that is opened instead of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_POST

View = Callable[..., HttpResponseBase]


def forms_only(view: View) -> Any:
    """For a view that is posted to and never opened. The mark is seen through decorators above, which copy it with the name."""
    guarded: Any = require_POST(view)
    guarded.takes_forms_only = True
    return guarded


def page_to_open(target: str) -> str:
    """The address, or of one that takes forms only the nearest above it that can be opened, where its form stands; empty: there is none.

    Whoever has to sign in before a form is taken is sent there afterwards: what they wrote is gone by then.
    """
    path = urlsplit(target).path
    if not _takes_forms_only(path):
        return target
    end = "/" if path.endswith("/") else ""
    while path := path.rstrip("/").rpartition("/")[0]:
        if _takes_forms_only(path + end) is False:
            return path + end
    return ""


def _takes_forms_only(path: str) -> bool | None:
    """None: there is no such address."""
    try:
        return getattr(resolve(path).func, "takes_forms_only", False)
    except Resolver404:
        return None
