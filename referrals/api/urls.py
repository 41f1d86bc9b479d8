from django.urls import re_path

from referrals.api import views

urlpatterns = [
    re_path(r"^referrals/?$", views.ReferralsView.as_view(), name="api-referrals"),
    re_path(r"^referrals/summary/?$", views.ReferralSummary.as_view(), name="api-referral-summary"),
]
