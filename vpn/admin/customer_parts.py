"""What the network brings to the facts of a customer's page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.customer_page import Fact, customer_page, list_of
from accounts.models import User
from billing.admin.customer_parts import entitlement_shown
from nexusvpn.templatetags.nexusvpn_ui import bytes_si
from vpn.models import QuotaMeter

_meter = QuotaMeter.objects.filter(pk=OuterRef("pk"))
customer_page.add_columns(
    page_used_bytes=Subquery(_meter.values("used_bytes")), page_quota_bytes=Subquery(_meter.values("quota_bytes"))
)


def device_facts(user: User) -> Iterator[Fact]:
    """The row comes with the page's columns, and with the number of devices that the list of people has."""
    row: Any = user
    limit = entitlement_shown(user).device_limit
    words = _("%(count)s of %(limit)s") % {"count": row.device_count, "limit": limit}
    yield _("Devices"), words, "warn" if row.device_count > limit else ""
    if row.page_quota_bytes is not None:
        used = {"used": bytes_si(row.page_used_bytes), "quota": bytes_si(row.page_quota_bytes)}
        is_over = row.page_used_bytes >= row.page_quota_bytes
        yield _("Data"), _("%(used)s of %(quota)s") % used, "warn" if is_over else ""


customer_page.add_facts(device_facts, permission="vpn.view_vpnconfig", place=30)
customer_page.add_link(
    gettext_lazy("Devices"), lambda user: list_of("vpn_vpnconfig", user), permission="vpn.view_vpnconfig"
)
