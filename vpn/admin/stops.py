"""The emergency stop: on a server, a location or the fleet; shown while it works, and ended the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from accounts.people import signed_in
from nexusvpn.admin_actions import ActionsAdmin, Outcome, action_log, object_action
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.admin_site import Notice, few_of
from nexusvpn.errors import DomainError
from nexusvpn.forms import ServiceForm
from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import ago_text
from vpn.models import EmergencyStop, Location, Server
from vpn.services.stops import end_stop, open_stops, progress_of, start_stop

START, END = "vpn.add_emergencystop", "vpn.change_emergencystop"
LABEL = _("Emergency stop")
FLEET_LABEL = _("Stop the whole fleet")
# A table of thousands would be as slow as it is useless; what is done comes last and is counted.
SHOWN_SERVERS = 200


def _question(what: str) -> str:
    return gettext(
        "Everybody is disconnected from %(what)s at once, and nobody gets in until you end the stop. Devices keep "
        "their addresses and come back by themselves then. The next page shows what each node has confirmed."
    ) % {"what": what}


def stop_question(obj: Server | Location) -> str:
    return _question(
        gettext("the server %(obj)s") % {"obj": obj}
        if isinstance(obj, Server)
        else gettext("every server of %(obj)s") % {"obj": obj}
    )


class ReasonForm(ServiceForm):
    reason = forms.CharField(
        max_length=200,
        label=_("Reason"),
        help_text=_("Whoever looks at this stop wants to know why. Customers do not see it."),
    )


def _what(stop: EmergencyStop) -> str:
    return str(stop.server or stop.location or gettext("the whole fleet"))


def _stop_url(stop: EmergencyStop) -> str:
    return reverse("admin:vpn_emergencystop_change", args=[stop.pk])


def _may_see(request: HttpRequest) -> bool:
    return admin.site.get_model_admin(EmergencyStop).has_view_permission(request)


def _notices(request: HttpRequest, stops: Iterable[EmergencyStop]) -> Iterable[Notice]:
    """Each stop in a line, with the way to it for who may see it."""
    may_see = _may_see(request)
    for stop in stops:
        since = ago_text((timezone.now() - stop.started_at).total_seconds()) or gettext("on %(day)s") % {
            "day": date_format(stop.started_at, "DATE_FORMAT")
        }
        text = gettext("Emergency stop of %(stop)s, begun %(since)s: %(reason)s") % {
            "stop": _what(stop),
            "since": since,
            "reason": stop.reason,
        }
        yield Notice(text, _stop_url(stop) if may_see else "", "bad")


def banners_of_server(request: HttpRequest, server: Server) -> Iterable[Notice]:
    return _notices(request, open_stops(server=server).select_related("server", "location"))


def banners_of_location(request: HttpRequest, location: Location) -> Iterable[Notice]:
    return _notices(request, open_stops(location=location).select_related("server", "location"))


def stops_that_hold(request: HttpRequest) -> Iterable[Notice]:
    if _may_see(request):
        stops = list(_notices(request, open_stops().select_related("server", "location")))
        url = f"{reverse('admin:vpn_emergencystop_changelist')}?ended_at__isempty=1"
        yield from few_of(stops, gettext("%(count)s emergency stops hold. The latest are named below."), url)


# Nothing on the admin's home comes before these.
admin.site.questions.insert(0, stops_that_hold)  # type: ignore[attr-defined]


class StoppableAdmin(ActionsAdmin):
    """The admin of a server or a location."""

    @object_action(LABEL, stop_question, danger=True, form=ReasonForm, permission=START)
    def emergency_stop(self, request: HttpRequest, obj: Server | Location, reason: str) -> Outcome:
        target = {"server": obj} if isinstance(obj, Server) else {"location": obj}
        stop = start_stop(by=signed_in(request), reason=reason, **target)  # type: ignore[arg-type]
        return HttpResponseRedirect(_stop_url(stop))


@admin.register(EmergencyStop)
class EmergencyStopAdmin(ActionsAdmin, ReadOnlyAdmin):
    """A stop's own page is its progress; it stays as the record of who stopped what, when and why."""

    change_form_template = "admin/vpn/emergencystop/change_form.html"
    change_list_template = "admin/vpn/emergencystop/change_list.html"
    list_display = ("what", "reason", "started_at", "started_by", "ended_at")
    list_select_related = ("server", "location", "started_by")
    list_filter = (("ended_at", admin.EmptyFieldListFilter), "scope")
    search_fields = ("reason", "server__name", "location__name")

    @admin.display(description=_("what"), ordering="scope")
    def what(self, stop: EmergencyStop) -> str:
        return capfirst(_what(stop)) if stop.scope == EmergencyStop.Scope.FLEET else _what(stop)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may stop or go on must see what comes of it."""
        return super().has_view_permission(request, obj) or request.user.has_perm(START)  # type: ignore[union-attr]

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(address, self.admin_site.admin_view(never_cache(view)), name=f"vpn_emergencystop_{name}")

        own = [
            page("fleet/", self.fleet_view, "fleet"),
            page("<int:pk>/progress/", self.progress_view, "progress"),
        ]
        return [*own, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        stop = kwargs.get("obj")
        if stop is not None:
            context.update(self._progress(stop))
        return super().render_change_form(request, context, *args, **kwargs)

    def _progress(self, stop: EmergencyStop) -> dict[str, Any]:
        rows = progress_of(stop)
        done = sum(row.is_done for row in rows)
        return {
            "stop": stop,
            "asked_at": timezone.now(),
            "progress": rows[:SHOWN_SERVERS],
            "servers": len(rows),
            "done": done,
            "is_all_done": done == len(rows),
            "unconfirmed": sum(row.unconfirmed for row in rows),
        }

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The fragment that the stop's page keeps true."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        stop = EmergencyStop.objects.filter(pk=pk).first()
        if stop is None:
            raise Http404
        return TemplateResponse(request, "admin/vpn/emergencystop/_progress.html", self._progress(stop))

    def fleet_view(self, request: HttpRequest) -> HttpResponse:
        """The stop of everything: a superuser's business, and asked like every action."""
        if not signed_in(request).is_superuser:
            raise PermissionDenied
        form, status = ReasonForm(request.POST if request.method == "POST" else None), 200
        if form.is_bound:
            status = 400
        if form.is_valid():
            try:
                stop = start_stop(by=signed_in(request), reason=form.cleaned_data["reason"])
            except DomainError as error:
                status = form.add_domain_error(error)
            else:
                self.log_addition(request, stop, action_log(FLEET_LABEL, form))
                return HttpResponseRedirect(_stop_url(stop))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": FLEET_LABEL,
            "question": _question(gettext("every server of the fleet")),
            "form": form,
            "danger": True,
            "change_url": reverse("admin:vpn_emergencystop_changelist"),
        }
        return TemplateResponse(request, "admin/object_action.html", context, status=status)

    @object_action(
        _("End the stop"),
        lambda stop: (
            gettext("What was stopped: %(what)s.") % {"what": _what(stop)}
            + " "
            + gettext("Every device gets its tunnels back, as far as its account, its plan and other stops admit it.")
        ),
        applies=lambda stop: stop.ended_at is None,
        permission=END,
    )
    def end(self, request: HttpRequest, stop: EmergencyStop) -> Outcome:
        end_stop(stop_id=stop.pk, by=signed_in(request))
        messages.success(request, gettext("The stop is over. Below you see which nodes have everybody back."))
        return HttpResponseRedirect(_stop_url(stop))
