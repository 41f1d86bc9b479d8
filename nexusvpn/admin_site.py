"""Staff's admin: Django's own, entered through the site's one sign-in, so that its limits and its history apply."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from nexusvpn.http import target_of_ours


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that waits for staff: what, and the list that shows it. `tone` is bad, warn or plain."""

    text: str
    url: str
    tone: str = "plain"


class EntranceGuard(Protocol):
    """What the accounts know of a member of staff's second factor."""

    def detour(self, request: HttpRequest) -> str | None:
        """Where this member of staff must go before the admin opens, or None."""

    def due_at(self, request: HttpRequest) -> datetime | None:
        """Until when they may do without a second factor; None if they have shown one."""


class StaffSite(AdminSite):
    site_title = site_header = f"{settings.BRAND_NAME} staff"
    index_title = "What needs you now"
    index_template = "admin/staff_index.html"
    empty_value_display = "–"
    # Set by the accounts' admin: an `EntranceGuard`. Without one nobody comes in.
    guard: EntranceGuard | None = None
    # What the home asks; each app adds its own questions.
    questions: list[Callable[[HttpRequest], Iterable[Notice]]] = []

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # What may be deleted at all is deleted one by one, after its page has been seen.
        self.disable_action("delete_selected")

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """To the site's own sign-in; who is signed in and is no staff is refused there and then, without a detour."""
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
        index = reverse("admin:index", current_app=self.name)
        target = target_of_ours(request, request.GET.get("next", "")) or index
        if not request.user.is_authenticated:
            return redirect_to_login(target, reverse("login"))
        detour = self.guard.detour(request) if self.guard and super().has_permission(request) else None
        if detour is None:
            raise PermissionDenied
        return redirect_to_login(target, detour)

    def has_permission(self, request: HttpRequest) -> bool:
        """Active staff whose second factor was shown in this session, or may still wait."""
        return super().has_permission(request) and self.guard is not None and self.guard.detour(request) is None

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        due_at = self.guard.due_at(request) if self.guard and self.has_permission(request) else None
        return {**super().each_context(request), "factor_due_at": due_at}

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Staff change theirs where everybody does: one form, one set of limits, one thing that follows."""
        return HttpResponseRedirect(reverse("password-change"))

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        notices = [notice for question in self.questions for notice in question(request)]
        notices.sort(key=lambda notice: ("bad", "warn", "plain").index(notice.tone))
        return super().index(request, {"notices": notices, **(extra_context or {})})
