"""What staff prepare: answers, tags, and how soon tickets of a plan and priority are answered."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Case, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext

from billing.models import Plan
from nexusvpn.admin_base import StaffModelAdmin
from nexusvpn.errors import DomainError
from nexusvpn.languages import lazy as _
from nexusvpn.languages import said_later
from nexusvpn.measure_fields import HoursField
from support.models import CannedReply, ServiceLevel, Tag, Ticket
from support.services.canned import VARIABLES, check_variables

NEW_ONLY = _("It holds for tickets that are opened from now on; those that are there keep what they were promised.")
IN_HOURS = _("In working hours, for example 4, or hours and minutes, for example 0:30.")


def _variables() -> str:
    return "; ".join(f"{{{name}}}: {meaning}" for name, (meaning, _value) in VARIABLES.items())


class CannedReplyForm(forms.ModelForm):
    class Meta:
        model = CannedReply
        fields = ("title", "category", "body", "is_active")
        widgets = {"body": forms.Textarea({"rows": 12, "class": "vLargeTextField"})}
        help_texts = {
            "body": said_later(_variables),
            "category": _("Offered first with tickets of this category; empty: with all alike."),
        }

    def clean_body(self) -> str:
        """The service's own rule, so that its refusal is shown at its field."""
        body = str(self.cleaned_data["body"])
        try:
            check_variables(body)
        except DomainError as error:
            raise forms.ValidationError(error.fields["body"]) from None
        return body


@admin.register(CannedReply)
class CannedReplyAdmin(StaffModelAdmin):
    form = CannedReplyForm
    list_display = ("title", "category", "is_active")
    list_filter = ("category", "is_active")
    search_fields = ("title", "body")


def working(minutes: int) -> str:
    """Working time as it is promised: "4 working hours"."""
    if minutes % 60:
        return ngettext("%(n)s working minute", "%(n)s working minutes", minutes) % {"n": minutes}
    hours = minutes // 60
    return ngettext("%(n)s working hour", "%(n)s working hours", hours) % {"n": hours}


class ServiceLevelForm(forms.ModelForm):
    plan = forms.ChoiceField(label=_("Plan"), required=False)
    answer_minutes = HoursField(label=_("First answer within"), help_text=IN_HOURS)
    resolution_minutes = HoursField(label=_("Resolved within"), help_text=IN_HOURS)

    class Meta:
        model = ServiceLevel
        fields = ("plan", "priority", "answer_minutes", "resolution_minutes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plans = list(Plan.objects.order_by("rank").values_list("code", "name"))
        former = [(self.instance.plan, self.instance.plan)] if self.instance.plan else []
        unknown = [choice for choice in former if choice[0] not in dict(plans)]
        self.fields["plan"].choices = [("", gettext("All other plans")), *plans, *unknown]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        answer, resolution = values.get("answer_minutes"), values.get("resolution_minutes")
        if answer is not None and answer < 1:
            self.add_error("answer_minutes", gettext("Promise at least a minute."))
        elif answer is not None and resolution is not None and resolution < answer:
            self.add_error("resolution_minutes", gettext("A ticket is not resolved before it is answered."))
        return values


# Priorities are codes: as they are written, "high" comes before "low".
urgency = Case(*(When(priority=code, then=place) for place, code in enumerate(Ticket.Priority.values)))


@admin.register(ServiceLevel)
class ServiceLevelAdmin(StaffModelAdmin):
    form = ServiceLevelForm
    fieldsets = ((None, {"fields": ServiceLevelForm.Meta.fields, "description": NEW_ONLY}),)
    list_display = ("of_plan", "how_urgent", "answer_minutes", "resolution_minutes")
    words: ClassVar[dict[str, Any]] = {"answer_minutes": working, "resolution_minutes": working}
    list_filter = ("priority",)
    search_fields = ("plan",)
    # The most urgent first, and of these what is promised the soonest.
    ordering = (urgency.desc(), "answer_minutes", "resolution_minutes", "plan")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServiceLevel]:
        rows: QuerySet[ServiceLevel] = super().get_queryset(request)
        name = Plan.objects.filter(code=OuterRef("plan")).values("name")[:1]
        # In place of what each row would ask for by itself.
        return rows.annotate(plan_name=Coalesce(Subquery(name), "plan"))  # type: ignore[no-redef]

    @admin.display(description=_("plan"), ordering="plan")
    def of_plan(self, level: ServiceLevel) -> str:
        return level.plan_name or gettext("All other plans")

    @admin.display(description=_("priority"), ordering=urgency)
    def how_urgent(self, level: ServiceLevel) -> str:
        return level.get_priority_display()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        messages.info(request, NEW_ONLY)


@admin.register(Tag)
class TagAdmin(StaffModelAdmin):
    list_display = ("name",)
    search_fields = ("name",)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The tag, and not each of the tickets that lose it: there may be a great many."""
        told = [gettext("%(tag)s, from every ticket that has it") % {"tag": tag} for tag in objs]
        return told, {self.opts.verbose_name_plural: len(told)}, set(), []
