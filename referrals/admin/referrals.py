from __future__ import annotations

from django.contrib import admin

from nexusvpn.admin_base import ReadOnlyAdmin
from referrals.models import Referral


@admin.register(Referral)
class ReferralAdmin(ReadOnlyAdmin):
    """Who brought whom: written with the account, never by hand."""

    list_display = ("referrer", "referred", "created_at")
    list_select_related = ("referrer", "referred")
    ordering = ("-id",)
    search_fields = ("referrer__email", "referred__email", "=referrer__referral_code")
