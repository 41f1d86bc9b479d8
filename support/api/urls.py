from django.urls import re_path

from nexusvpn.api.routes import INNER_UUID_PATTERN, UUID_PATTERN
from support.api import articles, attachments, tickets

urlpatterns = [
    re_path(r"^help/articles/?$", articles.ArticlesView.as_view(), name="api-articles"),
    re_path(r"^help/articles/suggested/?$", articles.SuggestedArticlesView.as_view(), name="api-articles-suggested"),
    re_path(
        r"^help/articles/(?P<slug>[-a-zA-Z0-9_]{1,80})/?$", articles.ArticleDetailView.as_view(), name="api-article"
    ),
    re_path(r"^tickets/?$", tickets.TicketsView.as_view(), name="api-tickets"),
    re_path(rf"^tickets/{UUID_PATTERN}/?$", tickets.TicketDetailView.as_view(), name="api-ticket"),
    re_path(rf"^tickets/{UUID_PATTERN}/messages/?$", tickets.TicketMessagesView.as_view(), name="api-ticket-messages"),
    re_path(rf"^tickets/{UUID_PATTERN}/reply/?$", tickets.TicketReplyView.as_view(), name="api-ticket-reply"),
    re_path(rf"^tickets/{UUID_PATTERN}/close/?$", tickets.TicketCloseView.as_view(), name="api-ticket-close"),
    re_path(rf"^tickets/{UUID_PATTERN}/rating/?$", tickets.TicketRatingView.as_view(), name="api-ticket-rating"),
    re_path(
        rf"^tickets/{UUID_PATTERN}/attachments/{INNER_UUID_PATTERN}/?$",
        attachments.AttachmentView.as_view(),
        name="api-ticket-attachment",
    ),
]
