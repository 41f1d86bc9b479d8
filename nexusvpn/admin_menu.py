"""The admin's contents by what staff come for, and what each list is called. What is named nowhere is found under its app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nexusvpn.languages import lazy as _

# (slug, title, {model: what its list is called}), in the order in which they are shown.
GROUPS: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "customers",
        _("Customers"),
        {
            "User": _("People"),
            "VpnConfig": _("Devices"),
            "Invitation": _("Invitations"),
            "AbuseFlag": _("Sign-ups to look at"),
            "SignupOrigin": _("Where sign-ups came from"),
            "DataExport": _("Exports of data"),
            "LoginHistory": _("Sign-ins"),
            "Session": _("Sessions"),
            "Notification": _("Notifications"),
            "MailChoice": _("Choices of mails"),
            "FavouriteLocation": _("Favourite locations"),
            "ApiKey": _("API keys"),
            "Passkey": _("Passkeys"),
            "TotpSeed": _("Authenticator apps"),
            "RecoveryCode": _("Recovery codes"),
            "KnownClient": _("Known clients"),
            "EmailToken": _("Links that were mailed"),
        },
    ),
    (
        "support",
        _("Support"),
        {
            "Ticket": _("Tickets"),
            "CannedReply": _("Prepared answers"),
            "Tag": _("Tags"),
            "ServiceLevel": _("Service levels"),
            "TicketMessage": _("Messages of tickets"),
            "Attachment": _("Files of tickets"),
            "InboundMail": _("Mails that came in"),
        },
    ),
    (
        "words",
        _("Help, news and legal texts"),
        {
            "Announcement": _("Announcements"),
            "AnnouncementSeen": _("Announcements that were seen"),
            "Article": _("Help articles"),
            "ArticleCategory": _("Categories of articles"),
            "ArticleVote": _("Votes on articles"),
            "LegalPage": _("Legal texts"),
        },
    ),
    (
        "network",
        _("Network"),
        {
            "Server": _("Servers"),
            "Location": _("Locations"),
            "NodeStatus": _("What nodes say"),
            "Outage": _("Outages"),
            "Alert": _("Alerts"),
            "Incident": _("Incidents"),
            "IncidentUpdate": _("Updates of incidents"),
            "EmergencyStop": _("Emergency stops"),
            "LocationCost": _("Costs of locations"),
            "NodeNote": _("Notes of nodes"),
            "NodeToken": _("Secrets of nodes"),
            "Watch": _("When nodes were watched"),
        },
    ),
    (
        "usage",
        _("Addresses and usage"),
        {
            "IpAssignment": _("Who had which address"),
            "FreeAddress": _("Free addresses"),
            "Peer": _("Peers"),
            "UsageRecord": _("Usage by day"),
            "UsageMonth": _("Usage by month"),
            "QuotaMeter": _("Quotas"),
            "UsageCounter": _("Counters of usage"),
            "NodeHour": _("Traffic of nodes by hour"),
            "NodeTotal": _("Traffic of nodes"),
        },
    ),
    (
        "money",
        _("Money"),
        {
            "LedgerEntry": _("Ledger"),
            "Subscription": _("Subscriptions"),
            "Payment": _("Payments"),
            "Invoice": _("Invoices"),
            "Dispute": _("Disputes"),
            "CheckoutSession": _("Checkouts"),
            "StripeCustomer": _("Customers at Stripe"),
        },
    ),
    (
        "offers",
        _("Plans and discounts"),
        {
            "Plan": _("Plans"),
            "PlanPrice": _("Prices"),
            "PlanGrant": _("Plans given by staff"),
            "Coupon": _("Coupons"),
            "PromotionCode": _("Promotion codes"),
            "GiftBatch": _("Batches of gift codes"),
            "GiftCode": _("Gift codes"),
        },
    ),
    (
        "referrals",
        _("Referrals and campaigns"),
        {
            "Reward": _("Rewards"),
            "RewardPayout": _("Payouts of rewards"),
            "RewardEntry": _("Ledger of rewards"),
            "Referral": _("Referrals"),
            "ReferralProgramme": _("Referral programme"),
            "RewardAmount": _("Amounts of rewards"),
            "Campaign": _("Campaigns"),
            "CampaignDay": _("Days of campaigns"),
            "CampaignSignup": _("Sign-ups by campaigns"),
        },
    ),
    (
        "site",
        _("Staff and site"),
        {
            "AuditEvent": _("Audit log"),
            "Group": _("Roles"),
            "RegistrationPolicy": _("Registration"),
            "LogEntry": _("What staff did here"),
        },
    ),
    (
        "machinery",
        _("Behind the scenes"),
        {
            "Mail": _("Mails that went out"),
            "ProcrastinateJob": _("Jobs"),
            "StripeEvent": _("Events of Stripe"),
            "StripeOrder": _("Orders to Stripe"),
            "ReconcileRun": _("Comparisons with Stripe"),
            "Discrepancy": _("Differences from Stripe"),
            "Effect": _("What happened once"),
            "IdempotencyKey": _("Keys against repeats"),
            "AttachmentContent": _("Contents of files"),
            "PeopleDay": _("Accounts by day"),
            "LedgerDay": _("Sums of the ledger by day"),
            "RecurringMonth": _("Recurring revenue by month"),
            "RecurringCount": _("When recurring revenue was counted"),
        },
    ),
)
_PLACES = {
    model: (group, place) for group, (_slug, _title, lists) in enumerate(GROUPS) for place, model in enumerate(lists)
}
NAMES = {model: name for _slug, _title, lists in GROUPS for model, name in lists.items()}


def grouped(apps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same models under other headings; a group without any is left out, and what is left of an app comes last."""
    found: dict[int, list[tuple[int, Any]]] = {}
    rest = []
    for app in apps:
        others = []
        for model in app["models"]:
            place = _PLACES.get(model["object_name"])
            if place:
                named = {**model, "name": NAMES[model["object_name"]]}
                found.setdefault(place[0], []).append((place[1], named))
            else:
                others.append(model)
        if others:
            rest.append({**app, "models": others})
    groups = []
    for number, models in sorted(found.items()):
        slug, title, _lists = GROUPS[number]
        in_order = [model for _place, model in sorted(models, key=lambda pair: pair[0])]
        groups.append({"name": title, "app_label": f"group-{slug}", "app_url": "", "models": in_order})
    return groups + rest
