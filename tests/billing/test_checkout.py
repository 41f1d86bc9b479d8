"""Buying: a page of Stripe's is opened, paid, left, and looked up. A person has one that is open, and buys once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.errors import EmailUnverified
from accounts.models import AuditEvent, User
from billing.errors import AlreadyPaid, AlreadySubscribed, CurrencyFixed
from billing.gateway.errors import PaymentsUnavailable
from billing.models import CheckoutSession, Plan, PlanPrice, StripeCustomer, StripeOrder, Subscription
from billing.services.checkout import look_up_checkout, open_checkout
from billing.services.checkout_parameters import CHECKOUT
from billing.services.order_requests import USER
from billing.services.orders import KEYS_LIVE
from billing.services.portal import open_portal
from nexusvpn.errors import InvalidInput, NotFound
from tests.billing.buying import DECLINED, buy, charged, pay, store
from tests.billing.shop import Shop
from tests.factories.accounts import make_user
from tests.jobs import run_due_jobs

pytestmark = pytest.mark.django_db
State = CheckoutSession.State
BASIC: dict[str, Any] = {"plan": "basic", "interval": "month"}
PRO: dict[str, Any] = {"plan": "pro", "interval": "month"}


def at_stripe(shop: Shop, page: CheckoutSession) -> Any:
    return shop.api.checkout.sessions.retrieve(str(page.stripe_id))


def test_a_page_is_opened_for_a_plan(shop: Shop, alice: User) -> None:
    page = open_checkout(user=alice, **BASIC)
    alice.refresh_from_db()
    customer = StripeCustomer.objects.get(user=alice)
    assert (page.state, alice.stripe_customer_id) == (State.OPEN, customer.stripe_id)
    assert "4.99 USD" in shop.open(page.url).text
    session = at_stripe(shop, page)
    assert (session.customer, session.allow_promotion_codes) == (customer.stripe_id, True)
    assert session.metadata.to_dict() == {CHECKOUT: str(page.pk), USER: str(alice.pk)}
    act = AuditEvent.objects.get(action="checkout_opened")
    assert (act.person_id, act.details["plan"]) == (alice.pk, "basic")


def test_the_subscription_carries_our_names_and_nobodys_address(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    found = shop.subscription(row.stripe_id)
    assert found.metadata.to_dict() == {CHECKOUT: str(CheckoutSession.objects.get().pk), USER: str(alice.pk)}


@pytest.mark.parametrize(("language", "locale"), [("de", "de"), ("", "auto")])
def test_stripes_pages_are_in_the_persons_language(shop: Shop, alice: User, language: str, locale: str) -> None:
    User.objects.filter(pk=alice.pk).update(language=language)
    alice.refresh_from_db()
    page = open_checkout(user=alice, plan="basic", interval="month")
    assert shop.api.checkout.sessions.retrieve(str(page.stripe_id)).locale == locale
    open_portal(user=alice)
    (portal,) = shop.server.sandbox.store.all("billing_portal.session")
    assert portal["locale"] == locale


def test_the_same_plan_again_is_the_same_page(shop: Shop, alice: User) -> None:
    first = open_checkout(user=alice, **BASIC)
    again = open_checkout(user=alice, **BASIC)
    assert (again.pk, again.url) == (first.pk, first.url)
    assert len(shop.api.checkout.sessions.list().data) == 1
    assert AuditEvent.objects.filter(action="checkout_opened").count() == 1


def test_another_plan_ends_the_former_page_at_stripe_first(shop: Shop, alice: User) -> None:
    first = open_checkout(user=alice, **BASIC)
    second = open_checkout(user=alice, **PRO)
    assert (at_stripe(shop, first).status, at_stripe(shop, second).status) == ("expired", "open")
    assert pay(shop, first) == 410
    first.refresh_from_db()
    assert (first.state, first.url, first.ended_at is None) == (State.EXPIRED, "", False)
    assert pay(shop, second) == 303


def test_a_page_whose_answer_was_lost_is_ended_for_another_plan_too(shop: Shop, alice: User) -> None:
    shop.post("faults", mode="drop", count=1, path="/v1/checkout")
    with pytest.raises(PaymentsUnavailable):
        open_checkout(user=alice, **BASIC)
    open_checkout(user=alice, **PRO)
    assert sorted(str(one.status) for one in shop.api.checkout.sessions.list().data) == ["expired", "open"]


def test_a_page_that_was_paid_is_not_opened_again(shop: Shop, alice: User) -> None:
    for again in (BASIC, PRO):
        user = make_user(f"{again['plan']}@example.com")
        page = open_checkout(user=user, **BASIC)
        assert pay(shop, page) == 303
        with pytest.raises(AlreadyPaid):
            open_checkout(user=user, **again)
        page.refresh_from_db()
        assert page.state == State.COMPLETE
        # Nobody has told us of the subscription yet, and it is found all the same.
        with pytest.raises(AlreadySubscribed):
            open_checkout(user=user, **again)
    assert charged(shop) == [499, 499]


def test_what_was_paid_is_brought_in_after_a_look(shop: Shop, alice: User) -> None:
    page = open_checkout(user=alice, **BASIC)
    assert look_up_checkout(user=alice, session_id=str(page.stripe_id)).state == State.OPEN
    assert pay(shop, page) == 303
    found = look_up_checkout(user=alice, session_id=str(page.stripe_id))
    assert (found.state, found.url) == (State.COMPLETE, "")
    # Without any webhook.
    run_due_jobs("payments")
    assert Subscription.objects.get(user=alice).status == "active"


def test_a_page_of_somebody_else_or_nobody_is_not_found(shop: Shop, alice: User, bob: User) -> None:
    page = open_checkout(user=alice, **BASIC)
    for user, id in ((bob, str(page.stripe_id)), (alice, "cs_test_nothing"), (alice, "")):
        with pytest.raises(NotFound):
            look_up_checkout(user=user, session_id=id)


def test_a_page_that_is_over_makes_room_and_cannot_be_paid(shop: Shop, alice: User) -> None:
    first = open_checkout(user=alice, **BASIC)
    shop.advance(days=1, seconds=1)
    assert pay(shop, first) == 410
    assert look_up_checkout(user=alice, session_id=str(first.stripe_id)).state == State.EXPIRED
    second = open_checkout(user=alice, **BASIC)
    assert second.pk != first.pk
    assert pay(shop, second) == 303
    assert charged(shop) == [499]


def test_a_page_is_paid_once(shop: Shop, alice: User) -> None:
    page = open_checkout(user=alice, **BASIC)
    assert [pay(shop, page), pay(shop, page)] == [303, 303]
    assert charged(shop) == [499]
    assert len(shop.api.subscriptions.list().data) == 1


def test_a_refused_card_leaves_the_page_open(shop: Shop, alice: User) -> None:
    page = open_checkout(user=alice, **BASIC)
    assert pay(shop, page, DECLINED) == 402
    assert open_checkout(user=alice, **BASIC).pk == page.pk
    assert pay(shop, page) == 303


def test_who_has_a_subscription_changes_it(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    with pytest.raises(AlreadySubscribed):
        open_checkout(user=alice, **PRO)
    shop.api.subscriptions.cancel(row.stripe_id)
    store(shop, alice)
    assert open_checkout(user=alice, **PRO).state == State.OPEN


def test_a_subscription_made_by_hand_is_found_before_anything_is_sold(shop: Shop, alice: User) -> None:
    page = open_checkout(user=alice, **BASIC)
    shop.api.checkout.sessions.expire(str(page.stripe_id))
    customer = page.parameters["customer"]
    method = shop.api.payment_methods.attach("pm_card_visa", {"customer": customer})
    shop.api.subscriptions.create(
        {"customer": customer, "items": [{"price": shop.price(300).id}], "default_payment_method": method.id}
    )
    with pytest.raises(AlreadySubscribed):
        open_checkout(user=alice, **BASIC)
    assert not CheckoutSession.objects.filter(state__in=("asked", "open")).exists()


def test_an_unverified_person_cannot_buy(shop: Shop) -> None:
    new = make_user("new@example.com", email_verified_at=None)
    with pytest.raises(EmailUnverified):
        open_checkout(user=new, **BASIC)
    assert not StripeOrder.objects.exists()


def test_a_trial_is_for_who_never_had_a_plan(shop: Shop, alice: User) -> None:
    Plan.objects.filter(code="basic").update(trial_days=7)
    row = buy(shop, alice)
    assert (row.status, charged(shop)) == ("trialing", [])
    shop.api.subscriptions.cancel(row.stripe_id)
    store(shop, alice)
    assert buy(shop, alice).status == "active"
    assert charged(shop) == [499]


def test_a_code_may_come_with_the_request(shop: Shop, alice: User) -> None:
    coupon = shop.api.coupons.create({"percent_off": 20, "duration": "once"})
    shop.api.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "WELCOME"})
    page = open_checkout(user=alice, **BASIC, promotion_code="welcome")
    assert (at_stripe(shop, page).amount_total, at_stripe(shop, page).allow_promotion_codes) == (399, None)
    assert open_checkout(user=alice, **BASIC, promotion_code="WELCOME").pk == page.pk
    # Without it the page is another one, on which a code can be typed.
    assert at_stripe(shop, open_checkout(user=alice, **BASIC)).amount_total == 499


def test_a_code_that_is_unknown_or_not_for_this_is_named(shop: Shop, alice: User) -> None:
    coupon = shop.api.coupons.create({"percent_off": 20, "duration": "once"})
    other = shop.api.customers.create({"email": "other@example.com"})
    shop.api.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "THEIRS", "customer": other.id}
    )
    for code in ("NOPE", "THEIRS", "x" * 500):
        with pytest.raises(InvalidInput) as refused:
            open_checkout(user=alice, **BASIC, promotion_code=code)
        assert list(refused.value.fields) == ["promotion_code"]
    assert open_checkout(user=alice, **BASIC).state == State.OPEN


def test_the_currency_is_that_of_the_first_purchase(shop: Shop, alice: User) -> None:
    row = buy(shop, alice, currency="EUR")
    shop.api.subscriptions.cancel(row.stripe_id)
    store(shop, alice)
    with pytest.raises(CurrencyFixed) as refused:
        open_checkout(user=alice, **BASIC, currency="USD")
    assert "EUR" in refused.value.message
    for currency in (None, "eur"):
        assert open_checkout(user=alice, **BASIC, currency=currency).price.currency == "EUR"


def test_taxes_are_left_to_stripe_where_settings_say_so(shop: Shop, alice: User, settings: Any) -> None:
    settings.STRIPE_AUTOMATIC_TAX = settings.STRIPE_TAX_ID_COLLECTION = True
    session = at_stripe(shop, open_checkout(user=alice, **BASIC))
    assert (session.automatic_tax.enabled, session.tax_id_collection.enabled) == (True, True)


def test_a_customer_who_was_deleted_at_stripe_is_made_anew_once(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    shop.api.customers.delete(row.customer_id)
    Subscription.objects.update(status="canceled")
    pages = [open_checkout(user=alice, **BASIC) for _ in range(2)]
    assert pages[0].pk == pages[1].pk
    now = StripeCustomer.objects.get(user=alice, deleted_at=None)
    assert now.stripe_id != row.customer_id
    alice.refresh_from_db()
    assert alice.stripe_customer_id == now.stripe_id
    assert [one.id for one in shop.api.customers.list().data] == [now.stripe_id]


def test_a_customer_deleted_while_a_page_was_asked_for_is_made_anew(shop: Shop, alice: User) -> None:
    shop.post("faults", mode="500", count=1, path="/v1/checkout")
    with pytest.raises(PaymentsUnavailable):
        open_checkout(user=alice, **BASIC)
    former = StripeCustomer.objects.get(user=alice)
    shop.api.customers.delete(former.stripe_id)
    page = open_checkout(user=alice, **BASIC)
    assert page.parameters["customer"] != former.stripe_id
    assert CheckoutSession.objects.filter(state__in=("asked", "open")).count() == 1


def test_a_price_that_is_gone_at_stripe_is_our_trouble_not_the_buyers(shop: Shop, alice: User) -> None:
    PlanPrice.objects.filter(plan__code="basic", interval="month", currency="USD").update(stripe_price_id="price_gone")
    for _ in range(2):
        with pytest.raises(PaymentsUnavailable):
            open_checkout(user=alice, **BASIC)
    assert StripeCustomer.objects.get(user=alice).deleted_at is None
    assert open_checkout(user=alice, **PRO).state == State.OPEN


def test_a_page_whose_key_stripe_has_forgotten_is_looked_for_first(shop: Shop, alice: User) -> None:
    shop.post("faults", mode="drop", count=1, path="/v1/checkout")
    with pytest.raises(PaymentsUnavailable):
        open_checkout(user=alice, **BASIC)
    CheckoutSession.objects.update(created_at=timezone.now() - KEYS_LIVE - timedelta(minutes=1))
    shop.server.sandbox.keys._known.clear()
    page = open_checkout(user=alice, **BASIC)
    assert [one.id for one in shop.api.checkout.sessions.list().data] == [page.stripe_id]
