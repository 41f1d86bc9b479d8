from django.urls import re_path

from vpn.node_api.views import CredentialView, EnrolView, ReportView, SnapshotView, StateView

urlpatterns = [
    re_path(r"^enrol/?$", EnrolView.as_view(), name="node-enrol"),
    re_path(r"^state/?$", StateView.as_view(), name="node-state"),
    re_path(r"^snapshot/?$", SnapshotView.as_view(), name="node-snapshot"),
    re_path(r"^credential/?$", CredentialView.as_view(), name="node-credential"),
    re_path(r"^report/?$", ReportView.as_view(), name="node-report"),
]
