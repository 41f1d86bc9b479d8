"""Rewards, and what staff decide about those that are held."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext

from accounts.people import signed_in
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.admin_export import Export, Money
from nexusvpn.forms import ServiceForm
from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import money
from referrals.models import Reward
from referrals.services.decisions import approve_reward, refuse_reward
from referrals.services.suspicion import in_words

REASON = _("Kept with the reward; neither of the two sees it.")


class ReasonForm(ServiceForm):
    reason = forms.CharField(max_length=300, label=_("Reason"), help_text=REASON)


class ToDecide(admin.SimpleListFilter):
    title = _("to decide")
    parameter_name = "decide"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", gettext("Waits for a decision")), ("done", gettext("Was decided"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reward]) -> QuerySet[Reward]:
        if self.value() == "yes":
            return queryset.filter(state=Reward.State.HELD)
        return queryset.filter(decided_at__isnull=False) if self.value() == "done" else queryset


def _is_held(reward: Reward) -> bool:
    return reward.state == Reward.State.HELD


def _question(reward: Reward) -> str:
    return gettext("It is held because: ") + "; ".join(in_words(reward.reasons)) + "."


@admin.register(Reward)
class RewardAdmin(ActionsAdmin, ReadOnlyAdmin):
    fields = (
        "user",
        "kind",
        "referrer",
        "friend",
        "amount",
        "state",
        "why",
        "number",
        "invoice_id",
        "created_at",
        "matures_at",
        "decided_by",
        "decided_at",
        "decision_note",
    )
    list_display = ("created_at", "user", "kind", "amount", "state", "why", "matures_at")
    days = ("created_at", "matures_at")
    export = Export(
        "rewards",
        [
            ("id", "id"),
            ("created_at", "created_at"),
            ("customer", "user__email"),
            ("kind", "kind"),
            ("friend", "referral__referred__email"),
            ("amount", Money("amount_minor", "currency")),
            ("currency", "currency"),
            ("state", "state"),
            ("invoice", "invoice_id"),
            ("matures_at", "matures_at"),
            ("decided_at", "decided_at"),
            ("decision_note", "decision_note"),
        ],
    )
    list_select_related = ("user", "referral__referrer", "referral__referred", "decided_by")
    list_filter = (ToDecide, "state", "kind", "currency")
    search_fields = ("=invoice_id", "user__email", "referral__referred__email", "referral__referrer__email")

    @admin.display(description=_("amount"), ordering="amount_minor")
    def amount(self, reward: Reward) -> str:
        return money(reward.amount_minor, reward.currency)

    @admin.display(description=_("friend"), ordering="referral__referred__email")
    def friend(self, reward: Reward) -> str:
        return str(reward.referral.referred)

    @admin.display(description=_("referrer"), ordering="referral__referrer__email")
    def referrer(self, reward: Reward) -> str:
        return str(reward.referral.referrer)

    @admin.display(description=_("why it is held"))
    def why(self, reward: Reward) -> str:
        return "; ".join(in_words(reward.reasons))

    @object_action(
        _("Approve"),
        lambda reward: (
            gettext(
                "%(reward)s If you approve it, it is earned on its date, or within minutes if that date has passed."
            )
            % {"reward": _question(reward)}
        ),
        applies=_is_held,
        form=ReasonForm,
    )
    def approve(self, request: HttpRequest, reward: Reward, reason: str) -> Outcome:
        approve_reward(reward_id=reward.pk, by=signed_in(request), reason=reason)
        return gettext("The reward is approved.")

    @object_action(
        _("Refuse"),
        lambda reward: (
            gettext("%(reward)s If you refuse it, it is not given; that cannot be undone.")
            % {"reward": _question(reward)}
        ),
        applies=_is_held,
        danger=True,
        form=ReasonForm,
    )
    def refuse(self, request: HttpRequest, reward: Reward, reason: str) -> Outcome:
        refuse_reward(reward_id=reward.pk, by=signed_in(request), reason=reason)
        return gettext("The reward is refused.")
