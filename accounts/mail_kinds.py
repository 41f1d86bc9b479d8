"""What each kind of mail is about, in words: the folders below `templates/emails`, of all apps."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

WORDS = {
    "account_exists": _("Sign-up with an address that has an account"),
    "account_leaving": _("Account is going to be deleted"),
    "account_restored": _("Deletion of the account taken back"),
    "announcement": _("Announcement"),
    "api_key_created": _("API key made"),
    "email_change_new": _("Change of address, to the new one"),
    "email_change_old": _("Change of address, to the old one"),
    "email_changed": _("Address changed"),
    "export_ready": _("Data export is ready"),
    "fleet_alert": _("Alert about a server"),
    "invitation": _("Invitation"),
    "new_sign_in": _("Sign-in from a new device"),
    "paid_twice": _("Paid twice"),
    "password_changed": _("Password changed"),
    "password_reset": _("Link for a new password"),
    "payment_disputed": _("Payment disputed"),
    "payment_failed": _("Payment failed"),
    "payment_received": _("Payment received"),
    "payment_refunded": _("Payment refunded"),
    "payment_reminder": _("Reminder of a payment"),
    "payments_differ": _("Differences from Stripe"),
    "plan_ended": _("Plan ended"),
    "plan_started": _("Plan started"),
    "quota_used_up": _("Data used up"),
    "quota_warning": _("Data nearly used up"),
    "second_factor": _("Second factor changed"),
    "server_leaving": _("Server goes out of service"),
    "service_restored": _("Plan is back"),
    "service_suspended": _("Plan stopped: payment missing"),
    "ticket_answered": _("Ticket answered"),
    "ticket_closing": _("Ticket is going to be closed"),
    "ticket_mail_refused": _("Mail to a ticket refused"),
    "ticket_opened": _("Ticket opened"),
    "trial_ending": _("Trial is ending"),
    "verify_email": _("Confirmation of the address"),
    "welcome": _("Welcome"),
}


def kind_in_words(kind: str) -> str:
    """One that was sent by another version is shown with blanks."""
    return str(WORDS.get(kind) or kind.replace("_", " "))
