from django.urls import path

from support.views import announcements, attachments, help, legal, threads, tickets

urlpatterns = [
    path("support", tickets.support, name="support"),
    path("support/suggestions", tickets.suggestions, name="support-suggestions"),
    path("support/<uuid:pk>", threads.ticket, name="ticket"),
    path("support/<uuid:pk>/news", threads.ticket_news, name="ticket-news"),
    path("support/<uuid:pk>/reply", threads.ticket_reply, name="ticket-reply"),
    path("support/<uuid:pk>/close", threads.ticket_close, name="ticket-close"),
    path("support/<uuid:pk>/rate", threads.ticket_rate, name="ticket-rate"),
    path("support/<uuid:pk>/attachments/<uuid:attachment_id>", attachments.attachment, name="ticket-attachment"),
    path("help", help.help_index, name="help"),
    path("help/<slug:slug>", help.help_article, name="help-article"),
    path("help/<slug:slug>/vote", help.help_vote, name="help-vote"),
    path("legal/<slug:kind>", legal.legal, name="legal"),
    path("announcements", announcements.announcements, name="announcements"),
    path("announcements/<uuid:pk>/put-away", announcements.announcement_put_away, name="announcement-put-away"),
    path("unsubscribe/<str:token>", announcements.no_news, name="unsubscribe"),
]
