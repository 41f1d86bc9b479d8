"""What this app holds about people: in words, and for their export."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from accounts.activity import acts_of
from accounts.models import User
from accounts.privacy import StoredKind, register_section, register_stored, rows_of
from nexusvpn.languages import lazy as _

WITH_ACCOUNT = _("As long as you have the account.")


def _account(user: User) -> dict[str, Any]:
    names = ("id", "email", "full_name", "referral_code", "stripe_customer_id", "is_active", "is_staff")
    moments = (
        "date_joined",
        "last_login",
        "email_verified_at",
        "language",
        "suspended_at",
        "deletion_due_at",
        "staff_factor_due_at",
    )
    held: dict[str, Any] = {name: getattr(user, name) for name in names + moments}
    held["came_by_referral"] = user.referred_by_id is not None
    held["groups"] = list(user.groups.values_list("name", flat=True))
    held["signed_up_from"] = rows_of(User.objects.filter(pk=user.pk, signup_origin__isnull=False), **_ORIGIN)
    held["mailed_links"] = rows_of(
        user.email_tokens.order_by("pk"), "purpose", "email", "created_at", "expires_at", "used_at"
    )
    held["invitation_used"] = rows_of(user.invitations_used.all(), "email", "created_at", "used_at")
    return held


_ORIGIN = {"network": F("signup_origin__network"), "at": F("signup_origin__created_at")}


def _second_factors(user: User) -> dict[str, Any]:
    seed = getattr(user, "totp_seed", None)
    return {
        "authenticator": None if seed is None else {"created_at": seed.created_at, "confirmed_at": seed.confirmed_at},
        "passkeys": rows_of(user.passkeys.all(), "name", "created_at", "last_used_at"),
        "recovery_codes": rows_of(user.recovery_codes.order_by("pk"), "created_at", "used_at"),
    }


_SESSION = ("kind", "created_at", "last_seen_at", "expires_at", "ip_address", "user_agent", "second_factor_at")
_KEY = ("name", "prefix", "scopes", "created_at", "expires_at", "last_used_at")
_NOTIFICATION = ("kind", "title", "text", "link", "created_at", "read_at")
_SIGN_IN = ("timestamp", "outcome", "kind", "ip_address", "user_agent")
_MAIL = ("to", "kind", "subject", "state", "created_at", "sent_at")


def register() -> None:
    _register_sections()
    _register_access()
    _register_credentials()
    _register_messages()
    _register_sign_ups()
    _register_work()


def _register_sections() -> None:
    register_section("account", _("Who you are to us, and how your account came to be."), _account)
    register_section(
        "sessions",
        _("Where you are signed in now."),
        lambda user: rows_of(user.sessions.order_by("created_at"), *_SESSION),
    )
    register_section(
        "sign_ins", _("Tries to sign in to your account."), lambda user: rows_of(user.login_history.all(), *_SIGN_IN)
    )
    register_section(
        "known_clients",
        _(
            "When browsers and programs of yours were first and last seen. Which ones they are, only a hash of their cookie says."
        ),
        lambda user: rows_of(user.known_clients.order_by("pk"), "first_seen_at", "last_seen_at"),
    )
    register_section("second_factors", _("What you sign in with beside your password."), _second_factors)
    register_section(
        "api_keys", _("Keys of your programs, without the keys."), lambda user: rows_of(user.api_keys.all(), *_KEY)
    )
    register_section(
        "notifications", _("What we told you here."), lambda user: rows_of(user.notifications.all(), *_NOTIFICATION)
    )
    register_section(
        "mail_choices",
        _("Of which kinds you want mails; of those that are not named, you get them."),
        lambda user: rows_of(user.mail_choices.order_by("pk"), "kind", "wanted"),
    )
    register_section(
        "mails", _("Mails that we sent you: what about and when."), lambda user: rows_of(user.mails.all(), *_MAIL)
    )
    register_section("activity", _("What was done to your account, and by whom."), acts_of)
    register_section(
        "exports",
        _("Exports that you asked for."),
        lambda user: rows_of(user.exports.all(), "state", "created_at", "ready_at", "expires_at"),
    )


def _register_access() -> None:
    register_stored(
        StoredKind(
            "accounts.User",
            _("Your e-mail address, your name if you gave one, a hash of your password, your referral code."),
            _("To let you in and to write to you."),
            _(
                "As long as you have the account. Then a row without name or address stays, so that payments still add up."
            ),
            section="account",
        ),
        StoredKind(
            "accounts.Session",
            _(
                "Where you are signed in: browser or program, address, first and last time. When our staff look at your account "
                "for you, their own session notes whose account it is and until when."
            ),
            _("To keep you signed in, and to show you where you are."),
            _("Until you sign out or the session ends."),
            section="sessions",
        ),
        StoredKind(
            "accounts.LoginHistory",
            _("Tries to sign in: when, from which address and program, and whether it worked."),
            _("So that you can see a try that was not yours."),
            _("{LOGIN_HISTORY_DAYS} days."),
            section="sign_ins",
        ),
        StoredKind(
            "accounts.KnownClient",
            _("A hash of a cookie in each browser that you signed in with."),
            _("To write to you when a new one signs in."),
            _("{KNOWN_CLIENTS_KEPT_DAYS} days after it was last seen."),
            section="known_clients",
        ),
    )


def _register_credentials() -> None:
    register_stored(
        StoredKind(
            "accounts.TotpSeed",
            _("The secret that your authenticator app shares with us, encrypted."),
            _("To check its codes."),
            _("Until you remove it."),
            section="second_factors",
        ),
        StoredKind(
            "accounts.Passkey",
            _("Public keys of your passkeys, their names and when they were used."),
            _("To let you sign in with them."),
            _("Until you remove them."),
            section="second_factors",
        ),
        StoredKind(
            "accounts.RecoveryCode",
            _("Hashes of your recovery codes."),
            _("To let you in when your second factor is lost."),
            _("Until you make new ones."),
            section="second_factors",
        ),
        StoredKind(
            "accounts.ApiKey",
            _("Hashes of your API keys, their names, scopes and when they were used."),
            _("To let your programs in."),
            _("Until you delete them."),
            section="api_keys",
        ),
        StoredKind(
            "accounts.EmailToken",
            _("A hash of a link that we mailed to you, and the address it went to."),
            _("To know that you read that mailbox."),
            _("Until it is used or expires, and at most a day more."),
            section="account",
        ),
    )


def _register_messages() -> None:
    register_stored(
        StoredKind(
            "accounts.Mail",
            _("To whom we wrote about what and when. The text is encrypted, and deleted once it is sent."),
            _("To send it once, and to find out what went wrong."),
            _("{MAILS_KEPT_DAYS} days."),
            section="mails",
        ),
        StoredKind(
            "accounts.Notification",
            _("What we told you on these pages."),
            _("So that you can read it."),
            _("{NOTIFICATIONS_KEPT_DAYS} days."),
            section="notifications",
        ),
        StoredKind(
            "accounts.MailChoice",
            _("Which mails you do not want."),
            _("So that you do not get them."),
            WITH_ACCOUNT,
            section="mail_choices",
        ),
        StoredKind(
            "accounts.AuditEvent",
            _("What was done to your account, by whom and from where. People are named by a random id only."),
            _("So that nobody can change an account unseen, our staff included."),
            _("{AUDIT_KEPT_DAYS} days, also after your account is erased; nothing says then whose it was."),
            section="activity",
        ),
        StoredKind(
            "accounts.DataExport",
            _("Your export of all this, encrypted."),
            _("So that you can download it."),
            _("{EXPORT_KEPT_DAYS} days."),
            section="exports",
        ),
    )


def _register_sign_ups() -> None:
    register_stored(
        StoredKind(
            "accounts.SignupOrigin",
            _("The network that you signed up from (a /24 or /48, not the address)."),
            _("To notice many accounts from one place."),
            _("{SIGNUP_ORIGINS_KEPT_DAYS} days."),
            section="account",
        ),
        StoredKind(
            "accounts.AbuseFlag",
            _("That a sign-up looked like one of many."),
            _("So that our staff look at it."),
            WITH_ACCOUNT,
            not_exported=_("It would tell abusers how they are found."),
        ),
        StoredKind(
            "accounts.Invitation",
            _("A hash of an invitation's code, and the address that it is for."),
            _("To let one person sign up while that is not open to everybody."),
            _("{MAILS_KEPT_DAYS} days after it expires; a used one without its address once your account is erased."),
            section="account",
        ),
        StoredKind(
            "accounts.RegistrationPolicy",
            _("Who may sign up."),
            _("To open or close the service to new accounts."),
            _("Always."),
            about_people=False,
        ),
    )


def _register_work() -> None:
    register_stored(
        StoredKind(
            "admin.LogEntry",
            _("What our staff changed by hand."),
            _("So that they can see each other's work."),
            _("Without your name and address once your account is erased."),
            not_exported=_("What concerns you of it is in the section “activity”."),
        ),
        StoredKind(
            "procrastinate.ProcrastinateJob",
            _("Work to be done soon, such as “send this mail”, by random ids."),
            _("So that it is done even if a machine fails."),
            _("A day after it is done; 30 days if it failed."),
            not_exported=_("It holds ids of rows that are in the other sections."),
        ),
        StoredKind(
            "accounts.PeopleDay",
            _("How many accounts were made, and how many erased, on a day."),
            _("To know how the service grows without counting everybody each time."),
            _("Always."),
            about_people=False,
        ),
    )
