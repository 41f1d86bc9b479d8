"""Who of us is told when something needs somebody."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Q

from accounts.models import User


def alert_addresses(permission: str) -> list[str]:
    """ALERT_EMAILS, or else the active staff who have the permission ("vpn.view_server")."""
    if settings.ALERT_EMAILS:
        return list(settings.ALERT_EMAILS)
    app_label, codename = permission.split(".")
    may_look = Permission.objects.filter(codename=codename, content_type__app_label=app_label)
    named = Q(user_permissions__in=may_look) | Q(groups__permissions__in=may_look)
    staff = User.objects.filter(Q(is_superuser=True) | named, is_staff=True, is_active=True)
    return list(staff.order_by("email").values_list("email", flat=True).distinct())
