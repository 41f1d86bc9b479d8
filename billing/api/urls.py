from django.urls import re_path

from billing.api.views import PlansView

urlpatterns = [
    re_path(r"^billing/plans/?$", PlansView.as_view(), name="api-plans"),
]
