"""Gift codes: batches are made, exported and revoked; what was redeemed stays."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext

from accounts.people import signed_in
from billing.models import GiftBatch, GiftCode, Plan
from billing.services.gifts import (
    MOST_CODES,
    MOST_DAYS,
    check_batch,
    export_codes,
    make_batch,
    revoke_batch,
    revoke_code,
)
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.errors import DomainError
from nexusvpn.languages import lazy as _

IS_OPEN = Q(codes__redeemed_at=None, codes__revoked_at=None)


class BatchForm(forms.ModelForm):
    count = forms.IntegerField(min_value=1, max_value=MOST_CODES, label=_("Codes"))
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS, label=_("Days"))

    class Meta:
        model = GiftBatch
        fields = ("name", "plan", "days", "expires_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "plan" in self.fields:
            plan: Any = self.fields["plan"]
            plan.queryset = Plan.objects.exclude(code=Plan.FREE)

    def clean(self) -> dict[str, Any]:
        """The service's own rule, so that its refusal is shown at its field."""
        values: dict[str, Any] = super().clean() or {}
        if self.errors:
            return values
        try:
            check_batch(**values)
        except DomainError as error:
            for field, texts in error.fields.items():
                self.add_error(field, texts)
        return values


def _codes_revoked(count: int) -> str:
    return ngettext("%(n)s code is revoked.", "%(n)s codes are revoked.", count) % {"n": count}


@admin.register(GiftBatch)
class GiftBatchAdmin(ActionsAdmin):
    """Made and revoked, never edited or deleted: it is the record of what was given away."""

    form = BatchForm
    list_display = ("name", "plan", "days", "made", "redeemed", "still_open", "expires_at", "created_by", "created_at")
    list_select_related = ("plan", "created_by")
    list_filter = ("plan",)
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[GiftBatch]:
        rows: QuerySet[GiftBatch] = super().get_queryset(request)
        redeemed = Count("codes", filter=Q(codes__redeemed_at__isnull=False))
        return rows.annotate(made=Count("codes"), redeemed=redeemed, still_open=Count("codes", filter=IS_OPEN))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        given = ("name", "plan", "days")
        if obj is None:
            return (*given, "count", "expires_at")
        return (*given, "expires_at", "created_by", "created_at", "made", "redeemed", "still_open")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        made = make_batch(by=signed_in(request), **form.cleaned_data)
        obj.pk = made.pk

    @admin.display(description=_("codes"), ordering="made")
    def made(self, batch: Any) -> int:
        return int(batch.made)

    @admin.display(description=_("redeemed"), ordering="redeemed")
    def redeemed(self, batch: Any) -> int:
        return int(batch.redeemed)

    @admin.display(description=_("not used yet"), ordering="still_open")
    def still_open(self, batch: Any) -> int:
        return int(batch.still_open)

    @object_action(
        _("Download the codes"),
        _("A CSV file of the codes that nobody has redeemed yet. Whoever has it can use them."),
        applies=lambda batch: batch.still_open > 0,
    )
    def download(self, request: HttpRequest, batch: GiftBatch) -> Outcome:
        lines = ["code", *export_codes(batch, by=signed_in(request))]
        name = f'attachment; filename="gift-codes-{batch.pk}.csv"'
        return HttpResponse(
            "".join(f"{line}\r\n" for line in lines), content_type="text/csv", headers={"Content-Disposition": name}
        )

    @object_action(
        _("Revoke the codes"),
        _("No code of this batch can be redeemed any more. What was redeemed stays."),
        applies=lambda batch: batch.still_open > 0,
        danger=True,
    )
    def revoke(self, request: HttpRequest, batch: GiftBatch) -> Outcome:
        return _codes_revoked(revoke_batch(batch, by=signed_in(request)))


@admin.register(GiftCode)
class GiftCodeAdmin(ActionsAdmin):
    fields = ("id", "batch", "tail", "redeemed_at", "redeemed_by", "grant", "revoked_at")
    readonly_fields = fields
    list_display = ("__str__", "redeemed_at", "redeemed_by", "revoked_at")
    list_select_related = ("batch", "redeemed_by")
    list_filter = (("redeemed_at", admin.EmptyFieldListFilter), ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("=id", "=tail", "batch__name", "redeemed_by__email")
    ordering = ("id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @object_action(
        _("Revoke"),
        lambda code: gettext("Once it is revoked, nobody can redeem this code any more: %(code)s.") % {"code": code},
        applies=lambda code: code.redeemed_at is None and code.revoked_at is None,
        danger=True,
    )
    def revoke(self, request: HttpRequest, code: GiftCode) -> Outcome:
        revoke_code(code, by=signed_in(request))
        return gettext("The code is revoked.")
