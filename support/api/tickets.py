"""Tickets over the API. A ticket is there for its owner and for staff; for anybody else it does not exist."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people import signed_in
from nexusvpn.api.idempotency import IDEMPOTENCY_PARAMETER, idempotency_key
from nexusvpn.api.pagination import CompiledPage, fetch_list, list_request
from nexusvpn.api.schema import LIST_PARAMETERS, listed
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView
from nexusvpn.errors import NotFound
from support.api.serializers import CloseForm, ReplyForm, TicketForm, TicketMessageView, TicketView
from support.models import Ticket, TicketMessage
from support.services.tickets import close_ticket, open_ticket, reply_to_ticket

TICKET_COLUMNS = tuple(TicketView().fields)
MESSAGE_COLUMNS = ("id", "body", "by_staff", "created_at")


def _ticket_row(*values: Any) -> dict[str, Any]:
    return dict(zip(TICKET_COLUMNS, values, strict=True))


MY_TICKETS = CompiledPage(lambda owner: Ticket.objects.filter(user_id=owner), TICKET_COLUMNS, _ticket_row)


def _ticket_view(ticket: Ticket) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in TICKET_COLUMNS}


def _message_row(*values: Any) -> dict[str, Any]:
    pk, body, by_staff, created_at = values
    return {"id": pk, "message": body, "by_staff": by_staff, "created_at": created_at}


class TicketsView(ApiView):
    scope = Scope.SUPPORT

    @extend_schema(parameters=LIST_PARAMETERS, responses={200: listed(TicketView)})
    def get(self, request: Request) -> Response:
        """The caller's own tickets, the one that moved last first; staff find the others in the admin."""
        return Response(MY_TICKETS.fetch_list(signed_in(request).pk, list_request(request.query_params)).as_dict())

    @extend_schema(parameters=[IDEMPOTENCY_PARAMETER], request=TicketForm, responses={201: TicketView})
    def post(self, request: Request) -> Response:
        key = idempotency_key(request)
        ticket = open_ticket(user=signed_in(request), idempotency_key=key, **self.read(TicketForm))
        return Response(_ticket_view(ticket), status=201)


class TicketDetailView(ApiView):
    scope = Scope.SUPPORT

    @extend_schema(responses={200: TicketView})
    def get(self, request: Request, pk: UUID) -> Response:
        row = Ticket.objects.visible_to(signed_in(request)).filter(pk=pk).values_list(*TICKET_COLUMNS).first()
        if row is None:
            raise NotFound
        return Response(_ticket_row(*row))


class TicketMessagesView(ApiView):
    scope = Scope.SUPPORT

    @extend_schema(parameters=LIST_PARAMETERS, responses={200: listed(TicketMessageView)})
    def get(self, request: Request, pk: UUID) -> Response:
        """The thread, the oldest message first."""
        messages = TicketMessage.objects.visible_to(signed_in(request)).filter(ticket_id=pk)
        found = fetch_list(messages, list_request(request.query_params), MESSAGE_COLUMNS, _message_row)
        # A ticket is made with its first message, so one without any is one that the caller may not see.
        if not found.items and not messages.exists():
            raise NotFound
        return Response(found.as_dict())


class TicketReplyView(ApiView):
    scope = Scope.SUPPORT

    @extend_schema(parameters=[IDEMPOTENCY_PARAMETER], request=ReplyForm, responses={201: TicketMessageView})
    def post(self, request: Request, pk: UUID) -> Response:
        key = idempotency_key(request)
        written = reply_to_ticket(ticket_id=pk, author=signed_in(request), idempotency_key=key, **self.read(ReplyForm))
        return Response(_message_row(*(getattr(written, name) for name in MESSAGE_COLUMNS)), status=201)


class TicketCloseView(ApiView):
    scope = Scope.SUPPORT

    @extend_schema(request=CloseForm, responses={200: TicketView})
    def post(self, request: Request, pk: UUID) -> Response:
        self.read(CloseForm)
        return Response(_ticket_view(close_ticket(ticket_id=pk, closer=signed_in(request))))
