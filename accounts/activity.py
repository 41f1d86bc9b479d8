"""The audit log as the person reads it whom it is about: what was done, by whom, and from where if that was themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEvent, User
from nexusvpn.api.pagination import Page, PageRequest, fetch_page

COLUMNS = ("at", "action", "actor_kind", "actor_id", "ip_address", "details", "person_id")
# What is about a person, and what staff do to servers; other actions are shown by their code, with blanks.
WORDS = {
    "account_registered": _("Account made"),
    "account_leaving": _("Deletion of the account asked for"),
    "account_restored": _("Deletion of the account taken back"),
    "account_erased": _("Account erased"),
    "account_suspended": _("Account suspended"),
    "account_reinstated": _("Account reinstated"),
    "announcement_ended": _("Announcement ended"),
    "announcement_published": _("Announcement published"),
    "api_key_created": _("API key made"),
    "api_key_revoked": _("API key ended"),
    "checkout_opened": _("Payment page opened"),
    "article_published": _("Help article published"),
    "article_unpublished": _("Help article taken back"),
    "books_exported": _("Ledger or reports downloaded"),
    "coupon_ended": _("Coupon ended"),
    "coupon_made": _("Coupon made"),
    "denied": _("Something was refused"),
    "device_removed": _("Device removed by staff"),
    "device_resumed": _("Device resumed by staff"),
    "device_suspended": _("Device suspended by staff"),
    "discrepancy_closed": _("Difference from Stripe looked at"),
    "email_change_asked": _("Change of address asked for"),
    "email_change_cancelled": _("Change of address cancelled"),
    "email_change_confirmed": _("Change of address confirmed from one mailbox"),
    "email_changed": _("Address changed"),
    "email_verified": _("Address verified"),
    "export_requested": _("Export of your data asked for"),
    "export_downloaded": _("Export of your data downloaded"),
    "gift_codes_exported": _("Gift codes downloaded"),
    "gift_codes_made": _("Gift codes made"),
    "gift_codes_revoked": _("Gift codes revoked"),
    "gift_redeemed": _("Gift code redeemed"),
    "invitation_made": _("Invitation made"),
    "mail_choice_changed": _("Choice of mails changed"),
    "name_changed": _("Name changed"),
    "other_sessions_ended": _("Other sessions ended"),
    "passkey_refused": _("Passkey refused"),
    "password_changed": _("Password changed"),
    "password_reset": _("New password set by a mailed link"),
    "password_reset_asked": _("Link for a new password asked for"),
    "payment_refunded": _("Payment paid back"),
    "plan_change_dropped": _("Change of the plan taken back"),
    "plan_change_planned": _("Change of the plan at the period's end"),
    "plan_changed": _("Plan changed"),
    "plan_granted": _("Plan given"),
    "plan_revoked": _("Plan taken back"),
    "price_ended": _("Price of a plan ended"),
    "price_set": _("Price of a plan changed"),
    "promotion_code_ended": _("Promotion code ended"),
    "promotion_code_made": _("Promotion code made"),
    "recovery_code_used": _("Recovery code used"),
    "recovery_codes_made": _("New recovery codes made"),
    "reward_approved": _("Reward looked at and given"),
    "reward_payout_returned": _("Reward that was sent came back"),
    "reward_refused": _("Reward looked at and not given"),
    "rights_changed": _("Rights changed"),
    "second_factor_added": _("Second factor added"),
    "second_factor_removed": _("Second factor removed"),
    "second_factors_removed": _("Second factors removed"),
    "sessions_ended": _("Signed out everywhere"),
    "staff_added": _("Added by staff"),
    "staff_changed": _("Changed by staff"),
    "staff_deleted": _("Deleted by staff"),
    "staff_factor_time_given": _("Time for a second factor given again"),
    "subscription_cancelled": _("Subscription set to end"),
    "subscription_paused": _("Subscription paused"),
    "subscription_resumed": _("Subscription kept"),
    "subscription_unpaused": _("Pause of the subscription ended"),
    "subscription_withheld": _("Plan off: its payment went back"),
    "ticket_answered": _("Ticket answered"),
    "ticket_assigned": _("Ticket given to a colleague"),
    "ticket_closed": _("Ticket closed"),
    "ticket_merged": _("Tickets merged"),
    "ticket_noted": _("Internal note written"),
    "ticket_priority_changed": _("Priority of a ticket changed"),
    "ticket_tagged": _("Tags of a ticket set"),
    "legal_page_published": _("Legal text published"),
    "legal_page_unpublished": _("Legal text taken back"),
    "maintenance_changed": _("Maintenance told differently"),
    "maintenance_ended": _("Maintenance ended"),
    "maintenance_started": _("Maintenance begun"),
    "list_exported": _("List downloaded"),
    "acting_ended": _("Our staff stopped looking at your account"),
    "acting_started": _("Our staff looked at your account"),
    "acting_wrote": _("Our staff changed something in your account"),
    "emergency_stop_ended": _("Emergency stop ended"),
    "emergency_stop_started": _("Emergency stop begun"),
    "enrolment_token_issued": _("Enrolment command issued"),
    "mass_removal_allowed": _("Mass removal allowed"),
    "new_server_key_accepted": _("New key of a server accepted"),
    "node_credential_ordered": _("New credential of a node ordered"),
    "node_credential_revoked": _("Credential of a node revoked"),
    "old_machine_settled": _("Former machine settled"),
    "server_decommissioned": _("Server taken out of service"),
    "server_drained": _("Server drained"),
    "server_recommissioned": _("Server taken into service again"),
    "server_undrained": _("Draining of a server ended"),
}


def in_words(action: str) -> str:
    words = WORDS.get(action)
    return str(words) if words else action.replace("_", " ").capitalize()


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
