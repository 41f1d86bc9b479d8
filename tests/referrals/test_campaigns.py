"""Whom a campaign brought, and whether they paid: each counted once, and no longer as somebody's than we say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.services.deletion import leave
from accounts.services.erasure import erase_due_accounts
from accounts.services.registration import register_account
from billing.models import Invoice
from billing.signals import payment_succeeded
from referrals import tasks
from referrals.models import CampaignSignup
from referrals.services import campaigns
from referrals.services.campaign_figures import Figures, campaign_days, campaign_figures
from referrals.services.campaigns import record_sign_up, record_visit
from tests.accounts.test_pages_sign_up import FORM
from tests.api_client import ApiClient
from tests.factories.accounts import make_user
from tests.factories.payments import make_dispute, make_invoice, make_payment
from tests.referrals.campaigns import browser, make_campaign

pytestmark = pytest.mark.django_db
GOOD = {"email": "dora@example.com", "password": "a long enough secret"}


def pays(user: User, **fields: object) -> Invoice:
    """An invoice is paid, and told of as the sync tells of it."""
    invoice = make_invoice(user, **fields)  # type: ignore[arg-type]
    make_payment(user, invoice)
    payment_succeeded.send(sender=Invoice, user_id=user.pk, invoice_id=invoice.pk)
    return invoice


def brought(slug: str = "letter", name: str = "dora") -> User:
    user = make_user(f"{name}@example.com")
    record_sign_up(user, slug)
    return user


def figures(campaign: object) -> Figures:
    pk = campaign.pk  # type: ignore[attr-defined]
    return campaign_figures([pk])[pk]


def test_who_came_by_a_link_and_signs_up_later_is_counted_for_the_last_one_followed() -> None:
    make_campaign()
    fair = make_campaign("fair")
    client = browser()
    for address in ("/?c=letter", "/?c=fair", "/status"):
        client.get(address)
    assert client.post("/signup", FORM).status_code == 302
    assert CampaignSignup.objects.get().campaign == fair
    assert figures(fair) == Figures(visits=1, signups=1)


def test_a_program_names_the_campaign_itself(api: ApiClient) -> None:
    letter = make_campaign()
    assert api.post("auth/register", {**GOOD, "campaign": "Letter"}).status == 201
    assert CampaignSignup.objects.get().campaign == letter
    assert CampaignSignup.objects.get().user == User.objects.get()


@pytest.mark.parametrize("slug", ["", "nobodys", "closed", "LETTER' OR 1=1"])
def test_a_campaign_that_is_not_counted_is_no_error(api: ApiClient, slug: str) -> None:
    make_campaign("closed", is_open=False)
    assert api.post("auth/register", {**GOOD, "campaign": slug}).status == 201
    assert (User.objects.count(), CampaignSignup.objects.count()) == (1, 0)


def test_an_address_that_has_an_account_counts_for_no_campaign_and_is_answered_alike(
    api: ApiClient, alice: User
) -> None:
    make_campaign()
    new, known = (
        api.post("auth/register", {**GOOD, "email": email, "campaign": "letter"}, remote_addr=f"192.0.2.{n}")
        for n, email in enumerate((GOOD["email"], alice.email), start=1)
    )
    assert (new.status, set(new.data)) == (known.status, set(known.data))
    assert CampaignSignup.objects.get().user.email == GOOD["email"]  # type: ignore[union-attr]


def test_the_first_paid_invoice_counts_once_however_often_it_is_told() -> None:
    letter = make_campaign()
    dora = brought()
    invoice = pays(dora)
    for _ in range(3):
        payment_succeeded.send(sender=Invoice, user_id=dora.pk, invoice_id=invoice.pk)
    pays(dora)
    assert figures(letter) == Figures(signups=1, paid=1, revenue={"USD": 499})
    assert CampaignSignup.objects.get().invoice_id == invoice.pk


def test_what_costs_nothing_is_no_payment_and_the_next_one_is_the_first() -> None:
    letter = make_campaign()
    dora = brought()
    pays(dora, total_minor=0)
    assert figures(letter).paid == 0
    pays(dora)
    assert figures(letter).paid == 1


def test_who_came_by_no_campaign_counts_for_none(alice: User) -> None:
    letter = make_campaign()
    pays(alice)
    assert figures(letter) == Figures()


def test_a_payment_that_goes_back_counts_no_more_and_shows() -> None:
    letter = make_campaign()
    dora, emil = brought(), brought(name="emil")
    first = pays(dora)
    disputed = pays(emil)
    first.payments.update(refunded_minor=first.total_minor)
    make_dispute(disputed.payments.get())
    assert figures(letter) == Figures(signups=2, paid=0, undone=2)
    ((_, day),) = campaign_days(letter)
    assert (day.paid, day.undone, day.revenue) == (0, 2, {})


def test_who_pays_again_after_that_has_paid() -> None:
    letter = make_campaign()
    dora = brought()
    pays(dora).payments.update(refunded_minor=499)
    pays(dora)
    assert figures(letter) == Figures(signups=1, paid=1, revenue={"USD": 499})


def test_figures_are_told_apart_by_currency_and_by_campaign() -> None:
    letter, fair = make_campaign(), make_campaign("fair")
    record_visit("letter")
    record_visit("letter")
    for name, currency in (("a", "USD"), ("b", "EUR"), ("c", "EUR")):
        pays(brought(name=name), currency=currency, total_minor=500)
    pays(brought("fair", "d"))
    found = campaign_figures([letter.pk, fair.pk])
    assert found[letter.pk] == Figures(visits=2, signups=3, paid=3, revenue={"USD": 500, "EUR": 1000})
    assert (found[letter.pk].signup_rate, found[letter.pk].paid_rate) == (1.5, 1.0)
    assert (found[fair.pk].signup_rate, found[fair.pk].signups) == (None, 1)


def test_a_day_has_its_visits_sign_ups_and_payments() -> None:
    letter = make_campaign()
    now = timezone.now()
    dora = brought()
    CampaignSignup.objects.update(created_at=now - timedelta(days=3))
    pays(dora, at=now - timedelta(days=1))
    record_visit("letter")
    days = {(now.date() - day).days: found for day, found in campaign_days(letter)}
    assert days == {
        0: Figures(visits=1),
        1: Figures(paid=1, revenue={"USD": 499}),
        3: Figures(signups=1),
    }


def aged(days: int) -> None:
    CampaignSignup.objects.update(created_at=timezone.now() - timedelta(days=days))


def test_after_its_time_a_sign_up_is_nobodys_and_counts_on(settings: Settings) -> None:
    settings.CAMPAIGN_SIGNUPS_KEPT_DAYS = 100
    letter = make_campaign()
    stays, back = brought(), brought(name="emil")
    pays(stays)
    pays(back).payments.update(refunded_minor=499)
    brought(name="franz")
    aged(101)
    young = brought(name="greta")
    before = figures(letter)
    for _ in range(2):
        campaigns.forget_who_signed_up()
        assert [row.user for row in CampaignSignup.objects.exclude(user=None)] == [young]
        assert set(CampaignSignup.objects.values_list("invoice_id", flat=True)) == {""}
        after = figures(letter)
        assert (
            (after.signups, after.paid, after.revenue)
            == (before.signups, before.paid, before.revenue)
            == (4, 1, {"USD": 499})
        )


@pytest.mark.django_db(transaction=True)
def test_the_nightly_job_forgets_many_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "BATCH", 2)
    make_campaign()
    for number in range(5):
        brought(name=f"p{number}")
    aged(1000)
    tasks.forget_who_signed_up(0)
    assert not CampaignSignup.objects.exclude(user=None).exists()


def test_who_is_erased_counts_as_nobody_and_their_refund_still_tells() -> None:
    letter = make_campaign()
    dora = brought()
    invoice = pays(dora)
    leave(user=dora)
    User.objects.filter(pk=dora.pk).update(deletion_due_at=timezone.now() - timedelta(seconds=1))
    assert erase_due_accounts() == 1
    assert CampaignSignup.objects.get().user is None
    assert figures(letter).paid == 1
    invoice.payments.update(refunded_minor=499)
    assert (figures(letter).paid, figures(letter).undone) == (0, 1)


def test_a_sign_up_that_fails_is_counted_for_nobody(settings: Settings, alice: User) -> None:
    settings.EMAIL_VERIFICATION = False
    make_campaign()
    with pytest.raises(Exception, match="exists already"):
        register_account(email=alice.email, password=GOOD["password"], campaign="letter")
    assert not CampaignSignup.objects.exists()
