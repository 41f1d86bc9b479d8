from django.urls import re_path

from billing.api.checkout import CheckoutDetailView, CheckoutsView, PortalView
from billing.api.gifts import GiftRedeemView
from billing.api.subscription import (
    ChangeConfirmView,
    ChangeDropView,
    ChangePreviewView,
    InvoicesView,
    SubscriptionDetailView,
    SubscriptionPauseView,
    SubscriptionResumeView,
    SubscriptionUnpauseView,
)
from billing.api.views import PlansView

urlpatterns = [
    re_path(r"^billing/plans/?$", PlansView.as_view(), name="api-plans"),
    re_path(r"^billing/checkout/?$", CheckoutsView.as_view(), name="api-checkouts"),
    # Stripe's own id, as its page brings it back.
    re_path(r"^billing/checkout/(?P<pk>[A-Za-z0-9_-]{1,96})/?$", CheckoutDetailView.as_view(), name="api-checkout"),
    re_path(r"^billing/portal/?$", PortalView.as_view(), name="api-portal"),
    re_path(r"^billing/subscription/?$", SubscriptionDetailView.as_view(), name="api-subscription"),
    re_path(r"^billing/subscription/resume/?$", SubscriptionResumeView.as_view(), name="api-resume"),
    re_path(r"^billing/subscription/pause/?$", SubscriptionPauseView.as_view(), name="api-pause"),
    re_path(r"^billing/subscription/unpause/?$", SubscriptionUnpauseView.as_view(), name="api-unpause"),
    re_path(r"^billing/subscription/preview/?$", ChangePreviewView.as_view(), name="api-change-preview"),
    re_path(r"^billing/subscription/change/?$", ChangeConfirmView.as_view(), name="api-change"),
    re_path(r"^billing/subscription/drop-change/?$", ChangeDropView.as_view(), name="api-change-drop"),
    re_path(r"^billing/invoices/?$", InvoicesView.as_view(), name="api-invoices"),
    re_path(r"^billing/gifts/redeem/?$", GiftRedeemView.as_view(), name="api-gift-redeem"),
]
