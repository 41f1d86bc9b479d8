"""Staff's admin: Django's own, entered through the site's one sign-in, so that its limits and its history apply."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, ClassVar, Protocol

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.i18n import JavaScriptCatalog
from psycopg.errors import QueryCanceled

from nexusvpn.admin_menu import grouped
from nexusvpn.admin_settings import SettingsSite
from nexusvpn.audit import telling_once
from nexusvpn.charts import Chart
from nexusvpn.http import target_of_ours
from nexusvpn.logs import logger

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that waits for staff: what, the list that shows it, and since when or until when it may; of several (`is_one`) since when
    the oldest does, or until when the first may.

    `tone` is bad, warn or plain.
    """

    text: str
    url: str
    tone: str = "plain"
    since: datetime | None = None
    due_at: datetime | None = None
    is_one: bool = True


TONES = ("bad", "warn", "plain")


def by_urgency(notice: Notice) -> tuple[int, int, float]:
    """The worst first; of what is equally bad a state of the whole, then what must be done the soonest, then what waits the longest."""
    moment = notice.due_at or notice.since
    place = 1 if notice.due_at else 2
    return TONES.index(notice.tone), place if moment else 0, moment.timestamp() if moment else 0.0


# Of more that is of one kind, so many are named on the home.
MOST_NAMED = 5


def few_of(notices: Sequence[Notice], whole: str, url: str) -> Iterable[Notice]:
    """All of one kind; of many only the first, below one that says how many there are (`whole`, by `count`) and leads to all of them."""
    if len(notices) > MOST_NAMED:
        yield Notice(whole % {"count": len(notices)}, url, notices[0].tone)
    yield from notices[:MOST_NAMED]


class EntranceGuard(Protocol):
    """What the accounts know of a member of staff's second factor."""

    def detour(self, request: HttpRequest) -> str | None:
        """Where this member of staff must go before the admin opens, or None."""

    def due_at(self, request: HttpRequest) -> datetime | None:
        """Until when they may do without a second factor; None if they have shown one."""


class StaffSite(SettingsSite):
    site_title = site_header = settings.BRAND_NAME
    index_title = _("What needs you now")
    index_template = "admin/staff_index.html"
    empty_value_display = "–"
    # Set by the accounts' admin: an `EntranceGuard`. Without one nobody comes in.
    guard: EntranceGuard | None = None
    # What the home asks; each app adds its own questions.
    questions: ClassVar[list[Callable[[HttpRequest], Iterable[Notice]]]] = []
    # What the home draws below them; each gives nothing to whom it does not concern.
    drawings: ClassVar[list[Callable[[HttpRequest], Iterable[Chart]]]] = []

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # What may be deleted at all is deleted one by one, after its page has been seen.
        self.disable_action("delete_selected")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """What a service writes to the audit log is not written again by the page that called it."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def told_once(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            with telling_once():
                return inner(request, *args, **kwargs)

        return told_once

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

    def i18n_javascript(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """What Django's scripts say; of a text that two of these have the later one's is said."""
        return JavaScriptCatalog.as_view(packages=["django.contrib.admin", "nexusvpn"])(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """By what staff come for, not by where the code lives; an app's own page stays as Django has it."""
        found: list[Any] = super().get_app_list(request, app_label)
        return found if app_label else grouped(found)

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        notices = [notice for question in self.questions for notice in question(request)]
        drawn = [self._drawn(drawing, request) for drawing in self.drawings]
        context = {
            "notices": sorted(notices, key=by_urgency),
            "charts": [chart for charts in drawn for chart in charts or ()],
            "is_partly_drawn": None in drawn,
        }
        return super().index(request, {**context, **(extra_context or {})})

    @staticmethod
    def _drawn(drawing: Callable[[HttpRequest], Iterable[Chart]], request: HttpRequest) -> list[Chart] | None:
        """None where the figures took longer than a statement may: what needs staff is shown all the same."""
        try:
            return list(drawing(request))
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            log.warning("charts_not_drawn", drawing=drawing.__name__)
            return None
