"""The admin's contents by what staff come for. A model that is named nowhere is found under its app, as Django has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# (slug, title, models in the order in which they are shown)
GROUPS: tuple[tuple[str, str | Promise, tuple[str, ...]], ...] = (
    (
        "customers",
        _("Customers"),
        ("User", "VpnConfig", "Invitation", "AbuseFlag", "SignupOrigin", "DataExport", "LoginHistory", "Session"),
    ),
    (
        "support",
        _("Support"),
        ("Ticket", "CannedReply", "Tag", "ServiceLevel", "TicketMessage", "Attachment", "InboundMail"),
    ),
    (
        "words",
        _("Help, news and legal texts"),
        ("Announcement", "Article", "ArticleCategory", "ArticleVote", "LegalPage"),
    ),
    (
        "network",
        _("Network"),
        (
            "Server",
            "Location",
            "NodeStatus",
            "Outage",
            "Alert",
            "Incident",
            "IncidentUpdate",
            "EmergencyStop",
            "LocationCost",
            "NodeNote",
            "NodeToken",
            "Watch",
        ),
    ),
    (
        "usage",
        _("Addresses and usage"),
        (
            "IpAssignment",
            "FreeAddress",
            "Peer",
            "UsageRecord",
            "UsageMonth",
            "QuotaMeter",
            "UsageCounter",
            "NodeHour",
            "NodeTotal",
        ),
    ),
    (
        "money",
        _("Money"),
        ("LedgerEntry", "Subscription", "Payment", "Invoice", "Dispute", "CheckoutSession", "StripeCustomer"),
    ),
    (
        "offers",
        _("Plans and discounts"),
        ("Plan", "PlanPrice", "PlanGrant", "Coupon", "PromotionCode", "GiftBatch", "GiftCode"),
    ),
    (
        "referrals",
        _("Referrals and campaigns"),
        (
            "Reward",
            "RewardPayout",
            "RewardEntry",
            "Referral",
            "ReferralProgramme",
            "RewardAmount",
            "Campaign",
            "CampaignDay",
            "CampaignSignup",
        ),
    ),
    ("site", _("Staff and site"), ("AuditEvent", "Group", "RegistrationPolicy", "SiteState", "LogEntry")),
    (
        "machinery",
        _("Behind the scenes"),
        ("Mail", "ProcrastinateJob", "StripeEvent", "StripeOrder", "ReconcileRun", "Discrepancy", "Effect"),
    ),
)
_PLACES = {name: (group, place) for group, (_s, _t, names) in enumerate(GROUPS) for place, name in enumerate(names)}


def grouped(apps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same models under other headings; a group without any is left out, and what is left of an app comes last."""
    found: dict[int, list[tuple[int, Any]]] = {}
    rest = []
    for app in apps:
        others = []
        for model in app["models"]:
            place = _PLACES.get(model["object_name"])
            if place:
                found.setdefault(place[0], []).append((place[1], model))
            else:
                others.append(model)
        if others:
            rest.append({**app, "models": others})
    groups = []
    for number, models in sorted(found.items()):
        slug, title, _names = GROUPS[number]
        in_order = [model for _place, model in sorted(models, key=lambda pair: pair[0])]
        groups.append({"name": title, "app_label": f"group-{slug}", "app_url": "", "models": in_order})
    return groups + rest
