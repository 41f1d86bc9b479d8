"""The books of rewards, to be read: entries, payouts (one whose answer is lost is given back), and a person's balances on their page."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from accounts.admin import LATEST
from accounts.admin.customer_page import customer_page
from accounts.models import User
from accounts.people import signed_in
from billing.admin.columns import money_column
from billing.services.credit import credit_currency
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import Panel, ReadOnlyAdmin
from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import UNKNOWN, day, money
from referrals.models import Reward, RewardEntry, RewardPayout
from referrals.services.books import Balance, balances
from referrals.services.payouts import give_back_payout, is_lost
from referrals.services.programme import amounts


@admin.register(RewardEntry)
class RewardEntryAdmin(ReadOnlyAdmin):
    list_display = (
        "occurred_at",
        "user",
        "kind",
        money_column("pending_minor", _("pending")),
        money_column("available_minor", _("available")),
        "origin",
    )
    fields = ("occurred_at", "user", "kind", "pending_minor", "available_minor", "currency", "reward", "payout")
    list_select_related = ("user", "reward", "payout")
    list_filter = ("kind", "currency")
    ordering = ("-id",)
    search_fields = ("=reward__id", "=payout__id", "user__email", "=reward__invoice_id")

    @admin.display(description=_("comes from"))
    def origin(self, entry: RewardEntry) -> str:
        """Money that was converted comes from its owner's other balance, as its kind says."""
        return str(entry.reward or entry.payout or UNKNOWN)


def _lost(payout: RewardPayout) -> str:
    amount = money(payout.amount_minor, payout.currency)
    return gettext(
        "Its order to Stripe is gone, so nobody here knows what became of it. Look at the customer's balance in "
        "Stripe's dashboard: if %(amount)s was added there for %(pk)s, do not go on, or they get it twice. If not, it "
        "is given back here."
    ) % {"amount": amount, "pk": payout.pk}


@admin.register(RewardPayout)
class RewardPayoutAdmin(ActionsAdmin, ReadOnlyAdmin):
    list_display = (
        "created_at",
        "user",
        money_column("amount_minor", _("amount")),
        "state",
        "finished_at",
        "result",
    )
    list_select_related = ("user",)
    list_filter = ("state", "currency")
    search_fields = ("=id", "=result", "user__email")

    @object_action(_("Nothing came of it"), _lost, applies=is_lost, danger=True)
    def nothing_came(self, request: HttpRequest, payout: RewardPayout) -> Outcome:
        give_back_payout(payout_id=payout.pk, by=signed_in(request))
        return gettext("It is available again, and sent anew a day from now.")


def rewards_panel(user: User) -> Panel:
    rows = Reward.objects.filter(user=user).select_related("referral__referred")[:LATEST]
    shown = [
        (
            day(reward.created_at),
            reward.get_kind_display(),
            str(reward.referral.referred),
            money(reward.amount_minor, reward.currency),
            reward.get_state_display(),
            day(reward.matures_at),
        )
        for reward in rows
    ]
    url = f"{reverse('admin:referrals_reward_changelist')}?user__id__exact={user.pk}"
    return Panel(
        gettext("Rewards"),
        (
            gettext("Since"),
            gettext("What"),
            gettext("Friend"),
            gettext("Amount"),
            gettext("State"),
            gettext("Earned from"),
        ),
        shown,
        url,
    )


def balances_panel(user: User) -> Panel:
    """With what becomes of it, since that is what people ask about."""
    invoiced_in = credit_currency(user)
    rows = [
        (
            currency,
            money(held.pending_minor, currency),
            money(held.available_minor, currency),
            _prospect(held, currency, invoiced_in),
        )
        for currency, held in balances(user).items()
    ]
    url = f"{reverse('admin:referrals_rewardentry_changelist')}?user__id__exact={user.pk}"
    return Panel(
        gettext("Reward balances"),
        (gettext("Currency"), gettext("Pending"), gettext("Available"), gettext("What becomes of it")),
        rows,
        url,
    )


def _prospect(held: Balance, currency: str, invoiced_in: str) -> str:
    if held.available_minor == 0:
        return ""
    if held.available_minor < 0:
        return gettext("Owed; set off against later rewards")
    if not invoiced_in:
        return gettext("Waits: no invoice is to come")
    if invoiced_in != currency and not {invoiced_in, currency} <= amounts().keys():
        return gettext("Waits: no reward amount in %(invoiced_in)s and %(currency)s to convert by") % {
            "invoiced_in": invoiced_in,
            "currency": currency,
        }
    return gettext("Goes to the balance for the next invoice")


customer_page.add_panel(rewards_panel, permission="referrals.view_reward", place=97, is_more=True)
customer_page.add_panel(balances_panel, permission="referrals.view_rewardentry", place=98, is_more=True)
