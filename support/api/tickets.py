"""Tickets over the API. A ticket is there for its owner and for staff; for anybody else it does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people import signed_in
from nexusvpn.api.idempotency import IDEMPOTENCY_PARAMETER, idempotency_key
from nexusvpn.api.pagination import CompiledPage, fetch_list, list_request
from nexusvpn.api.schema import LIST_PARAMETERS, listed
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView
from nexusvpn.errors import InvalidInput, NotFound
from nexusvpn.ratelimit import NEW_TICKETS, TICKET_ANSWERS
from support.api.attachments import TAKES_FILES, read_with_files
from support.api.serializers import (
    CloseForm,
    RatingForm,
    ReplyFilesForm,
    ReplyForm,
    TicketFilesForm,
    TicketForm,
    TicketMessageView,
    TicketView,
)
from support.models import Ticket, TicketMessage
from support.services.moving import reopens_until
from support.services.threads import file_values, with_files
from support.services.tickets import close_ticket, open_ticket, rate_ticket, reply_to_ticket
from support.uploads import count_writing

TICKET_COLUMNS = (
    "id",
    "subject",
    "status",
    "priority",
    "category",
    "device_id",
    "device_name",
    "created_at",
    "updated_at",
    "closed_at",
    "merged_into_id",
    "answer_due",
    "rating",
    "rating_comment",
)
MESSAGE_COLUMNS = ("id", "body", "by_staff", "created_at", "files")
STATUS_PARAMETER = OpenApiParameter(
    "status", {"type": "string", "enum": list(Ticket.Status.values)}, description="Only tickets that stand so."
)


def _ticket_row(*values: Any) -> dict[str, Any]:
    row = dict(zip(TICKET_COLUMNS, values, strict=True))
    device_id, device_name = row.pop("device_id"), row.pop("device_name")
    merged_into, answer_due = row.pop("merged_into_id"), row.pop("answer_due")
    return {
        **row,
        "device": {"id": device_id, "name": device_name} if device_id else None,
        "answer_due_at": answer_due,
        "reopens_until": reopens_until(row["closed_at"], merged_into),
        "merged_into": merged_into,
    }


def _my_tickets(**only: str) -> CompiledPage:
    return CompiledPage(lambda owner: Ticket.objects.filter(user_id=owner, **only), TICKET_COLUMNS, _ticket_row)


# By what `?status=` says, which is nothing mostly.
MY_TICKETS = {"": _my_tickets(), **{status: _my_tickets(status=status) for status in Ticket.Status.values}}


def _ticket_view(ticket: Ticket) -> dict[str, Any]:
    return _ticket_row(*(getattr(ticket, name) for name in TICKET_COLUMNS))


def _wanted_status(params: Mapping[str, Any]) -> str:
    status = str(params.get("status", ""))
    if "status" in params and status not in Ticket.Status.values:
        raise InvalidInput(
            fields={"status": [_("Choose one of {names}.").format(names=", ".join(Ticket.Status.values))]}
        )
    return status


def _message_row(*values: Any) -> dict[str, Any]:
    pk, body, by_staff, created_at, files = values
    attachments = file_values(files)
    return {"id": pk, "message": body, "by_staff": by_staff, "created_at": created_at, "attachments": attachments}


class TicketsView(ApiView):
    scope = Scope.SUPPORT
    parser_classes = TAKES_FILES

    @extend_schema(parameters=[*LIST_PARAMETERS, STATUS_PARAMETER], responses={200: listed(TicketView)})
    def get(self, request: Request) -> Response:
        """The caller's own tickets, the one that moved last first; staff find the others in the admin."""
        tickets = MY_TICKETS[_wanted_status(request.query_params)]
        return Response(tickets.fetch_list(signed_in(request).pk, list_request(request.query_params)).as_dict())

    @extend_schema(
        parameters=[IDEMPOTENCY_PARAMETER],
        request={"application/json": TicketForm, "multipart/form-data": TicketFilesForm},
        responses={201: TicketView},
    )
    def post(self, request: Request) -> Response:
        """With files as `multipart/form-data`, 26 MiB at most; without any as JSON."""
        key = idempotency_key(request)
        sent = read_with_files(self, TicketForm, TicketFilesForm)
        count_writing(request._request, signed_in(request), NEW_TICKETS)
        ticket = open_ticket(user=signed_in(request), idempotency_key=key, **sent)
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
        """The thread, the oldest message first. One that was merged is empty: its messages are in the ticket that it says."""
        messages = with_files(TicketMessage.objects.visible_to(signed_in(request)).filter(ticket_id=pk))
        found = fetch_list(messages, list_request(request.query_params), MESSAGE_COLUMNS, _message_row)
        # Who sees a message sees the ticket; one without any is asked for itself.
        if not found.items and not Ticket.objects.visible_to(signed_in(request)).filter(pk=pk).exists():
            raise NotFound
        return Response(found.as_dict())


class TicketReplyView(ApiView):
    scope = Scope.SUPPORT
    parser_classes = TAKES_FILES

    @extend_schema(
        parameters=[IDEMPOTENCY_PARAMETER],
        request={"application/json": ReplyForm, "multipart/form-data": ReplyFilesForm},
        responses={201: TicketMessageView},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Answer, with files as `multipart/form-data`; the customer's opens a closed ticket again until the time that it says."""
        key = idempotency_key(request)
        sent = read_with_files(self, ReplyForm, ReplyFilesForm)
        count_writing(request._request, signed_in(request), TICKET_ANSWERS)
        written = reply_to_ticket(ticket_id=pk, author=signed_in(request), idempotency_key=key, **sent)
        [row] = with_files(TicketMessage.objects.filter(pk=written.pk)).values_list(*MESSAGE_COLUMNS)
        return Response(_message_row(*row), status=201)


class TicketCloseView(ApiView):
    scope = Scope.SUPPORT

    @extend_schema(request=CloseForm, responses={200: TicketView})
    def post(self, request: Request, pk: UUID) -> Response:
        self.read(CloseForm)
        return Response(_ticket_view(close_ticket(ticket_id=pk, closer=signed_in(request))))


class TicketRatingView(ApiView):
    scope = Scope.SUPPORT

    @extend_schema(request=RatingForm, responses={200: TicketView})
    def post(self, request: Request, pk: UUID) -> Response:
        """What its customer thinks of our answer, instead of what they thought before; until 14 days after the closing."""
        rated = rate_ticket(ticket_id=pk, user=signed_in(request), **self.read(RatingForm))
        return Response(_ticket_view(rated))
