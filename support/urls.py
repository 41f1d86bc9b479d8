from django.urls import path

from support import views

urlpatterns = [
    path("support", views.support, name="support"),
    path("support/<uuid:pk>", views.ticket, name="ticket"),
    path("support/<uuid:pk>/reply", views.ticket_reply, name="ticket-reply"),
    path("support/<uuid:pk>/close", views.ticket_close, name="ticket-close"),
]
