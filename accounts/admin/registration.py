"""Who may sign up, whom staff invited, and which accounts are to be looked at."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from accounts.models import AbuseFlag, Invitation, RegistrationPolicy
from accounts.people import signed_in
from accounts.services.invitations import LONGEST_DAYS, invite
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import OnlyRowAdmin, ReadOnlyAdmin
from nexusvpn.errors import Conflict, DomainError
from nexusvpn.forms import ServiceForm

INVITE_LABEL = gettext_lazy("Invite somebody")


@admin.register(RegistrationPolicy)
class RegistrationPolicyAdmin(OnlyRowAdmin):
    """While there is none, everybody may sign up."""

    fields = ("mode", "accounts_an_hour", "changed_at")
    readonly_fields = ("changed_at",)
    list_display = ("__str__", "mode", "accounts_an_hour", "changed_at")
    search_fields = ("=mode",)


class InviteForm(ServiceForm):
    """`key` is the form's own: sent twice, it is one invitation."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("We mail the invitation there, and nobody else can use it."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=120, required=False, help_text=gettext_lazy("For us: whom it is for.")
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days"),
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=14,
        help_text=gettext_lazy("After so many days it is over."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    # Who made it is told there.
    keeps_history = True
    change_list_template = "admin/accounts/invitation/change_list.html"
    fields = ("id", "email", "note", "created_by", "created_at", "expires_at", "used_at", "used_by")
    list_display = ("created_at", "email", "note", "created_by", "expires_at", "used_at")
    list_select_related = ("created_by",)
    search_fields = ("email", "note")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(never_cache(self.invite_view))
        return [path("invite/", view, name="accounts_invitation_invite"), *super().get_urls()]

    def invite_view(self, request: HttpRequest) -> HttpResponse:
        """Asked by GET, made by POST; the page that answers is the only one that shows the code."""
        if not signed_in(request).has_perm("accounts.add_invitation"):
            raise PermissionDenied
        form, status = InviteForm(request.POST if request.method == "POST" else None), 200
        if form.is_bound:
            status = 400
        if form.is_valid():
            try:
                invitation, code = invite(by=signed_in(request), **form.cleaned_data)
            except DomainError as error:
                status = form.add_domain_error(error)
                if error.code == "already_invited":
                    # Whoever missed the code of the first click makes another here; what was clicked before cannot.
                    form.data = {**request.POST.dict(), "key": str(uuid4())}
            else:
                self.log_addition(request, invitation, str(INVITE_LABEL))
                return self._shown_once(request, invitation, code)
        context = {
            **self._context(request, INVITE_LABEL),
            "question": _(
                "Whoever has the code can make one account with it, also while sign-up is for invited people only."
            ),
            "form": form,
        }
        return TemplateResponse(request, "admin/object_action.html", context, status=status)

    def _shown_once(self, request: HttpRequest, invitation: Invitation, code: str) -> HttpResponse:
        link = f"{settings.SITE_URL}{reverse('signup')}?invitation={code}"
        context = {**self._context(request, _("Invitation")), "invitation": invitation, "code": code, "link": link}
        return TemplateResponse(request, "admin/accounts/invitation/made.html", context)

    def _context(self, request: HttpRequest, title: Any) -> dict[str, Any]:
        back = reverse("admin:accounts_invitation_changelist")
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "change_url": back}


@admin.register(AbuseFlag)
class AbuseFlagAdmin(ActionsAdmin, ReadOnlyAdmin):
    list_display = ("created_at", "user", "reason", "detail", "cleared_at")
    list_select_related = ("user",)
    list_filter = ("reason", ("cleared_at", admin.EmptyFieldListFilter))
    search_fields = ("user__email", "detail")

    @object_action(
        gettext_lazy("Clear"),
        gettext_lazy("The account was looked at and is in order."),
        applies=lambda flag: flag.cleared_at is None,
        is_one_with_history=True,
    )
    def clear(self, request: HttpRequest, flag: AbuseFlag) -> Outcome:
        if not AbuseFlag.objects.filter(pk=flag.pk, cleared_at=None).update(cleared_at=timezone.now()):
            raise Conflict(_("A colleague has cleared it already."), code="already_cleared")
        return _("The flag is cleared.")
