"""The list of tickets: views instead of one long table, the facts one decides by, and nothing that counts or sorts all of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from accounts.people import signed_in
from nexusvpn.admin_base import StaffModelAdmin
from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import UNKNOWN, ago
from support.admin.words import STATE_WORDS, due_words, name_of
from support.models import Tag, Ticket
from support.services.inbox import DEFAULT_VIEW, VIEWS, colleagues, search_tickets, view_named, with_facts

# Nobody turns more pages than that: whoever looks for something searches.
MOST_PAGES = 100
# Of more tags or colleagues the rest is found by the address of the list.
MOST_CHOICES = 200
VIEW, ASSIGNEE, TAG = "view", "assignee", "tag"


def chosen_view(request: HttpRequest) -> str:
    """The view that was asked for; a search without one looks everywhere."""
    return request.GET.get(VIEW) or ("all" if request.GET.get(SEARCH_VAR) else DEFAULT_VIEW)


class InboxList(ChangeList):
    """Reads one row more than a page shows, which says whether there is a next page: nothing is counted.

    The page's ids are found first, and the facts of these rows alone then: those of the pages before would be computed too.
    """

    has_next = False
    is_uncounted = True

    def get_results(self, request: HttpRequest) -> None:
        if not 1 <= self.page_num <= MOST_PAGES:
            raise IncorrectLookupParameters
        first = (self.page_num - 1) * self.list_per_page
        found = list(self.queryset.values_list("pk", flat=True)[first : first + self.list_per_page + 1])
        self.has_next = len(found) > self.list_per_page and self.page_num < MOST_PAGES
        rows = with_facts(Ticket.objects.order_by()).in_bulk(found[: self.list_per_page])
        self.result_list = [rows[pk] for pk in found[: self.list_per_page] if pk in rows]
        self.result_count = len(self.result_list)
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.full_result_count = self.result_count
        self.can_show_all = self.multi_page = False

    @property
    def tabs(self) -> list[Any]:
        return [choice for spec in self.filter_specs if isinstance(spec, ViewFilter) for choice in spec.choices(self)]

    @property
    def narrowed_by(self) -> list[str]:
        """What is asked of a view; the view itself narrows nothing, since there is always one."""
        return [name for name in self.get_filters_params() if name != VIEW]

    @property
    def whole_view(self) -> str:
        return self.get_query_string(remove=self.narrowed_by)

    @property
    def narrowings(self) -> list[dict[str, Any]]:
        """What narrows a view, each with its choices and the one that holds."""
        found = [
            (spec.title, list(spec.choices(self))) for spec in self.filter_specs if not isinstance(spec, ViewFilter)
        ]
        return [
            {"title": title, "choices": choices, "chosen": next((each for each in choices if each["selected"]), None)}
            for title, choices in found
        ]

    @property
    def why_empty(self) -> str:
        """What no row here means: of what was narrowed further or paged through, nothing of the view."""
        views = [spec for spec in self.filter_specs if isinstance(spec, ViewFilter)]
        is_whole = self.page_num == 1 and not self.query
        if is_whole and not self.narrowed_by:
            return views[0].chosen.when_empty
        return gettext("Nothing matches what you search or filter for.")

    @property
    def previous_page(self) -> str:
        return self.get_query_string({PAGE_VAR: self.page_num - 1}) if self.page_num > 1 else ""

    @property
    def next_page(self) -> str:
        return self.get_query_string({PAGE_VAR: self.page_num + 1}) if self.has_next else ""


class ViewFilter(admin.SimpleListFilter):
    """The tabs above the list."""

    title = _("view")
    parameter_name = VIEW

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.chosen = view_named(chosen_view(request))
        return [(view.code, view.title) for view in VIEWS.values()]

    def choices(self, changelist: Any) -> Any:
        for code, title in self.lookup_choices:
            address = changelist.get_query_string({VIEW: code})
            yield {"selected": code == self.chosen.code, "query_string": address, "display": title}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return queryset.filter(self.chosen.condition(signed_in(request), timezone.now()))


class AssigneeFilter(admin.SimpleListFilter):
    title = _("assignee")
    parameter_name = ASSIGNEE

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        staff = [(str(pk), email) for pk, email in colleagues().values_list("pk", "email")[:MOST_CHOICES]]
        return [("me", gettext("Me")), ("nobody", gettext("Nobody")), *staff]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        chosen = self.value()
        if chosen is None:
            return queryset
        if chosen == "nobody":
            return queryset.filter(assignee=None)
        known = {value for value, _ in self.lookup_choices}
        assignee = str(signed_in(request).pk) if chosen == "me" else chosen
        return queryset.filter(assignee_id=UUID(assignee)) if chosen in known else queryset.none()


class TagFilter(admin.SimpleListFilter):
    title = _("tag")
    parameter_name = TAG

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in Tag.objects.values_list("name", flat=True)[:MOST_CHOICES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return queryset.filter(tags__name=self.value()) if self.value() else queryset


def chips(names: list[str]) -> SafeString:
    return format_html_join(" ", '<span class="desk-tag">{}</span>', ((name,) for name in names))


class InboxAdmin(StaffModelAdmin):
    """How tickets are listed."""

    change_list_template = "admin/support/ticket/change_list.html"
    list_display = ("title", "customer", "plan", "priority_word", "state", "since", "due", "assigned")
    list_filter = (ViewFilter, "priority", "category", AssigneeFilter, TagFilter)
    search_fields = ("subject", "user__email", "=id")
    search_help_text = _("A ticket's number, a customer's whole address, or the beginnings of words in the subject.")
    # A view has its order; any other would sort the whole table.
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"title": gettext("Tickets"), **(extra_context or {})})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return InboxList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        return with_facts(super().get_queryset(request))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return view_named(chosen_view(request)).order

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Ticket], search_term: str
    ) -> tuple[QuerySet[Ticket], bool]:
        return (search_tickets(queryset, search_term) if search_term else queryset), False

    @admin.display(description=_("subject"))
    def title(self, ticket: Ticket) -> str:
        names = getattr(ticket, "tag_names", [])
        return format_html("{} {}", ticket.subject, chips(names)) if names else ticket.subject

    @admin.display(description=_("customer"))
    def customer(self, ticket: Ticket) -> str:
        return ticket.user.email

    @admin.display(description=_("plan"), empty_value=UNKNOWN)
    def plan(self, ticket: Ticket) -> str | None:
        return getattr(ticket, "plan_name", None)

    @admin.display(description=_("priority"))
    def priority_word(self, ticket: Ticket) -> str:
        is_high = ticket.priority == Ticket.Priority.HIGH
        word = ticket.get_priority_display()
        return format_html('<strong class="desk-warn">{}</strong>', word) if is_high else word

    @admin.display(description=_("state"))
    def state(self, ticket: Ticket) -> str:
        return STATE_WORDS[ticket.status]

    @admin.display(description=_("since"))
    def since(self, ticket: Ticket) -> str:
        """Since when it waits for us, however often its customer has written meanwhile; of others when they last moved."""
        return ago(ticket.clock_since or ticket.updated_at)

    @admin.display(description=_("due"), empty_value=UNKNOWN)
    def due(self, ticket: Ticket) -> str | None:
        words = due_words(ticket.due_at)
        return words and format_html('<span class="desk-{}" title="{}">{}</span>', words.tone, words.exact, words.text)

    @admin.display(description=_("assignee"), empty_value=UNKNOWN)
    def assigned(self, ticket: Ticket) -> str | None:
        return name_of(ticket.assignee) if ticket.assignee else None
