from django.urls import re_path

from referrals.api import referrals

urlpatterns = [
    re_path(r"^referrals/?$", referrals.ReferralsView.as_view(), name="api-referrals"),
    re_path(r"^referrals/summary/?$", referrals.ReferralSummary.as_view(), name="api-referral-summary"),
]
