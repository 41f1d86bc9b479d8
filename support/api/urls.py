from django.urls import re_path

from nexusvpn.api.routes import UUID_PATTERN
from support.api import views

urlpatterns = [
    re_path(r"^tickets/?$", views.TicketsView.as_view(), name="api-tickets"),
    re_path(rf"^tickets/{UUID_PATTERN}/?$", views.TicketDetailView.as_view(), name="api-ticket"),
    re_path(rf"^tickets/{UUID_PATTERN}/messages/?$", views.TicketMessagesView.as_view(), name="api-ticket-messages"),
    re_path(rf"^tickets/{UUID_PATTERN}/reply/?$", views.TicketReplyView.as_view(), name="api-ticket-reply"),
    re_path(rf"^tickets/{UUID_PATTERN}/close/?$", views.TicketCloseView.as_view(), name="api-ticket-close"),
]
