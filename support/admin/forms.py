"""What staff write and choose about tickets. The rules are the services'; the forms put their refusals where they belong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext

from accounts.models import User
from nexusvpn.forms import ServiceForm
from nexusvpn.languages import lazy as _
from support.admin.words import STATE_WORDS, name_of
from support.forms import FilesField, MessageField, SentOnceForm
from support.models import Tag, Ticket
from support.services.desk import DeskMessage
from support.services.inbox import colleagues, others_of

# Of more other tickets the older ones are merged from their own pages.
MOST_OTHERS = 50


class ColleagueField(forms.ModelChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=User.objects.none(), **{"empty_label": _("Nobody"), "required": False, **kwargs})

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class AssignForm(ServiceForm):
    assignee = ColleagueField(label=_("Assignee"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = colleagues()  # type: ignore[attr-defined]


class PriorityForm(ServiceForm):
    priority = forms.ChoiceField(label=_("Priority"), choices=Ticket.Priority.choices)


class TagsForm(ServiceForm):
    names = forms.CharField(
        required=False,
        max_length=400,
        label=_("Tags"),
        help_text=_("Small letters, digits and hyphens; blanks between them."),
    )

    def clean_names(self) -> list[str]:
        return str(self.cleaned_data["names"]).replace(",", " ").lower().split()


class AddTagForm(ServiceForm):
    tag = forms.SlugField(
        label=_("Tag"),
        max_length=Tag._meta.get_field("name").max_length,
        help_text=_("Small letters, digits and hyphens."),
    )

    def clean_tag(self) -> str:
        return str(self.cleaned_data["tag"]).lower()


class MergeForm(ServiceForm):
    target = forms.ChoiceField(widget=forms.RadioSelect, label=_("Into which of the customer's tickets"))

    def __init__(self, *args: Any, source: Ticket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(each.pk), self._named(each)) for each in others_of(source)[:MOST_OTHERS]]
        self.fields["target"].choices = choices  # type: ignore[attr-defined]

    @staticmethod
    def _named(ticket: Ticket) -> str:
        state = str(STATE_WORDS[ticket.status])
        return gettext("%(subject)s (%(state)s, opened %(created_at)s)") % {
            "subject": ticket.subject,
            # Nouns behind the first word keep their capital in German.
            "state": state[:1].lower() + state[1:],
            "created_at": date_format(ticket.created_at, "DATE_FORMAT"),
        }


class AnswerForm(SentOnceForm):
    """An answer or a note. `seen` is the last message that was on the page when it was written."""

    message = MessageField(widget=forms.Textarea({"rows": 9, "data-canned-into": ""}))
    # What Django calls `files` is what a browser sent with the whole form.
    files = FilesField()  # type: ignore[assignment]
    seen = forms.UUIDField(required=False)
    # What was written meanwhile, when the answer is shown again because of it.
    news: frozenset[UUID] = frozenset()

    def show_news(self, news: Iterable[DeskMessage]) -> None:
        """Mark what is new. Sent once more, it has been seen."""
        self.news = frozenset(each.written.pk for each in news)
