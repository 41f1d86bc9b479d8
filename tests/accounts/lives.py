"""People who have used everything, for tests of what we hold about them."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from djstripe.models import Customer as CustomerCopy
from djstripe.models import Invoice as InvoiceCopy

from accounts.models import (
    AbuseFlag,
    ApiKey,
    DataExport,
    EmailToken,
    Invitation,
    KnownClient,
    LoginHistory,
    MailChoice,
    Notification,
    Passkey,
    RecoveryCode,
    SignupOrigin,
    TotpSeed,
    User,
)
from accounts.services.outbox import queue_mail
from accounts.services.sessions import open_token
from accounts.services.totp import place_of as seed_place
from billing.models import CheckoutSession, GiftBatch, GiftCode, Plan, StripeOrder
from billing.services.grants import grant_plan
from nexusvpn.audit import record_act
from nexusvpn.encryption import encrypt
from referrals.models import Referral
from referrals.services.campaigns import record_sign_up
from referrals.services.decisions import approve_reward
from referrals.services.maturing import mature
from referrals.services.payouts import pay_out
from support.files.checking import CheckedFile
from support.models import Announcement, Ticket
from support.services.announcements import put_away
from support.services.articles import vote_on_article
from support.services.tickets import add_note, merge_tickets, open_ticket, rate_ticket, reply_to_ticket, set_tags
from tests.factories.accounts import make_user
from tests.factories.articles import make_article
from tests.factories.payers import make_payer, pay
from tests.factories.payments import make_dispute, make_subscription, price_of
from tests.factories.referrals import make_programme, promise
from tests.factories.vpn import make_location, make_server, new_key
from tests.referrals.campaigns import make_campaign
from vpn.models import Location, QuotaMeter, Server, UsageMonth, VpnConfig
from vpn.services.devices import add_device, remove_device
from vpn.services.favourites import add_favourite
from vpn.services.quota import settle_meter

NAME = "Dora Unmistakable"
EMAIL = "dora.unmistakable@example.com"


def make_dora(staff: User) -> User:
    """Somebody who has used everything there is, on a server in "ams"."""
    dora = make_user(EMAIL, full_name=NAME, stripe_customer_id="cus_dora")
    record_sign_up(dora, make_campaign().slug)
    _sign_in_with_everything(dora)
    _hear_from_us(dora)
    _use_the_vpn(dora, staff)
    _pay(dora)
    ticket = open_ticket(
        user=dora,
        subject="Dora's subject",
        message="Dora's words, ten of them.",
        files=[CheckedFile("dora's-node.log", "log", b"Dora's unmistakable line.\n")],
        idempotency_key="k1",
    )
    reply_to_ticket(ticket_id=ticket.pk, author=staff, message="Our answer to Dora's words.")
    _ask_again(dora, staff, ticket)
    _read_what_we_write(dora)
    friend = make_user("friend-of-dora@example.com", referred_by=dora)
    Referral.objects.create(referrer=dora, referred=friend)
    dora.referred_by = make_user("brought-dora@example.com")
    dora.save(update_fields=["referred_by"])
    Referral.objects.create(referrer=dora.referred_by, referred=dora)
    _be_rewarded(dora, staff)
    return dora


def _be_rewarded(dora: User, staff: User) -> None:
    """For a friend who paid long ago: staff looked at it, it was earned and went to her invoices. For another it is held."""
    make_programme()
    long_ago = timezone.now() - timedelta(days=40)
    reward = promise(dora, make_user("paying-friend-of-dora@example.com"), long_ago)
    approve_reward(reward_id=reward.pk, by=staff, reason=f"{NAME} wrote to us")
    assert mature(reward.pk)
    assert pay_out(dora.pk)
    promise(dora, make_user("new-friend-of-dora@example.com"))


def _sign_in_with_everything(dora: User) -> None:
    soon = timezone.now() + timedelta(hours=1)
    open_token(user=dora, ip_address="192.0.2.77", user_agent="Dora's browser")
    LoginHistory.objects.create(user=dora, outcome="success", kind="browser", ip_address="192.0.2.77")
    KnownClient.objects.create(user=dora, fingerprint="f" * 64)
    TotpSeed.objects.create(user=dora, seed=encrypt(b"seed", seed_place(dora.pk)), confirmed_at=timezone.now())
    Passkey.objects.create(user=dora, name="Dora's phone", credential_id=b"id", credential=b"public")
    RecoveryCode.objects.create(user=dora, code_hash="c" * 64)
    ApiKey.objects.create(user=dora, name="Dora's script", prefix="nvk_abcd", key_hash="a" * 64, scopes=["read"])
    EmailToken.objects.create(user=dora, purpose="verify", token_hash="e" * 64, email=dora.email, expires_at=soon)
    SignupOrigin.objects.create(user=dora, network="192.0.2.0/24")
    AbuseFlag.objects.create(user=dora, reason="network", detail="192.0.2.0/24")
    Invitation.objects.create(code_hash="i" * 64, email=dora.email, expires_at=soon, used_by=dora)


def _hear_from_us(dora: User) -> None:
    queue_mail("welcome", dora.email, {"name": dora.full_name}, user=dora)
    queue_mail("welcome", dora.email, {"name": dora.full_name})
    Notification.objects.create(user=dora, kind="usage", title="Dora's notification")
    MailChoice.objects.create(user=dora, kind="news", wanted=False)
    DataExport.objects.create(user=dora, state="failed")
    record_act("password_changed", actor=dora, person=dora.pk, target=dora, address="192.0.2.77")


def _ask_again(dora: User, staff: User, ticket: Ticket) -> None:
    """A ticket of a device that is merged into the one before, what staff note of it, and what Dora thinks of the answer."""
    again = open_ticket(
        user=dora,
        subject="Dora asks again",
        message="Dora's words, once more.",
        category="devices",
        device_id=VpnConfig.objects.live().get(user=dora, name="Dora's laptop").pk,
    )
    add_note(ticket_id=again.pk, author=staff, message="Unmistakable note about Dora.")
    set_tags(ticket_id=again.pk, staff=staff, names=["laptop"])
    merge_tickets(source_id=again.pk, target_id=ticket.pk, staff=staff)
    rate_ticket(ticket_id=ticket.pk, user=dora, rating=4, comment="Unmistakable comment.")


def _read_what_we_write(dora: User) -> None:
    announcement = Announcement.objects.create(title="Maintenance", body="On Sunday.", is_published=True)
    put_away(announcement_id=announcement.pk, user=dora)
    vote_on_article(user=dora, article=make_article(), helped=True)


def _use_the_vpn(dora: User, staff: User) -> None:
    location = Location.objects.filter(slug="ams").first() or make_location("ams")
    if not Server.objects.filter(location=location).exists():
        make_server(location)
    values = {"rank": 99, "device_limit": 5, "quota_bytes": 10**10}
    limited = Plan.objects.create(code="limited", name="Limited", **values)
    grant_plan(user=dora, plan=limited, reason="Because Dora asked", granted_by=staff)
    gone = add_device(user=dora, name="Dora's old laptop", location_slug="ams", public_key=new_key())
    remove_device(user=dora, device_id=gone.pk)
    for name in ("Dora's laptop", "Dora's tablet"):
        add_device(user=dora, name=name, location_slug="ams", public_key=new_key())
    UsageMonth.objects.create(user=dora, month=timezone.now().date().replace(day=1), bytes_up=5, bytes_down=7)
    add_favourite(user=dora, location_id=location.pk)
    settle_meter(dora.pk)
    assert VpnConfig.objects.filter(user=dora).count() == 3
    assert QuotaMeter.objects.filter(user=dora).exists()


def _pay(dora: User) -> None:
    customer = make_payer(dora, stripe_id="cus_dora")
    payment = pay(make_subscription(dora))
    make_dispute(payment, status="won")
    page = {"parameters": {"customer_email": dora.email}, "url": "https://checkout.stripe.example/dora"}
    CheckoutSession.objects.create(user=dora, price=price_of(), state="complete", **page)
    StripeOrder.objects.create(user=dora, purpose="pause", subject="sub_1", state="done")
    batch = GiftBatch.objects.create(name="Spring", plan=Plan.objects.get(code="basic"), days=30)
    GiftCode.objects.create(batch=batch, code_hash=b"g" * 32, redeemed_at=timezone.now(), redeemed_by=dora)
    data = {"id": customer.pk, "object": "customer", "email": dora.email, "name": dora.full_name}
    copy = CustomerCopy.objects.create(id=customer.pk, stripe_data=data)
    bill = {
        "id": payment.invoice_id,
        "object": "invoice",
        "customer_email": dora.email,
        "client_secret": "pi_1_secret_2",
    }
    InvoiceCopy.objects.create(id=payment.invoice_id, customer=copy, stripe_data=bill)
