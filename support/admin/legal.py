"""Legal texts: staff write them, look at them as customers will, and show them or take them back by actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from accounts.people import signed_in
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.forms_only import forms_only
from support.markdown import render as rendered
from support.models import LegalPage
from support.services.legal import publish_legal_page, unpublish_legal_page


class LegalPageForm(forms.ModelForm):
    class Meta:
        model = LegalPage
        fields = ("kind", "language", "body")
        widgets = {"body": AdminTextareaWidget({"rows": 30})}


@admin.register(LegalPage)
class LegalPageAdmin(ActionsAdmin):
    form = LegalPageForm
    typed_by_help = ("body",)
    change_form_template = "admin/support/legalpage/change_form.html"
    fields = ("kind", "language", "body", "published_at", "updated_at")
    list_display = ("kind", "language", "is_published", "updated_at")
    list_filter = ("kind", "language")
    search_fields = ("body",)

    @admin.display(description=gettext_lazy("published"), boolean=True, ordering="published_at")
    def is_published(self, page: LegalPage) -> bool:
        return page.published_at is not None

    def get_readonly_fields(self, request: HttpRequest, obj: LegalPage | None = None) -> tuple[str, ...]:
        # Others link to a text by its kind.
        kept = ("kind", "language") if obj else ()
        return (*kept, "published_at", "updated_at")

    def has_delete_permission(self, request: HttpRequest, obj: LegalPage | None = None) -> bool:
        """Of drafts; what is shown is taken back first."""
        is_draft = obj is not None and obj.published_at is None
        return is_draft and super().has_delete_permission(request, obj)

    def view_on_site(self, obj: LegalPage) -> str | None:
        """Of what is shown there: the address of a draft leads to the same text in another language, or nowhere."""
        return reverse("legal", args=[obj.kind]) if obj.published_at else None

    def save_model(self, request: HttpRequest, obj: LegalPage, form: Any, change: bool) -> None:
        before = form.initial.get("body", "")
        super().save_model(request, obj, form, change)
        if change and "body" in form.changed_data:
            LegalPage.objects.filter(pk=obj.pk).update(updated_at=timezone.now())
        details = getattr(obj, "audit_details", {})
        if "body" in details:
            # The log says that it changed and by how much: it is no archive of texts.
            details["body"] = [f"{len(text)} characters" for text in (before, obj.body)]

    @object_action(
        gettext_lazy("Publish"),
        gettext_lazy("Everybody can read the text from now on, and the footer of every page links to it."),
        applies=lambda page: page.published_at is None,
    )
    def publish(self, request: HttpRequest, page: LegalPage) -> Outcome:
        publish_legal_page(page_id=page.pk, staff=signed_in(request))
        return _("The text is published.")

    @object_action(
        gettext_lazy("Take back"),
        gettext_lazy(
            "The text becomes a draft, which staff alone can read."
            " Where it is published in no other language, its link leads nowhere."
        ),
        applies=lambda page: page.published_at is not None,
    )
    def unpublish(self, request: HttpRequest, page: LegalPage) -> Outcome:
        unpublish_legal_page(page_id=page.pk, staff=signed_in(request))
        return _("The text is a draft again.")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(never_cache(forms_only(self.preview)))
        return [path("preview/", view, name="support_legalpage_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """The text of the form as customers would see it; nothing is saved."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        kinds = dict(LegalPage.Kind.choices)
        title = kinds.get(request.POST.get("kind", ""), _("Legal text"))
        return render(
            request, "support/help/preview.html", {"title": title, "body": rendered(request.POST.get("body", ""))}
        )
