from django.urls import path

from billing.views import changes, checkout, gifts, overview, plans, portal, subscription

urlpatterns = [
    path("billing", overview.billing, name="billing"),
    path("billing/plans", plans.plans, name="billing-plans"),
    path("billing/checkout", checkout.checkout, name="billing-checkout"),
    path("billing/success", checkout.success, name="billing-success"),
    path("billing/cancelled", checkout.cancelled, name="billing-cancelled"),
    path("billing/change", changes.change, name="billing-change"),
    path("billing/change/drop", changes.change_drop, name="billing-change-drop"),
    path("billing/cancel", subscription.cancel, name="billing-cancel"),
    path("billing/resume", subscription.resume, name="billing-resume"),
    path("billing/pause", subscription.pause, name="billing-pause"),
    path("billing/unpause", subscription.unpause, name="billing-unpause"),
    path("billing/portal", portal.portal, name="billing-portal"),
    path("billing/gift", gifts.gift_redeem, name="billing-gift"),
]
