"""The audit log as the person reads it whom it is about: what was done, by whom, and from where if that was themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import AuditEvent, User
from nexusvpn.api.pagination import Page, PageRequest, fetch_page

COLUMNS = ("at", "action", "actor_kind", "actor_id", "ip_address", "details", "person_id")
# What is about a person; other actions are shown by their code, with blanks.
WORDS = {
    "account_registered": "Account made",
    "account_leaving": "Deletion of the account asked for",
    "account_restored": "Deletion of the account taken back",
    "account_erased": "Account erased",
    "account_suspended": "Account suspended",
    "account_reinstated": "Account reinstated",
    "acting_ended": "Our staff stopped looking at your account",
    "acting_started": "Our staff looked at your account",
    "acting_wrote": "Our staff changed something in your account",
    "announcement_ended": "Announcement ended",
    "announcement_published": "Announcement published",
    "api_key_created": "API key made",
    "api_key_revoked": "API key ended",
    "checkout_opened": "Payment page opened",
    "article_published": "Help article published",
    "article_unpublished": "Help article taken back",
    "books_exported": "Ledger or reports downloaded",
    "coupon_ended": "Coupon ended",
    "coupon_made": "Coupon made",
    "denied": "Something was refused",
    "discrepancy_closed": "Difference from Stripe looked at",
    "email_change_asked": "Change of address asked for",
    "email_change_cancelled": "Change of address cancelled",
    "email_change_confirmed": "Change of address confirmed from one mailbox",
    "email_changed": "Address changed",
    "email_verified": "Address verified",
    "export_requested": "Export of your data asked for",
    "export_downloaded": "Export of your data downloaded",
    "gift_codes_exported": "Gift codes downloaded",
    "gift_codes_made": "Gift codes made",
    "gift_codes_revoked": "Gift codes revoked",
    "gift_redeemed": "Gift code redeemed",
    "invitation_made": "Invitation made",
    "mail_choice_changed": "Choice of mails changed",
    "name_changed": "Name changed",
    "other_sessions_ended": "Other sessions ended",
    "passkey_refused": "Passkey refused",
    "password_changed": "Password changed",
    "password_reset": "New password set by a mailed link",
    "password_reset_asked": "Link for a new password asked for",
    "payment_refunded": "Payment paid back",
    "plan_change_dropped": "Change of the plan taken back",
    "plan_change_planned": "Change of the plan at the period's end",
    "plan_changed": "Plan changed",
    "plan_granted": "Plan given",
    "plan_revoked": "Plan taken back",
    "price_ended": "Price of a plan ended",
    "price_set": "Price of a plan changed",
    "promotion_code_ended": "Promotion code ended",
    "promotion_code_made": "Promotion code made",
    "recovery_code_used": "Recovery code used",
    "recovery_codes_made": "New recovery codes made",
    "reward_approved": "Reward looked at and given",
    "reward_payout_returned": "Reward that was sent came back",
    "reward_refused": "Reward looked at and not given",
    "rights_changed": "Rights changed",
    "second_factor_added": "Second factor added",
    "second_factor_removed": "Second factor removed",
    "second_factors_removed": "Second factors removed",
    "staff_added": "Added by staff",
    "staff_changed": "Changed by staff",
    "staff_deleted": "Deleted by staff",
    "staff_factor_time_given": "Time for a second factor given again",
    "subscription_cancelled": "Subscription set to end",
    "subscription_paused": "Subscription paused",
    "subscription_resumed": "Subscription kept",
    "subscription_unpaused": "Pause of the subscription ended",
    "subscription_withheld": "Plan off: its payment went back",
    "ticket_answered": "Ticket answered",
    "ticket_assigned": "Ticket given to a colleague",
    "ticket_closed": "Ticket closed",
    "ticket_merged": "Tickets merged",
    "ticket_noted": "Internal note written",
    "ticket_priority_changed": "Priority of a ticket changed",
    "ticket_tagged": "Tags of a ticket set",
}


def in_words(action: str) -> str:
    return WORDS.get(action) or action.replace("_", " ").capitalize()


def _row(
    at: datetime,
    action: str,
    actor_kind: str,
    actor_id: UUID | None,
    ip_address: str | None,
    details: dict[str, Any],
    person_id: UUID,
) -> dict[str, Any]:
    """An address is told if it was the person's own: where our staff sit is not theirs to know."""
    by = "you" if actor_id == person_id else "service" if actor_kind == AuditEvent.ActorKind.SYSTEM else actor_kind
    own = by == "you"
    return {
        "at": at,
        "action": action,
        "text": in_words(action),
        "by": by,
        "ip_address": ip_address if own else None,
        "details": details,
    }


def activity_page(user: User, wanted: PageRequest) -> Page:
    """What happened to the person's account, newest first."""
    return fetch_page(AuditEvent.objects.filter(person_id=user.pk), wanted, COLUMNS, _row)


def acts_of(user: User) -> list[dict[str, Any]]:
    """All of it, for the export."""
    acts = AuditEvent.objects.filter(person_id=user.pk).values_list(*COLUMNS)
    return [_row(*values) for values in acts.iterator(chunk_size=2_000)]
