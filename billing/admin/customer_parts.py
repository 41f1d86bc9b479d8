"""What billing brings to the page of a customer: what they have, and what is owed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django import forms
from django.db.models import Exists, F, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.customer_page import Fact, customer_page, list_of
from accounts.admin.people import UserAdmin
from accounts.models import User
from accounts.people import signed_in
from billing.entitlements import Entitlement, Source, entitlement_for
from billing.holding import grants_in_force
from billing.models import LedgerEntry, Payment, Plan, PlanGrant
from billing.services.grants import grant_plan
from billing.services.ledger import balances
from nexusvpn.admin_actions import Outcome, object_action
from nexusvpn.forms import MomentField, ServiceForm
from nexusvpn.templatetags.nexusvpn_ui import day, money

SOURCES = {
    Source.FREE: gettext_lazy("nothing paid"),
    Source.GRANT: gettext_lazy("given by staff"),
    Source.GIFT: gettext_lazy("by a gift code"),
    Source.TRIAL: gettext_lazy("on trial"),
    Source.SUBSCRIPTION: gettext_lazy("by subscription"),
    Source.ENDING: gettext_lazy("by a subscription that ends"),
    Source.GRACE: gettext_lazy("by a subscription whose payment is overdue"),
    Source.PAUSED: gettext_lazy("paused by its owner"),
}


def entitlement_shown(user: User) -> Entitlement:
    """Asked once a page, whoever of the apps shows something of it."""
    held: Entitlement | None = getattr(user, "page_entitlement", None)
    if held is None:
        held = entitlement_for(user)
        user.page_entitlement = held  # type: ignore[attr-defined]
    return held


def plan_shown(held: Entitlement) -> str:
    return f"{held.plan_name}, {SOURCES[held.reason]}"


def until_shown(held: Entitlement) -> str:
    return day(held.valid_until) if held.valid_until else capfirst(_("no end date"))


def plan_facts(user: User) -> Iterator[Fact]:
    held = entitlement_shown(user)
    tone = "warn" if held.reason in (Source.GRACE, Source.ENDING, Source.PAUSED) else ""
    yield _("Plan"), plan_shown(held), tone
    yield _("Plan until"), until_shown(held), ""


def balance_facts(user: User) -> Iterator[Fact]:
    names = dict(LedgerEntry.Account.choices)
    for (account, currency), amount in sorted(balances(user).items()):
        yield capfirst(names[account]), money(amount, currency), "bad" if amount < 0 else ""


class GiveForm(ServiceForm):
    plan = forms.ModelChoiceField(Plan.objects.exclude(code=Plan.FREE), label=gettext_lazy("Plan"))
    valid_until = MomentField(
        required=False,
        label=gettext_lazy("Until"),
        help_text=gettext_lazy("Date and time in UTC. Empty: until it is revoked."),
    )
    reason = forms.CharField(
        max_length=200, label=gettext_lazy("Reason"), help_text=gettext_lazy("Kept with the grant; staff read it.")
    )


@object_action(
    gettext_lazy("Give a plan"),
    gettext_lazy("The person has this plan at once, beside what they pay for; the larger one counts."),
    applies=lambda user: user.is_active,
    form=GiveForm,
    permission="billing.add_plangrant",
)
def give_plan(
    admin: UserAdmin, request: HttpRequest, user: User, plan: Plan, valid_until: datetime | None, reason: str
) -> Outcome:
    grant_plan(user=user, plan=plan, reason=reason, granted_by=signed_in(request), valid_until=valid_until)
    return _("The plan is given.")


UserAdmin.bring(give_plan)
customer_page.add_facts(plan_facts, place=20)
customer_page.add_facts(balance_facts, permission="billing.view_ledgerentry", place=40)
customer_page.add_columns(
    page_can_be_refunded=Exists(
        Payment.objects.filter(
            user=OuterRef("pk"), status=Payment.Status.SUCCEEDED, refunded_minor__lt=F("amount_minor")
        )
    ),
    page_has_grant=Exists(PlanGrant.objects.filter(grants_in_force(), user=OuterRef("pk"))),
)
customer_page.add_link(
    gettext_lazy("Refund a payment"),
    lambda user: list_of("billing_payment", user, status__exact="succeeded"),
    permission="billing.change_payment",
    applies=lambda user: user.page_can_be_refunded,
)
customer_page.add_link(
    gettext_lazy("End a given plan"),
    lambda user: f"{reverse('admin:billing_plangrant_changelist')}?user__id__exact={user.pk}&revoked_at__isempty=1",
    permission="billing.change_plangrant",
    applies=lambda user: user.page_has_grant,
)
customer_page.add_link(
    gettext_lazy("Ledger"),
    lambda user: list_of("billing_ledgerentry", user),
    permission="billing.view_ledgerentry",
)
