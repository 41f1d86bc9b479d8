from django.urls import path

from referrals import views

urlpatterns = [
    path("referrals", views.referrals, name="referrals"),
]
