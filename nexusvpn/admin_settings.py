"""One page of the admin for what staff change while the service runs, and for what only its environment says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from nexusvpn.forms_only import forms_only
from nexusvpn.locks import lock_settings

# Makes a section's form: empty, or of what was posted.
FormMaker = Callable[[HttpRequest, Any], Any]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: for whom it is, what holds now, and either its form or the lists in which it is changed.

    `save` gets a valid form, calls the service, which writes old and new values to the audit log, and gives back nothing; a DomainError
    goes to the form. `see` and `change` are permissions.
    """

    slug: str
    title: Any
    note: Any
    see: str
    change: str = ""
    headings: Sequence[Any] = ()
    rows: Callable[[], Sequence[Sequence[Any]]] = tuple
    links: Sequence[tuple[Any, str]] = ()
    form: FormMaker | None = None
    save: Callable[[HttpRequest, Any], None] | None = None
    # The table of one row that the form shows: when it was changed last is what tells an older page from the present one.
    model: type[Model] | None = None

    def is_seen_by(self, user: Any) -> bool:
        return bool(user.has_perm(self.see))

    @property
    def version(self) -> str:
        """Sent with the form: of an older page it is another one."""
        return _version_of(self.model and self.model._default_manager.first())

    def is_shown_by(self, version: str | None) -> bool:
        """Whether a page of this version shows what holds now, and until commit. Who names none has seen none."""
        held = _version_of(self.model and lock_settings(self.model))
        return version in (None, held)

    def is_changed_by(self, user: Any) -> bool:
        return self.form is not None and bool(user.has_perm(self.change))


def _version_of(row: Any) -> str:
    return row.changed_at.isoformat() if row else ""


def only_row(slug: str, title: Any, note: Any, model: type[Model]) -> Section:
    """The section of a table of one row: the form and the way of saving of its own page in the admin."""
    app, name = model._meta.app_label, model._meta.model_name

    def form(request: HttpRequest, data: Any) -> Any:
        row = model._default_manager.first() or model()
        return admin.site._registry[model].get_form(request, row, change=True)(data, instance=row)

    def save(request: HttpRequest, filled: Any) -> None:
        own: Any = admin.site._registry[model]
        # While there is no row its defaults hold: it is made with them, so that the log says what was before.
        model._default_manager.get_or_create(pk=filled.instance.pk)
        filled.instance._state.adding = False
        own.save_model(request, filled.instance, filled, True)
        own.log_change(request, filled.instance, own.construct_change_message(request, filled, []))

    return Section(slug, title, note, f"{app}.view_{name}", f"{app}.change_{name}", form=form, save=save, model=model)


class SettingsSite(AdminSite):
    """An admin with that page."""

    sections: ClassVar[list[Section]] = []

    def get_urls(self) -> list[Any]:
        def page(address: str, view: Any, name: str) -> Any:
            return path(address, self.admin_view(never_cache(view)), name=name)

        own = [
            page("settings/", require_safe(self.settings_view), "settings"),
            page("settings/<slug:slug>/", forms_only(self.section_view), "settings_section"),
        ]
        return [*own, *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        is_for_them = any(section.is_seen_by(request.user) for section in self.sections)
        url = reverse("admin:settings", current_app=self.name) if is_for_them else ""
        return {**super().each_context(request), "site_settings_url": url}

    def settings_view(self, request: HttpRequest) -> HttpResponse:
        return self._page(request)

    def section_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        section = next((found for found in self.sections if found.slug == slug), None)
        if section is None:
            raise Http404
        if section.form is None or section.save is None or not section.is_changed_by(request.user):
            raise PermissionDenied
        form = section.form(request, request.POST)
        if not form.is_valid():
            return self._page(request, (section, form), 400)
        # The lock closes the race of two pages of one version that are sent at once.
        with transaction.atomic():
            is_seen = section.is_shown_by(request.POST.get("version"))
            if is_seen:
                section.save(request, form)
        if not is_seen:
            form.add_error(
                None, _("A colleague has changed this meanwhile. Look at what holds now, or save yours again.")
            )
            return self._page(request, (section, form), 409)
        if form.errors:
            return self._page(request, (section, form), 400)
        messages.success(request, _("%(section)s: saved.") % {"section": section.title})
        return HttpResponseRedirect(reverse("admin:settings", current_app=self.name))

    def _page(self, request: HttpRequest, posted: tuple[Section, Any] | None = None, status: int = 200) -> HttpResponse:
        seen = [section for section in self.sections if section.is_seen_by(request.user)]
        if not seen:
            raise PermissionDenied
        shown = []
        for section in seen:
            is_posted = posted is not None and posted[0] is section
            # Read before what the form shows: what is saved in between makes the page an older one.
            version = section.version
            if is_posted and status == 400:
                # Refused for another reason, it still shows what held when it was opened.
                version = request.POST.get("version", version)
            form = None
            if section.form is not None and section.is_changed_by(request.user):
                form = posted[1] if posted and is_posted else section.form(request, None)
            elif section.form is not None:
                form = _read_only(section.form(request, None))
            may_change = section.is_changed_by(request.user)
            shown.append({"section": section, "form": form, "version": version, "may_change": may_change})
        context = {**self.each_context(request), "title": _("Settings"), "shown": shown}
        return TemplateResponse(request, "admin/settings.html", context, status=status)


def _read_only(form: Any) -> Any:
    for field in form.fields.values():
        field.disabled = True
    return form
