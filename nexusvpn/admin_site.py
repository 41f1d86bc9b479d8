"""Staff's admin: Django's own, entered through the site's one sign-in, so that its limits and its history apply."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that waits for staff: what, and the list that shows it. `tone` is bad, warn or plain."""

    text: str
    url: str
    tone: str = "plain"


class StaffSite(AdminSite):
    site_title = site_header = "NexusVPN staff"
    index_title = "What needs you now"
    index_template = "admin/staff_index.html"
    empty_value_display = "–"
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
        if request.user.is_authenticated:
            raise PermissionDenied
        wanted = request.GET.get("next", "")
        safe = url_has_allowed_host_and_scheme(
            wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )
        return redirect_to_login(wanted if safe else reverse("admin:index", current_app=self.name), reverse("login"))

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Staff change theirs where everybody does: one form, one set of limits, one thing that follows."""
        return HttpResponseRedirect(reverse("password-change"))

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        notices = [notice for question in self.questions for notice in question(request)]
        notices.sort(key=lambda notice: ("bad", "warn", "plain").index(notice.tone))
        return super().index(request, {"notices": notices, **(extra_context or {})})
