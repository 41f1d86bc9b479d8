"""Rows of every model in the admin, each with rows of its own to refer to, as lists show them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import (
    AbuseFlag,
    ApiKey,
    AuditEvent,
    DataExport,
    EmailToken,
    Invitation,
    KnownClient,
    LoginHistory,
    Mail,
    MailChoice,
    Notification,
    Passkey,
    PeopleDay,
    RecoveryCode,
    RegistrationPolicy,
    Session,
    SignupOrigin,
    TotpSeed,
    User,
)
from accounts.services.outbox import queue_mail
from billing.models import (
    CheckoutSession,
    Coupon,
    Discrepancy,
    Dispute,
    Effect,
    GiftBatch,
    GiftCode,
    Invoice,
    LedgerDay,
    LedgerEntry,
    Payment,
    Plan,
    PlanGrant,
    PlanPrice,
    PromotionCode,
    ReconcileRun,
    RecurringCount,
    RecurringMonth,
    StripeCustomer,
    StripeEvent,
    StripeOrder,
    Subscription,
)
from referrals.models import (
    Campaign,
    CampaignDay,
    CampaignSignup,
    Referral,
    ReferralProgramme,
    Reward,
    RewardAmount,
    RewardEntry,
    RewardPayout,
)
from support.models import (
    Announcement,
    AnnouncementSeen,
    Article,
    ArticleCategory,
    ArticleVote,
    Attachment,
    AttachmentContent,
    CannedReply,
    IdempotencyKey,
    InboundMail,
    LegalPage,
    ServiceLevel,
    Tag,
    Ticket,
    TicketMessage,
)
from tests.factories.accounts import make_user
from tests.factories.articles import make_article
from tests.factories.payments import (
    make_customer,
    make_dispute,
    make_invoice,
    make_payment,
    make_subscription,
    price_of,
    stripe_id,
)
from tests.factories.support import make_attachment, make_ticket
from tests.factories.vpn import make_location, make_server, new_key
from vpn.models import (
    Alert,
    EmergencyStop,
    FavouriteLocation,
    FreeAddress,
    Incident,
    IncidentUpdate,
    IpAssignment,
    Location,
    LocationCost,
    NodeHour,
    NodeNote,
    NodeStatus,
    NodeToken,
    NodeTotal,
    Outage,
    Peer,
    QuotaMeter,
    Server,
    UsageCounter,
    UsageMonth,
    UsageRecord,
    VpnConfig,
    Watch,
)
from vpn.services.addresses import assign_address
from vpn.services.nodes import issue_enrolment_token
from vpn.services.wishes import wish_peer


def new_user() -> User:
    return make_user(f"{uuid4().hex[:12]}@example.com", full_name="Somebody")


def new_server() -> Server:
    return make_server(make_location(f"place-{uuid4().hex[:10]}"))


def new_session() -> Session:
    expires = timezone.now() + timedelta(days=1)
    return Session.objects.create(user=new_user(), kind="token", key_hash=uuid4().hex, expires_at=expires)


def new_plan() -> Plan:
    rank = 100 + Plan.objects.count()
    return Plan.objects.create(code=f"plan-{rank}", name=f"Plan {rank}", rank=rank, device_limit=1)


def new_grant() -> PlanGrant:
    return PlanGrant.objects.create(user=new_user(), plan=new_plan(), reason="Because", granted_by=new_user())


def new_price() -> PlanPrice:
    return PlanPrice.objects.create(plan=new_plan(), interval="month", currency="USD", amount_minor=499)


def new_invoice() -> Invoice:
    subscription = make_subscription(new_user())
    return make_invoice(subscription.user, subscription)


def new_payment() -> Payment:
    invoice = new_invoice()
    return make_payment(invoice.user, invoice)


def new_event() -> StripeEvent:
    values = {"type": "invoice.paid", "object_id": stripe_id("in"), "created_at": timezone.now()}
    return StripeEvent.objects.create(stripe_id=stripe_id("evt"), **values)


def new_entry() -> LedgerEntry:
    values = {"account": "money", "kind": "charge", "amount_minor": 499, "currency": "USD", "price": price_of()}
    return LedgerEntry.objects.create(user=new_user(), source=stripe_id("ch"), occurred_at=timezone.now(), **values)


def new_ledger_day() -> LedgerDay:
    values = {"kind": "charge", "currency": "USD", "price": new_price(), "amount_minor": 499}
    return LedgerDay.objects.create(recorded_on=date(2026, 10, 2), occurred_on=date(2026, 10, 1), **values)


def new_recurring_month() -> RecurringMonth:
    """Of a currency of its own."""
    names = ("opening", "closing", "new", "reactivation", "expansion", "contraction", "churn")
    values = dict.fromkeys((*names, "people", "people_came", "people_went"), 1)
    code = f"X{chr(65 + RecurringMonth.objects.count() // 26)}{chr(65 + RecurringMonth.objects.count() % 26)}"
    return RecurringMonth.objects.create(month=date(2026, 10, 1), currency=code, counted_at=timezone.now(), **values)


def new_recurring_count() -> RecurringCount:
    """There is one row."""
    plan = {"plan": "Basic", "currency": "USD", "mrr": 499, "people": 1}
    values = {"since": date(2026, 10, 1), "by_plan": [plan], "counted_at": timezone.now()}
    return RecurringCount.objects.update_or_create(pk=1, defaults=values)[0]


def new_batch() -> GiftBatch:
    return GiftBatch.objects.create(name="Fair", plan=new_plan(), days=30, created_by=new_user())


def new_coupon() -> Coupon:
    return Coupon.objects.create(stripe_id=uuid4().hex, name="Summer", percent_off=20)


def new_device() -> VpnConfig:
    """A device with its address and its peer on a server of its own."""
    server = new_server()
    device = VpnConfig.objects.create(user=new_user(), location=server.location, name="Laptop", public_key=new_key())
    assignment = assign_address(device=device, server_id=server.pk)
    assert assignment is not None
    wish_peer(assignment=assignment, public_key=device.public_key, wanted=True)
    return device


def new_counter() -> UsageCounter:
    device = new_device()
    return UsageCounter.objects.create(server=device.peers.get().server, device=device, epoch=1, rx=1, tx=1)


def new_record() -> UsageRecord:
    device = new_device()
    return UsageRecord.objects.create(user=device.user, device=device, record_date=timezone.now().date())


def new_meter() -> QuotaMeter:
    today = timezone.now()
    values = {"period_start": today.date(), "resets_at": today + timedelta(days=30), "quota_bytes": 10**10}
    return QuotaMeter.objects.create(user=new_user(), **values)


def new_incident() -> Incident:
    return Incident.objects.create(title="A cable was cut", impact=Incident.Impact.DOWN)


def new_log_entry() -> LogEntry:
    kind = ContentType.objects.get_for_model(User)
    values = {"object_repr": "Somebody", "change_message": "Changed", "action_flag": CHANGE, "content_type": kind}
    return LogEntry.objects.create(user=new_user(), object_id=str(uuid4()), **values)


def new_act() -> AuditEvent:
    person = new_user()
    values = {"actor_kind": "staff", "actor_id": new_user().pk, "person_id": person.pk, "target_id": str(person.pk)}
    return AuditEvent.objects.create(action="staff_changed", target_type="accounts.user", **values)


def new_email_token() -> EmailToken:
    values = {"purpose": "verify", "token_hash": uuid4().hex, "expires_at": timezone.now()}
    return EmailToken.objects.create(user=new_user(), email="somebody@example.com", **values)


def new_token() -> NodeToken:
    server = new_server()
    issue_enrolment_token(server)
    return server.tokens.get()


def new_key_of_a_message() -> IdempotencyKey:
    ticket = make_ticket(new_user())
    values = {"key": uuid4().hex, "fingerprint": "0" * 64, "message": ticket.messages.get()}
    return IdempotencyKey.objects.create(user=ticket.user, **values)


def new_attachment() -> Attachment:
    return make_attachment(make_ticket(new_user()).messages.get())


def new_referral() -> Referral:
    return Referral.objects.create(referrer=new_user(), referred=new_user())


def new_reward() -> Reward:
    referral, values = new_referral(), {"amount_minor": 500, "currency": "USD", "state": "held", "reasons": ["network"]}
    values |= {"invoice_id": stripe_id("in"), "matures_at": timezone.now(), "number": 1}
    return Reward.objects.create(referral=referral, user=referral.referrer, kind="referrer", **values)


def new_reward_entry() -> RewardEntry:
    reward = new_reward()
    values = {"kind": "pending", "pending_minor": 500, "currency": "USD", "source": f"reward:{reward.pk}:pending"}
    return RewardEntry.objects.create(user=reward.user, reward=reward, **values)


def new_reward_amount() -> RewardAmount:
    code = f"X{chr(65 + RewardAmount.objects.count() // 26)}{chr(65 + RewardAmount.objects.count() % 26)}"
    return RewardAmount.objects.create(currency=code, referrer_minor=500, friend_minor=0, minimum_minor=400)


def new_job() -> ProcrastinateJob:
    queue_mail("welcome", "somebody@example.com", {"name": "Somebody"})
    return ProcrastinateJob.objects.latest("id")


def new_campaign() -> Campaign:
    return Campaign.objects.create(name="A newsletter", slug=f"letter-{uuid4().hex[:10]}")


MAKERS: dict[type[Model], Callable[[], Any]] = {
    User: new_user,
    Session: new_session,
    LoginHistory: lambda: LoginHistory.objects.create(user=new_user(), outcome="success", kind="browser"),
    LogEntry: new_log_entry,
    Mail: lambda: queue_mail("welcome", "somebody@example.com", {"name": "Somebody"}),
    Notification: lambda: Notification.objects.create(user=new_user(), kind="usage", title="80 % of your data is used"),
    MailChoice: lambda: MailChoice.objects.create(user=new_user(), kind="news", wanted=False),
    AuditEvent: new_act,
    TotpSeed: lambda: TotpSeed.objects.create(user=new_user(), seed=b"encrypted"),
    Passkey: lambda: Passkey.objects.create(
        user=new_user(), name="Phone", credential_id=uuid4().bytes, credential=b"public"
    ),
    RecoveryCode: lambda: RecoveryCode.objects.create(user=new_user(), code_hash=uuid4().hex),
    ApiKey: lambda: ApiKey.objects.create(user=new_user(), name="Backups", prefix="nvk_abcd", key_hash=uuid4().hex),
    EmailToken: new_email_token,
    KnownClient: lambda: KnownClient.objects.create(user=new_user(), fingerprint=uuid4().hex),
    DataExport: lambda: DataExport.objects.create(user=new_user()),
    RegistrationPolicy: lambda: RegistrationPolicy.objects.get_or_create(pk=1)[0],
    Invitation: lambda: Invitation.objects.create(code_hash=uuid4().hex, expires_at=timezone.now(), note="A friend"),
    SignupOrigin: lambda: SignupOrigin.objects.create(user=new_user(), network="192.0.2.0/24"),
    AbuseFlag: lambda: AbuseFlag.objects.create(user=new_user(), reason="network", detail="192.0.2.0/24"),
    PeopleDay: lambda: PeopleDay.objects.create(
        day=date(2026, 10, 1) - timedelta(days=PeopleDay.objects.count()), joined=3, erased=1
    ),
    Group: lambda: Group.objects.create(name=uuid4().hex),
    Plan: new_plan,
    PlanGrant: new_grant,
    PlanPrice: new_price,
    StripeCustomer: lambda: make_customer(new_user()),
    Subscription: lambda: make_subscription(new_user()),
    Invoice: new_invoice,
    Payment: new_payment,
    Dispute: lambda: make_dispute(new_payment()),
    CheckoutSession: lambda: CheckoutSession.objects.create(user=new_user(), price=price_of()),
    StripeOrder: lambda: StripeOrder.objects.create(user=new_user(), purpose="cancel", subject=stripe_id("sub")),
    StripeEvent: new_event,
    Effect: lambda: Effect.objects.create(key=uuid4().hex),
    LedgerEntry: new_entry,
    LedgerDay: new_ledger_day,
    RecurringCount: new_recurring_count,
    RecurringMonth: new_recurring_month,
    GiftBatch: new_batch,
    GiftCode: lambda: GiftCode.objects.create(batch=new_batch(), code_hash=uuid4().bytes, code=b"encrypted"),
    Coupon: new_coupon,
    PromotionCode: lambda: PromotionCode.objects.create(coupon=new_coupon(), code=uuid4().hex[:12]),
    ReconcileRun: lambda: ReconcileRun.objects.create(kind=ReconcileRun.Kind.EVENTS),
    Discrepancy: lambda: Discrepancy.objects.create(kind="lost_event", object_id=stripe_id("evt"), user=new_user()),
    Location: lambda: make_location(f"place-{uuid4().hex[:10]}"),
    LocationCost: lambda: LocationCost.objects.create(
        location=make_location(f"place-{uuid4().hex[:10]}"), month=date(2026, 10, 1), currency="USD", amount_minor=4999
    ),
    FavouriteLocation: lambda: FavouriteLocation.objects.create(
        user=new_user(), location=make_location(f"place-{uuid4().hex[:10]}")
    ),
    Server: new_server,
    NodeStatus: lambda: new_server().status,
    NodeNote: lambda: NodeNote.objects.create(server=new_server(), code="foreign_peer_removed"),
    NodeToken: new_token,
    VpnConfig: new_device,
    IpAssignment: lambda: new_device().assignments.get(),
    FreeAddress: lambda: FreeAddress.objects.filter(server=new_device().peers.get().server).first(),
    Peer: lambda: new_device().peers.get(),
    UsageCounter: new_counter,
    UsageRecord: new_record,
    UsageMonth: lambda: UsageMonth.objects.create(user=new_user(), month=timezone.now().date().replace(day=1)),
    QuotaMeter: new_meter,
    NodeTotal: lambda: NodeTotal.objects.create(server=new_server(), interface_epoch="boot:1", rx=1, tx=1),
    NodeHour: lambda: NodeHour.objects.create(server=new_server(), hour=timezone.now()),
    Outage: lambda: Outage.objects.create(server=new_server(), started_at=timezone.now()),
    Watch: lambda: Watch.objects.create(watched_from=timezone.now(), watched_until=timezone.now()),
    Alert: lambda: Alert.objects.create(server=new_server(), kind=Alert.Kind.SILENT),
    Incident: new_incident,
    IncidentUpdate: lambda: IncidentUpdate.objects.create(incident=new_incident(), text="We are looking at it."),
    EmergencyStop: lambda: EmergencyStop.objects.create(scope="server", server=new_server(), reason="A leak"),
    Campaign: new_campaign,
    CampaignDay: lambda: CampaignDay.objects.create(campaign=new_campaign(), day=timezone.now().date(), visits=3),
    CampaignSignup: lambda: CampaignSignup.objects.create(campaign=new_campaign(), user=new_user()),
    Article: lambda: make_article(f"article-{uuid4().hex[:8]}"),
    ArticleCategory: lambda: ArticleCategory.objects.create(slug=f"c-{uuid4().hex[:8]}", name="Connection"),
    ArticleVote: lambda: ArticleVote.objects.create(
        article=make_article(f"article-{uuid4().hex[:8]}"), user=new_user(), helped=True
    ),
    # More than there are kinds and languages: the database knows neither.
    LegalPage: lambda: LegalPage.objects.create(kind=uuid4().hex[:8], body="## What holds"),
    Referral: new_referral,
    ReferralProgramme: lambda: ReferralProgramme.objects.get_or_create(pk=1)[0],
    Reward: new_reward,
    RewardAmount: new_reward_amount,
    RewardEntry: new_reward_entry,
    RewardPayout: lambda: RewardPayout.objects.create(user=new_user(), amount_minor=500, currency="USD"),
    Ticket: lambda: make_ticket(new_user()),
    TicketMessage: lambda: make_ticket(new_user()).messages.get(),
    IdempotencyKey: new_key_of_a_message,
    Attachment: new_attachment,
    AttachmentContent: lambda: new_attachment().content,
    CannedReply: lambda: CannedReply.objects.create(title=uuid4().hex, body="Hello {name}"),
    ServiceLevel: lambda: ServiceLevel.objects.create(
        plan=uuid4().hex, priority="low", answer_minutes=60, resolution_minutes=480
    ),
    Tag: lambda: Tag.objects.create(name=uuid4().hex),
    InboundMail: lambda: InboundMail.objects.create(fingerprint=uuid4().hex, state=InboundMail.State.IGNORED),
    Announcement: lambda: Announcement.objects.create(title="Work at night", body="From **two** on."),
    AnnouncementSeen: lambda: AnnouncementSeen.objects.create(
        announcement=Announcement.objects.create(title="Work at night", body="From two on."), user=new_user()
    ),
    ProcrastinateJob: new_job,
}
