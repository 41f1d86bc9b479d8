"""Groups are what staff may do: who changes one is in the audit log, as with everything else."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group, Permission
from django.http import HttpRequest

from accounts.admin.permissions import PermissionsField
from accounts.people import signed_in
from accounts.roles import givable_permissions, may_edit_group
from nexusvpn.admin_base import StaffModelAdmin
from nexusvpn.names import APPS

admin.site.unregister(Group)


@admin.register(Group)
class StaffGroupAdmin(StaffModelAdmin, GroupAdmin):
    """Django's own, logged. The product's roles are shown only, and nobody puts into a group what they may not do themselves."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_edit(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_edit(request, obj)

    def told_when_deleted(self, obj: Group) -> dict[str, Any]:
        """With whom it made members of staff, by their ids: their rights are other ones now."""
        members = obj.user_set.order_by("pk").values_list("pk", flat=True)
        return {**super().told_when_deleted(obj), "members": [str(pk) for pk in members]}

    @staticmethod
    def _may_edit(request: HttpRequest, obj: Any) -> bool:
        return not isinstance(obj, Group) or may_edit_group(signed_in(request), obj)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        if request is not None and db_field.remote_field.model is Permission:
            # Others are of libraries' tables, which have no page here.
            apps = {*APPS, *(model._meta.app_label for model in self.admin_site._registry)}
            given = givable_permissions(signed_in(request)).filter(content_type__app_label__in=apps)
            kwargs["queryset"] = given.select_related("content_type")
            kwargs["form_class"] = PermissionsField
        return super().formfield_for_manytomany(db_field, request=request, **kwargs)
