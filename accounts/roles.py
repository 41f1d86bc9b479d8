"""The four roles of staff: what each may see and do. Groups of these names are the product's; groups of other names are their makers'.

A permission is Django's: what a role may do with a table, as far as the table's admin lets anybody do it. `sync_roles` writes them;
`tests/architecture/roles.txt` says what comes of it, page by page.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User

SUPPORT, BILLING, OPERATIONS, OWNER = "Support", "Billing", "Operations", "Owner"
# Whoever has it decides what others of staff may do, as far as they may do it themselves.
MANAGE_STAFF = "auth.change_group"

Grants = dict[str, str]
_SEE, _KEEP = "view", "view add change"

_SUPPORT: Grants = {
    "accounts.user": "view change delete act_as_user",
    "accounts.abuseflag": "view change",
    "accounts.apikey": _SEE,
    "accounts.dataexport": "view add",
    "accounts.emailtoken": _SEE,
    "accounts.invitation": _SEE,
    "accounts.knownclient": _SEE,
    "accounts.loginhistory": _SEE,
    "accounts.mail": "view change",
    "accounts.mailchoice": _SEE,
    "accounts.notification": _SEE,
    "accounts.passkey": _SEE,
    "accounts.recoverycode": _SEE,
    "accounts.session": "view delete",
    "accounts.signuporigin": _SEE,
    "accounts.totpseed": "view delete",
    "support.announcement": _SEE,
    "support.article": _KEEP,
    "support.articlecategory": _SEE,
    "support.articlevote": _SEE,
    "support.attachment": _SEE,
    "support.cannedreply": _KEEP,
    "support.inboundmail": _SEE,
    "support.servicelevel": _SEE,
    "support.tag": _KEEP,
    "support.ticket": "view change",
    "support.ticketmessage": _SEE,
    "vpn.incident": _SEE,
    "vpn.ipassignment": _SEE,
    "vpn.location": _SEE,
    "vpn.nodestatus": _SEE,
    "vpn.outage": _SEE,
    "vpn.quotameter": _SEE,
    "vpn.server": _SEE,
    "vpn.usagemonth": _SEE,
    "vpn.usagerecord": _SEE,
    "vpn.vpnconfig": _SEE,
}
_BILLING: Grants = {
    "accounts.peopleday": _SEE,
    "accounts.user": _SEE,
    "billing.checkoutsession": _SEE,
    "billing.coupon": _KEEP,
    "billing.discrepancy": "view change",
    "billing.dispute": _SEE,
    "billing.effect": _SEE,
    "billing.giftbatch": _KEEP,
    "billing.giftcode": "view change",
    "billing.invoice": _SEE,
    "billing.ledgerday": _SEE,
    "billing.ledgerentry": "view add",
    "billing.payment": "view change",
    "billing.plan": _KEEP,
    "billing.plangrant": _KEEP,
    "billing.planprice": _KEEP,
    "billing.promotioncode": _KEEP,
    "billing.reconcilerun": "view change",
    "billing.recurringcount": _SEE,
    "billing.recurringmonth": _SEE,
    "billing.stripecustomer": "view change",
    "billing.stripeevent": "view change",
    "billing.stripeorder": "view change",
    "billing.subscription": _SEE,
    "referrals.campaign": _KEEP,
    "referrals.campaignday": _SEE,
    "referrals.campaignsignup": _SEE,
    "referrals.referral": _SEE,
    "referrals.referralprogramme": _KEEP,
    "referrals.reward": "view change",
    "referrals.rewardamount": "view add change delete",
    "referrals.rewardentry": _SEE,
    "referrals.rewardpayout": "view change",
    "vpn.locationcost": "view add change delete",
}
_OPERATIONS: Grants = {
    "nexusvpn.sitestate": "view change",
    "procrastinate.procrastinatejob": _SEE,
    "support.announcement": _KEEP,
    "vpn.alert": _SEE,
    "vpn.emergencystop": _KEEP,
    "vpn.freeaddress": _SEE,
    "vpn.incident": "view add change delete",
    "vpn.incidentupdate": _SEE,
    "vpn.ipassignment": _SEE,
    "vpn.location": _KEEP,
    "vpn.nodehour": _SEE,
    "vpn.nodenote": _SEE,
    "vpn.nodestatus": _SEE,
    "vpn.nodetoken": _SEE,
    "vpn.nodetotal": _SEE,
    "vpn.outage": _SEE,
    "vpn.peer": _SEE,
    "vpn.quotameter": _SEE,
    "vpn.server": _KEEP,
    "vpn.usagecounter": _SEE,
    "vpn.usagemonth": _SEE,
    "vpn.usagerecord": _SEE,
    "vpn.vpnconfig": "view change",
    "vpn.watch": _SEE,
}
# Of the owner's: everything of ours, also of tables that are yet to come; and what others' tables have for staff.
_OURS = ("accounts", "billing", "nexusvpn", "referrals", "support", "vpn")
_OTHERS: Grants = {
    "admin.logentry": _SEE,
    "auth.group": "view add change delete",
    "procrastinate.procrastinatejob": _SEE,
}
ROLES: dict[str, Grants] = {SUPPORT: _SUPPORT, BILLING: _BILLING, OPERATIONS: _OPERATIONS, OWNER: _OTHERS}


def sync_roles() -> dict[str, int]:
    """Give each role exactly its permissions; returns how many. May be repeated; other groups and who is in which stay as they are.

    Permissions exist once migrations have run. Raises ValueError for one that does not: a role would lack it silently.
    """
    with transaction.atomic():
        counts = {}
        for name in ROLES:
            group, _ = Group.objects.get_or_create(name=name)
            permissions = permissions_of_role(name)
            group.permissions.set(permissions)
            counts[name] = len(permissions)
    return counts


def permissions_of_role(name: str) -> list[Permission]:
    found = _named(ROLES[name])
    if name == OWNER:
        found += Permission.objects.filter(content_type__app_label__in=_OURS)
    return found


def _named(grants: Grants) -> list[Permission]:
    wanted = {each for label, verbs in grants.items() for each in _codenames(label, verbs.split())}
    apps = {app for app, _ in wanted}
    rows = Permission.objects.filter(content_type__app_label__in=apps).select_related("content_type")
    found = {(row.content_type.app_label, row.codename): row for row in rows}
    if missing := wanted - found.keys():
        raise ValueError(f"No such permissions: {sorted(missing)}. Migrate first.")
    return [found[each] for each in sorted(wanted)]


def _codenames(label: str, verbs: Iterable[str]) -> Iterable[tuple[str, str]]:
    app, _, model = label.partition(".")
    for verb in verbs:
        yield app, f"{verb}_{model}" if verb in ("view", "add", "change", "delete") else verb


def permissions_held(user: User) -> QuerySet[Permission]:
    """By groups or by hand, whether the account is active or not."""
    return Permission.objects.filter(Q(user=user) | Q(group__user=user)).distinct()


def may_manage(by: User, user: User) -> bool:
    """Whether `by` may decide what `user` may do as staff: nobody about themselves, or about somebody who may do more."""
    if by.is_superuser:
        return True
    if by.pk == user.pk or user.is_superuser or not by.has_perm(MANAGE_STAFF):
        return False
    return not permissions_held(user).exclude(pk__in=permissions_held(by).values("pk")).exists()


def may_edit_group(by: User, group: Group) -> bool:
    """The product's own groups are nobody's to change: the next release would change them back."""
    return group.name not in ROLES and (by.is_superuser or not _beyond(by).filter(pk=group.pk).exists())


def givable_groups(by: User) -> QuerySet[Group]:
    """Those that let nobody do what `by` may not."""
    return Group.objects.all() if by.is_superuser else Group.objects.exclude(pk__in=_beyond(by).values("pk"))


def givable_permissions(by: User) -> QuerySet[Permission]:
    return Permission.objects.all() if by.is_superuser else permissions_held(by)


def _beyond(by: User) -> QuerySet[Group]:
    mine = permissions_held(by).values("pk")
    return Group.objects.filter(permissions__in=Permission.objects.exclude(pk__in=mine)).distinct()
