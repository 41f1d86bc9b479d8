from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from django import forms
from django.core.files import File
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.belongings import belongings_of
from accounts.models import User
from nexusvpn.api.idempotency import KEY_SHAPE
from nexusvpn.errors import DomainError
from nexusvpn.forms import ServiceForm
from support.errors import IdempotencyKeyReused
from support.files.checking import MAX_FILES
from support.files.names import EXTENSIONS, clean_name
from support.models import Ticket
from support.validators import COMMENT_MAX, MESSAGE_MAX, MESSAGE_MIN, RATINGS, SUBJECT_MAX, SUBJECT_MIN

ACCEPTED = ",".join(f".{extension}" for extensions in EXTENSIONS.values() for extension in extensions)
FILES_HELP = format_lazy(
    _("Up to {n} of 5 MB each: PNG, JPEG, WebP, PDF, or text. Images are kept without what your camera noted in them."),
    n=MAX_FILES,
)
RATING_WORDS = (_("Very bad"), _("Bad"), _("So-so"), _("Good"), _("Very good"))


class MessageField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs = {
            "label": _("Message"),
            "min_length": MESSAGE_MIN,
            "max_length": MESSAGE_MAX,
            "widget": forms.Textarea({"rows": 6}),
            **kwargs,
        }
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        # Browsers send a line break as two characters but count it as one against `maxlength`.
        return str(super().to_python(value)).replace("\r\n", "\n")


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, as they were sent: what they are is looked at by `support.services.attachments`."""

    widget = FilesInput({"accept": ACCEPTED})

    def __init__(self) -> None:
        super().__init__(required=False, label=_("Files"), help_text=FILES_HELP)

    def clean(self, data: Any, initial: Any = None) -> list[File[Any]]:
        return [file for file in data or [] if file is not None]


def new_key() -> str:
    return secrets.token_urlsafe(16)


class SentOnceForm(ServiceForm):
    """A form that writes one message, however often the browser sends it."""

    idempotency_key = forms.RegexField(
        f"^{KEY_SHAPE.pattern}$", required=False, initial=new_key, widget=forms.HiddenInput
    )

    def add_domain_error(self, error: DomainError) -> int:
        if isinstance(error, IdempotencyKeyReused):
            # Sent once more, as the error suggests, it is something new.
            sent = {name: self.data[name] for name in self.data}
            self.data = {**sent, "idempotency_key": new_key()}
        return super().add_domain_error(error)

    @property
    def files_to_choose_again(self) -> list[str]:
        """The names of files that came with a form that was refused: a page cannot put them back."""
        sent = self.files.getlist("files") if self.errors and self.files else []
        return [clean_name(file.name or "") for file in sent]


class TicketForm(SentOnceForm):
    subject = forms.CharField(label=_("Subject"), min_length=SUBJECT_MIN, max_length=SUBJECT_MAX)
    category = forms.TypedChoiceField(
        choices=Ticket.Category.choices,
        initial=Ticket.Category.OTHER,
        label=_("What is it about?"),
        required=False,
        empty_value=Ticket.Category.OTHER,
    )
    priority = forms.ChoiceField(label=_("Priority"), choices=Ticket.Priority.choices, initial=Ticket.Priority.MEDIUM)
    device = forms.TypedChoiceField(coerce=UUID, empty_value=None, required=False, label=_("Device"))
    message = MessageField()
    files = FilesField()  # type: ignore[assignment]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        devices = [(str(pk), name) for pk, name in belongings_of(user, "device")]
        if devices:
            self.fields["device"].choices = [("", _("None in particular")), *devices]  # type: ignore[attr-defined]
        else:
            del self.fields["device"]


class ReplyForm(SentOnceForm):
    message = MessageField()


class AnswerForm(ReplyForm):
    """An answer on the pages, with files."""

    message = MessageField(label=_("Your message"))
    files = FilesField()  # type: ignore[assignment]


class RatingForm(ServiceForm):
    rating = forms.TypedChoiceField(
        choices=list(zip(RATINGS, RATING_WORDS, strict=True)),
        coerce=int,
        widget=forms.RadioSelect,
        label=_("How good was our answer?"),
    )
    comment = forms.CharField(
        max_length=COMMENT_MAX, required=False, widget=forms.Textarea({"rows": 3}), label=_("What could be better?")
    )
