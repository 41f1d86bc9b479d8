"""Groups are what staff may do: who changes one is in the audit log, as with everything else."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group

from nexusvpn.admin_base import StaffModelAdmin

admin.site.unregister(Group)


@admin.register(Group)
class StaffGroupAdmin(StaffModelAdmin, GroupAdmin):
    """Django's own, logged."""
