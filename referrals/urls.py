from django.urls import path

from referrals.views import referrals

urlpatterns = [
    path("referrals", referrals.referrals, name="referrals"),
]
