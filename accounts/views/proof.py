"""What a page that asks who somebody is says of the ways to show it: of those that they have, and whether one works here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest

from accounts.services.passkeys import page_for_passkeys, site_of
from accounts.services.second_factor import Method, typed_methods


def ways_to_prove(request: HttpRequest, methods: Collection[Method], page: str = "") -> dict[str, Any]:
    """For the page's template, about somebody who has these.

    `passkeys`: theirs can be used under this address; `passkeys_elsewhere`: they have some, which cannot, but maybe where
    `passkeys_at` leads, which is this page or `page`; `lacks_code`: they are asked for a factor, and have none that is typed.
    """
    has_passkeys, work_here = Method.PASSKEY in methods, site_of(request) is not None
    return {
        "passkeys": has_passkeys and work_here,
        "passkeys_elsewhere": has_passkeys and not work_here,
        "passkeys_at": page_for_passkeys(page or request.get_full_path()),
        "lacks_code": has_passkeys and not typed_methods(methods),
    }
