"""Questions of customers, and where they stand."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Least
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from support.querysets import TicketQuerySet

TAG = r"^[a-z0-9][a-z0-9-]*$"


class Tag(models.Model):
    """A word by which staff find tickets again."""

    name = models.CharField(max_length=40, validators=[RegexValidator(TAG, _("Small letters, digits and hyphens."))])

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name"], name="tag_name_unique")]

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    """A question of a customer, and where it stands: open → answered → open → … → closed → (open again, for a while).

    Its clocks count working time (`support.clock`). That of the first answer runs from the opening to our first message; that of the
    resolution runs while the ticket is open, and stands still while we wait for the customer. `support.services.moving` moves it.
    """

    class Status(models.TextChoices):
        # Waiting for us.
        OPEN = "open", _("Open")
        # Waiting for the customer.
        ANSWERED = "answered", _("Answered")
        CLOSED = "closed", _("Closed")

    class Priority(models.TextChoices):
        LOW = "low", _("Low")
        MEDIUM = "medium", _("Medium")
        HIGH = "high", _("High")

    class Category(models.TextChoices):
        CONNECTION = "connection", _("Connection and speed")
        DEVICES = "devices", _("Devices and set-up")
        PAYMENTS = "payments", _("Payments and plans")
        ACCOUNT = "account", _("Account and security")
        OTHER = "other", _("Something else")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tickets", db_index=False)
    subject = models.CharField(max_length=200)
    priority = models.CharField(max_length=6, choices=Priority.choices, default=Priority.MEDIUM)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    category = models.CharField(max_length=10, choices=Category.choices, default=Category.OTHER)
    # Of which device it is, and what that was called then; the device may be gone.
    device_id = models.UUIDField(null=True, blank=True)
    device_name = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When it last moved: somebody wrote, closed or opened it.
    updated_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    # Who of us works on it.
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="tickets")
    # The ticket that has its messages now.
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="merged", db_index=False
    )
    # What the customer's plan and the priority promised when it was opened, in working minutes; empty: nothing.
    answer_minutes = models.PositiveIntegerField(null=True, blank=True)
    resolution_minutes = models.PositiveIntegerField(null=True, blank=True)
    # Working seconds for which the clocks ran before they last began to run; since when they run, if they do (`support.services.clocks`).
    resolution_used = models.PositiveIntegerField(default=0)
    clock_since = models.DateTimeField(null=True, blank=True)
    # When the clocks that run will have run out.
    answer_due = models.DateTimeField(null=True, blank=True)
    resolution_due = models.DateTimeField(null=True, blank=True)
    due_at = models.GeneratedField(
        expression=Least("answer_due", "resolution_due"), output_field=models.DateTimeField(null=True), db_persist=True
    )
    first_answered_at = models.DateTimeField(null=True, blank=True)
    # Whether the promises were kept; empty: not known yet, or none was made.
    answer_kept = models.BooleanField(null=True, blank=True)
    resolution_kept = models.BooleanField(null=True, blank=True)
    # When the customer was told that it will be closed.
    warned_at = models.DateTimeField(null=True, blank=True)
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    rating_comment = models.CharField(max_length=1000, blank=True)
    rated_at = models.DateTimeField(null=True, blank=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="closed", closed_at__isnull=False)
                | (~models.Q(status="closed") & models.Q(closed_at__isnull=True)),
                name="ticket_closed_has_time",
            ),
            models.CheckConstraint(
                condition=models.Q(rating__isnull=True, rated_at__isnull=True)
                | models.Q(rating__range=(1, 5), rated_at__isnull=False),
                name="ticket_rating_one_to_five",
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | models.Q(status="closed"), name="ticket_merged_is_closed"
            ),
            # A closed ticket has no clock that runs.
            models.CheckConstraint(
                condition=~models.Q(status="closed")
                | models.Q(answer_due__isnull=True, resolution_due__isnull=True, clock_since__isnull=True),
                name="ticket_closed_clocks_stand",
            ),
        ]
        indexes = [
            # "My tickets", the one that moved last first, page by page.
            models.Index(fields=["user", "-updated_at", "id"], name="ticket_user_updated_idx"),
            # Staff's inbox: answered tickets, those first whose customers are silent the longest; closed ones, the latest first.
            models.Index(fields=["status", "updated_at", "id"], name="ticket_status_updated_idx"),
            # Staff's inbox: my own, those first that are due first.
            models.Index(
                fields=["assignee", "due_at", "updated_at", "id"],
                condition=~models.Q(status="closed"),
                name="ticket_assignee_due_idx",
            ),
            # Staff's inbox: nobody's yet, those first that are due first.
            models.Index(
                fields=["due_at", "updated_at", "id"],
                condition=models.Q(assignee__isnull=True, status="open"),
                name="ticket_unassigned_idx",
            ),
            # Staff's inbox: waiting for us, those first that are due first; and of these the overdue ones.
            models.Index(
                fields=["due_at", "updated_at", "id"], condition=models.Q(status="open"), name="ticket_open_due_idx"
            ),
            # SET NULL when a member of staff's account is deleted; of closed tickets too.
            models.Index(fields=["assignee"], condition=models.Q(assignee__isnull=False), name="ticket_assignee_idx"),
            # What was merged into this one.
            models.Index(
                fields=["merged_into"], condition=models.Q(merged_into__isnull=False), name="ticket_merged_idx"
            ),
            # Staff's list of all tickets, the one that moved last first.
            models.Index(fields=["updated_at", "id"], name="ticket_updated_idx"),
            # Staff's search for words of subjects.
            GinIndex(SearchVector("subject", config="simple"), name="ticket_subject_idx"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def priority_words(self) -> str:
        return str(PRIORITY_WORDS[self.Priority(self.priority)])


# For beside the state, where the priority alone would say too little.
PRIORITY_WORDS = {
    Ticket.Priority.LOW: _("Low priority"),
    Ticket.Priority.MEDIUM: _("Medium priority"),
    Ticket.Priority.HIGH: _("High priority"),
}
