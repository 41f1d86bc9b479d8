from django.urls import path

from support.views import attachments, help, tickets

urlpatterns = [
    path("support", tickets.support, name="support"),
    path("support/<uuid:pk>", tickets.ticket, name="ticket"),
    path("support/<uuid:pk>/reply", tickets.ticket_reply, name="ticket-reply"),
    path("support/<uuid:pk>/close", tickets.ticket_close, name="ticket-close"),
    path("help", help.help_index, name="help"),
    path("help/<slug:slug>", help.help_article, name="help-article"),
    path("help/<slug:slug>/vote", help.help_vote, name="help-vote"),
    path("support/<uuid:pk>/attachments/<uuid:attachment_id>", attachments.attachment, name="ticket-attachment"),
]
