"""Announcements: written, looked at as people will see them, published and ended."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from accounts.audiences import AudienceKind, audience_in_words, audience_kinds, people_in
from accounts.people import signed_in
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.languages import lazy as _
from support.markdown import render
from support.models import Announcement, AnnouncementSeen
from support.services.announcements import end_announcement, publish_announcement

_WRITTEN = ("title", "body", "level", "has_banner", "has_mail", "starts_at", "ends_at")


class AnnouncementForm(forms.ModelForm):
    """The audience is chosen by the kinds that the apps have registered; what is chosen of none means everybody."""

    class Meta:
        model = Announcement
        fields = _WRITTEN

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Of what is published nothing is asked, so that nothing of it is lost by sending the form.
        self._kinds = [] if self.instance.is_published else audience_kinds()
        for kind in self._kinds:
            chosen = self.instance.audience.get(kind.name, [])
            self.fields[_field(kind.name)] = forms.MultipleChoiceField(
                label=_label(kind),
                choices=kind.choices_with(chosen),
                required=False,
                initial=chosen,
                widget=forms.CheckboxSelectMultiple,
                help_text=gettext("None chosen: whatever the %(label)s is.") % {"label": kind.label},
            )

    @property
    def changed_data(self) -> list[str]:
        """With the column that the audience's fields are written to."""
        changed: list[str] = super().changed_data
        kinds = {_field(kind.name) for kind in self._kinds}
        return [*changed, "audience"] if kinds & set(changed) else changed

    def save(self, commit: bool = True) -> Any:
        if self._kinds:
            chosen = {kind.name: self.cleaned_data.get(_field(kind.name)) for kind in self._kinds}
            self.instance.audience = {name: sorted(values) for name, values in chosen.items() if values}
        return super().save(commit)


def _field(kind: str) -> str:
    return f"audience_{kind}"


def _label(kind: AudienceKind) -> str:
    return gettext("Only by %(label)s") % {"label": kind.label}


def _may_end(announcement: Announcement) -> bool:
    return announcement.is_published and (announcement.ends_at is None or announcement.ends_at > timezone.now())


def _what_publishing_does(announcement: Announcement) -> str:
    count = people_in(announcement.audience).count()
    ways = [
        way
        for way, wanted in ((gettext("a banner"), announcement.has_banner), (gettext("a mail"), announcement.has_mail))
        if wanted
    ]
    both = gettext("%(one)s and %(other)s") % {"one": ways[0], "other": ways[1]} if len(ways) == 2 else ""
    shown = both or "".join(ways) or gettext("neither banner nor mail, only the page of announcements")
    return ngettext(
        "It would go to %(count)s person now (%(audience)s): %(shown)s, from %(starts_at)s on. A published announcement is "
        "not changed any more; it can be ended.",
        "It would go to %(count)s people now (%(audience)s): %(shown)s, from %(starts_at)s on. A published announcement is "
        "not changed any more; it can be ended.",
        count,
    ) % {
        "count": count,
        "audience": audience_in_words(announcement.audience),
        "shown": shown,
        "starts_at": date_format(announcement.starts_at, "DATETIME_FORMAT"),
    }


@admin.register(Announcement)
class AnnouncementAdmin(ActionsAdmin):
    form = AnnouncementForm
    typed_by_help = ("body",)
    list_display = (
        "title",
        "level",
        "for_some",
        "is_published",
        "has_banner",
        "has_mail",
        "starts_at",
        "ends_at",
        "mailed_at",
    )
    list_filter = ("is_published", "level")
    search_fields = ("title",)
    ordering = ("-starts_at", "id")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        audiences = [] if self._is_fixed(request, obj) else [_field(kind.name) for kind in audience_kinds()]
        seen = ["preview", "for_whom", "people_meant"] if obj is not None else []
        told = ["is_published", "mailed_at"] if obj is not None else []
        return [(None, {"fields": [*_WRITTEN, *audiences, *seen, *told]})]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        # The audience's fields are the form's own, made for each instance; the model knows none of them.
        readonly = self.get_readonly_fields(request, obj)
        kwargs["fields"] = [name for name in _WRITTEN if name not in readonly]
        return super().get_form(request, obj, change, **kwargs)

    def label_of(self, name: str) -> str:
        labels = {_field(kind.name): _label(kind) for kind in audience_kinds()}
        return labels.get(name) or super().label_of(name)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        seen = ["preview", "for_whom", "people_meant", "is_published", "mailed_at"]
        return [*_WRITTEN, *seen] if self._is_fixed(request, obj) else seen

    def _is_fixed(self, request: HttpRequest, obj: Any) -> bool:
        """What was told is not told otherwise afterwards."""
        return obj is not None and (obj.is_published or not self.has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_told = obj is not None and obj.is_published
        return not is_told and super().has_delete_permission(request, obj)

    @admin.display(description=_("preview"))
    def preview(self, announcement: Announcement) -> str:
        return format_html('<div class="prose">{}</div>', render(announcement.body))

    @admin.display(description=_("only for some"), boolean=True)
    def for_some(self, announcement: Announcement) -> bool:
        return bool(announcement.audience)

    @admin.display(description=_("for whom"))
    def for_whom(self, announcement: Announcement) -> str:
        return capfirst(audience_in_words(announcement.audience))

    @admin.display(description=_("people it would go to now"))
    def people_meant(self, announcement: Announcement) -> int:
        return people_in(announcement.audience).count()

    @object_action(_("Publish"), _what_publishing_does, applies=lambda announcement: not announcement.is_published)
    def publish(self, request: HttpRequest, announcement: Announcement) -> Outcome:
        publish_announcement(announcement_id=announcement.pk, staff=signed_in(request))
        return gettext("The announcement is published.")

    @object_action(
        _("End"),
        _("Nobody is shown or mailed it any more; who was mailed has it. One that has not begun is a draft again."),
        applies=_may_end,
        danger=True,
    )
    def end(self, request: HttpRequest, announcement: Announcement) -> Outcome:
        end_announcement(announcement_id=announcement.pk, staff=signed_in(request))
        return gettext("The announcement is ended.")


@admin.register(AnnouncementSeen)
class AnnouncementSeenAdmin(ReadOnlyAdmin):
    """Who put which banner away."""

    list_display = ("seen_at", "announcement", "user")
    list_select_related = ("announcement", "user")
    search_fields = ("user__email", "=announcement__id")
    ordering = ("-id",)
