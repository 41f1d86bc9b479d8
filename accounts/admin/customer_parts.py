"""What accounts themselves bring to the page of a customer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Now
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.acts import in_words
from accounts.admin.customer_page import Fact, customer_page, list_of
from accounts.models import AbuseFlag, AuditEvent, Mail, Notification, Passkey, Session, TotpSeed, User
from nexusvpn.admin_base import Panel
from nexusvpn.templatetags.nexusvpn_ui import ago, day, moment

# So many rows of each are on the page; the list that the panel's title leads to has all.
LATEST = 10

_sessions = Session.objects.filter(user=OuterRef("pk")).order_by()
# By the database's clock: this is put together once, and asked for months.
_live = _sessions.filter(expires_at__gt=Now())
_flags = AbuseFlag.objects.filter(user=OuterRef("pk"), cleared_at=None).order_by()
customer_page.add_columns(
    page_last_seen=Subquery(_sessions.order_by("-last_seen_at").values("last_seen_at")[:1]),
    page_sessions=Coalesce(Subquery(_live.values("user").annotate(n=Count("pk")).values("n")), 0),
    page_flags=Coalesce(Subquery(_flags.values("user").annotate(n=Count("pk")).values("n")), 0),
    page_has_factor=Exists(TotpSeed.objects.filter(user=OuterRef("pk"), confirmed_at__isnull=False))
    | Exists(Passkey.objects.filter(user=OuterRef("pk"))),
)


def state_of(user: User) -> tuple[str, str]:
    """The account's state in words, and its tone."""
    if user.erased_at is not None:
        return _("Erased"), "bad"
    if user.is_suspended:
        return _("Suspended"), "bad"
    if user.is_leaving:
        return _("Leaving"), "warn"
    return (_("Active"), "good") if user.is_active else (_("Being erased"), "warn")


def facts(user: User) -> Iterator[Fact]:
    """The row comes with the page's own columns."""
    row: Any = user
    state, tone = state_of(user)
    yield _("State"), state, tone
    if user.suspended_at is not None and user.is_suspended:
        yield _("Suspended"), moment(user.suspended_at), ""
    if user.deletion_due_at is not None:
        yield _("Erased on"), moment(user.deletion_due_at), "warn"
    yield _("Customer since"), day(user.date_joined), ""
    yield _("Last seen"), ago(row.page_last_seen or user.last_login), ""
    count = row.page_sessions
    sessions = ngettext("%(count)s session now", "%(count)s sessions now", count) % {"count": count}
    yield _("Signed in"), sessions if count else capfirst(_("nowhere")), ""
    verified = user.email_verified_at
    yield _("Address confirmed"), day(verified) if verified else _("No"), "" if verified else "warn"
    yield _("Second factor"), _("Yes") if row.page_has_factor else _("No"), ""
    yield _("Language"), dict(settings.LANGUAGES).get(user.language, capfirst(_("not chosen"))), ""
    if row.page_flags:
        yield _("Flags"), str(row.page_flags), "warn"


def sessions_panel(user: User) -> Panel:
    rows = [
        (session.get_kind_display(), session.ip_address, session.user_agent, ago(session.last_seen_at))
        for session in user.sessions.live().defer("data", "key_hash")[:LATEST]
    ]
    headings = (_("Kind"), _("Address"), _("Client"), _("Last seen"))
    return Panel(_("Signed in"), headings, rows, list_of("accounts_session", user))


def sign_ins_panel(user: User) -> Panel:
    rows = [
        (ago(entry.timestamp), entry.get_outcome_display(), entry.get_kind_display(), entry.ip_address)
        for entry in user.login_history.all()[:LATEST]
    ]
    headings = (_("When"), _("Outcome"), _("Kind"), _("Address"))
    return Panel(_("Latest sign-ins"), headings, rows, list_of("accounts_loginhistory", user))


def activity_panel(user: User, viewer: User) -> Panel:
    """Addresses are for those who may see where people sign in from, and the way to all of it for those who may read it."""
    acts = AuditEvent.objects.filter(person_id=user.pk)[:LATEST]
    headings, rows = [_("When"), _("What"), _("By")], []
    shows_addresses = viewer.has_perm("accounts.view_loginhistory") or viewer.has_perm("accounts.view_auditevent")
    if shows_addresses:
        headings.append(_("Address"))
    for act in acts:
        row = (ago(act.at), in_words(act.action), act.get_actor_kind_display())
        rows.append((*row, act.ip_address) if shows_addresses else row)
    url = f"{reverse('admin:accounts_auditevent_changelist')}?q={user.pk}"
    return Panel(_("Account activity"), headings, rows, url if viewer.has_perm("accounts.view_auditevent") else "")


def messages_panel(user: User) -> Panel:
    """Notices and mails in one, as the person got them: both tables in one query."""
    notices = Notification.objects.filter(user=user).order_by().values_list("created_at", Value("notice"), "title")
    read = notices.annotate(done=Subquery(Notification.objects.filter(pk=OuterRef("pk")).values("read_at")))
    mails = Mail.objects.filter(user=user).order_by().values_list("created_at", Value("mail"), "subject")
    both = read.union(mails.annotate(done=Subquery(Mail.objects.filter(pk=OuterRef("pk")).values("sent_at"))), all=True)
    rows = [_message(*values) for values in both.order_by("-created_at")[:LATEST]]
    headings = (_("When"), _("How"), _("About"), _("State"))
    return Panel(_("Notifications and mails"), headings, rows, list_of("accounts_notification", user))


def _message(created_at: Any, kind: str, text: str, done_at: Any) -> tuple[Any, ...]:
    if kind == "mail":
        return ago(created_at), _("Mail"), text, capfirst(_("sent") if done_at else _("not sent yet"))
    return ago(created_at), _("Notification"), text, capfirst(_("read") if done_at else _("not read yet"))


customer_page.add_facts(facts, place=10)
customer_page.add_panel(messages_panel, permission="accounts.view_notification", place=60)
customer_page.add_panel(activity_panel, permission="accounts.view_user", place=70, by_viewer=True)
customer_page.add_panel(sign_ins_panel, permission="accounts.view_loginhistory", place=80)
customer_page.add_panel(sessions_panel, permission="accounts.view_session", place=90, is_more=True)
customer_page.add_link(
    gettext_lazy("Mails"), lambda user: list_of("accounts_mail", user), permission="accounts.view_mail"
)
