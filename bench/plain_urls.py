"""The product's addresses, and one more for the view of liveness: under its own the web worker serves it by a thread of its own."""

from django.urls import path

from nexusvpn import health
from nexusvpn.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500"]

urlpatterns = [path("api/plain", health.liveness), *urlpatterns]
