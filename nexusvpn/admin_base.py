"""What every model of the admin has: cheap lists, honest saves, actions on one object, panels below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import BadRequest, FieldDoesNotExist, ValidationError
from django.db.models import BinaryField, Expression, GenericIPAddressField, QuerySet, TextField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import nexusvpn.admin_filters  # noqa: F401  (registers the filter of free texts)
from nexusvpn.admin_columns import on_its_day, readable
from nexusvpn.admin_deleting import is_kept
from nexusvpn.admin_empty import HOLDS
from nexusvpn.admin_export import MOST_ROWS, Export, export_list, may_export
from nexusvpn.admin_fields import each_written, plain_field, without, without_help
from nexusvpn.admin_inlines import adding_in_a_sentence
from nexusvpn.admin_lists import CappedPaginator, StaffList
from nexusvpn.admin_menu import NAMES
from nexusvpn.admin_search import search_rows
from nexusvpn.admin_site import Notice
from nexusvpn.admin_stale import StaleFormsAdmin
from nexusvpn.admin_taken import TakenNamesAdmin
from nexusvpn.api.pagination import COUNTED_ROWS
from nexusvpn.audit import is_told, record_act
from nexusvpn.db import refuse_nul
from nexusvpn.errors import Conflict, InvalidInput
from nexusvpn.languages import speaking

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


# What a filter of a list, or a link to one, asks of a column. Others (`year`, `regex`) fail on some values only once the query is run.
LOOKUPS = {"exact", "in", "isnull", "isempty", "gt", "gte", "lt", "lte"}
# What is no address and no list of values is refused by the database alone, with an error; and bytes are secrets.
NOT_FILTERED_BY = (GenericIPAddressField, ArrayField, BinaryField)
# Of these the audit log says that they changed, not what they were: it outlives the account, and names nobody then.
UNTOLD_FIELDS = {"email", "full_name", "password"}


def _told(obj: Any, names: Iterable[str]) -> dict[str, str]:
    # The audit log is in the site's own language, whoever did it.
    with speaking(""):
        return {name: "…" if name in UNTOLD_FIELDS else str(getattr(obj, name)) for name in names}


def _linked(obj: Any, name: str) -> list[str]:
    with speaking(""):
        return sorted(str(row) for row in getattr(obj, name).all())


def person_of(obj: Any) -> Any:
    """The id of the customer whom a row is about, or None."""
    return obj.pk if obj._meta.label == settings.AUTH_USER_MODEL else getattr(obj, "user_id", None)


def _is_offered(model: Any, path: Sequence[str]) -> bool:
    """Whether this is a column, also of another table, with one of LOOKUPS; names that are no column's are a filter's own."""
    for place, name in enumerate(path):
        try:
            field = model._meta.get_field(model._meta.pk.name if name == "pk" else name)
        except FieldDoesNotExist:
            return set(path[1:]) <= LOOKUPS if place == 0 else name in LOOKUPS and place == len(path) - 1
        if not field.is_relation:
            is_plain = not isinstance(field, NOT_FILTERED_BY)
            return set(path[place + 1 :]) <= LOOKUPS and len(path) <= place + 2 and is_plain
        model = field.related_model
    return True


@dataclass(frozen=True, slots=True)
class Column:
    """A column that an app brings to another app's list; the expression is computed for the rows shown only."""

    name: str
    title: StrOrPromise
    expression: Expression | Any


@dataclass(frozen=True, slots=True)
class Panel:
    """A small table below an object: the latest of something, and where all of it is."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    url: str = ""


def _display(column: Column) -> Callable[[Any], Any]:
    @admin.display(description=column.title, ordering=column.name)
    def show(row: Any) -> Any:
        return getattr(row, column.name)

    show.__name__ = column.name
    return show


class StaffModelAdmin(StaleFormsAdmin, TakenNamesAdmin):
    """The base of every model's admin."""

    change_form_template = "admin/staff_change_form.html"
    change_list_template = "admin/staff_change_list.html"
    object_history_template = "admin/staff_history.html"
    # Whether staff can do something with a row here that its history would tell of.
    keeps_history: ClassVar[bool] = True
    # What of the list can be downloaded; None: nothing.
    export: ClassVar[Export | None] = None
    # Facets would count the whole table, once for each choice.
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    panels: ClassVar[list[Callable[[Any], Panel]]] = []
    # What must be known before anything else about an object, above its form.
    banners: ClassVar[list[Callable[[HttpRequest, Any], Iterable[Notice]]]] = []
    extra_columns: ClassVar[list[Column]] = []
    # How lists, pages and filters say the codes of a column, and lists and pages its numbers.
    words: ClassVar[dict[str, Callable[[Any], str]]] = {}
    # Sums of money whose columns' names do not say that they are.
    sums: ClassVar[tuple[str, ...]] = ()
    # Moments that the list shows by their day.
    days: ClassVar[tuple[str, ...]] = ()
    # Fields whose help says how they are typed.
    typed_by_help: ClassVar[tuple[str, ...]] = ()
    # What is done with a row that cannot be deleted.
    instead_of_deleting: ClassVar[StrOrPromise] = ""

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        own = [
            on_its_day(self.model, name) if name in self.days else readable(self.model, name, self.sums, self.words)
            for name in super().get_list_display(request)
        ]
        return [*own, *(_display(column) for column in self.extra_columns)]

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """All that has an order, unless a table says less: Django would ask for the columns anew, and not know what is written out."""
        return self.sortable_by

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        for column in self.extra_columns:
            rows = rows.annotate(**{column.name: column.expression})
        return rows

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        if self.export is None:
            return urls
        view = self.admin_site.admin_view(never_cache(require_safe(self.export_view)))
        return [path("export.csv", view, name=f"{self.opts.app_label}_{self.opts.model_name}_export"), *urls]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return plain_field(super().formfield_for_dbfield(db_field, request, **kwargs))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """How a value is typed is not said of one that can only be read."""
        is_read = obj is not None and not self.has_change_permission(request, obj)
        read = self.typed_by_help if is_read else set(self.typed_by_help) & set(self.get_readonly_fields(request, obj))
        return super().get_form(request, obj, change, **without_help(self.form, read), **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """When a row was made, and what else is known of it alone, is not asked before there is one; who may only look at it sees no
        numbers as a form would take them.
        """
        found = super().get_fieldsets(request, obj)
        if obj is None:
            return without(found, self.get_readonly_fields(request))
        if self.has_change_permission(request, obj):
            return found
        return each_written(found, lambda name: readable(self.model, name, self.sums, self.words))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return StaffList

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        return export_list(self, request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        answer = super().changelist_view(request, {**self._named(), **(extra_context or {})})
        if hasattr(answer, "context_data") and answer.context_data and "cl" in answer.context_data:
            answer.context_data |= self._list_limits(request, answer.context_data["cl"])
        return answer

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """What is in a list has the list's name above its own; Django would make a sentence of the model's."""
        return super().change_view(request, object_id, form_url, {**self._named(), **(extra_context or {})})

    def render_delete_form(self, request: HttpRequest, context: Any) -> Any:
        return super().render_delete_form(request, {**context, "instead": self.instead_of_deleting})

    def _named(self) -> dict[str, Any]:
        return {"title": NAMES[self.opts.object_name]} if self.opts.object_name in NAMES else {}

    def _list_limits(self, request: HttpRequest, changelist: Any) -> dict[str, Any]:
        """How much of the list is counted, how much of it can be taken along, and what it would hold if it were not empty."""
        url = ""
        if may_export(self, request):
            address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_export")
            url = f"{address}?{request.GET.urlencode()}" if request.GET else address
        return {
            "export_url": url,
            "exported_rows": MOST_ROWS,
            "is_capped": changelist.result_count == COUNTED_ROWS,
            "counted_rows": COUNTED_ROWS,
            "holds": HOLDS.get(self.opts.object_name or "", ""),
        }

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        order: Any = self.get_ordering(request) or self.opts.ordering or ("-pk",)
        return search_rows(queryset, self.get_search_fields(request), search_term, order), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """What a table's pages leave out is not filtered by either: who asks for its beginning, letter by letter, finds out all of it."""
        path = lookup.split("__")
        if path[0] in self._left_out() or not _is_offered(self.model, path):
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def _left_out(self) -> set[str]:
        """Columns that are in no list, filter or page of a table whose fields are chosen one by one."""
        if not self.fields:
            return set()
        filters = (choice[0] if isinstance(choice, tuple) else choice for choice in self.list_filter)
        shown = {*self.fields, *self.list_display, *filters, self.opts.pk.name}
        hidden = [field for field in self.opts.concrete_fields if field.name not in shown]
        return {name for field in hidden for name in (field.name, field.attname)}

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """An action on rows that no list has shown is 400; Django would fail on what is no key at all."""
        try:
            for key in request.POST.getlist("_selected_action"):
                self.opts.pk.to_python(refuse_nul(key, "pk"))  # type: ignore[union-attr]
        except (ValidationError, InvalidInput) as error:
            raise BadRequest from error
        return super().response_action(request, *args, **kwargs)

    def get_inline_formsets(self, *args: Any, **kwargs: Any) -> list[Any]:
        inlines = super().get_inline_formsets(*args, **kwargs)
        for inline in inlines:
            inline.inline_formset_data = adding_in_a_sentence(inline)
        return inlines

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A service that finds out only now that somebody was quicker, or that the form came twice, is quoted above the list."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Conflict as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write the changed fields and no others: what no field of the form shows may have moved on since it was opened."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        columns = {field.name for field in obj._meta.concrete_fields}
        changed = [name for name in form.changed_data if name in columns]
        if changed:
            before = _told(type(obj)._base_manager.get(pk=obj.pk), changed)
            # When a row was changed is written by Django itself, into what is saved alone.
            moments = [field.name for field in obj._meta.concrete_fields if getattr(field, "auto_now", False)]
            self.write_changed(obj, [*changed, *moments])
            after = _told(obj, changed)
            obj.audit_details = {name: [before[name], after[name]] for name in changed}

    def write_changed(self, obj: Any, names: Sequence[str]) -> None:
        """Where more follows from a change than the row, its service writes it."""
        obj.save(update_fields=names)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """What a row is linked to (groups, permissions) is told before and after like its own fields."""
        obj = form.instance
        changed = [field.name for field in obj._meta.many_to_many if field.name in form.changed_data]
        before = {name: _linked(obj, name) for name in changed}
        super().save_related(request, form, formsets, change)
        told = {name: [before[name], _linked(obj, name)] for name in changed}
        obj.audit_details = {**getattr(obj, "audit_details", {}), **told}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._tell("staff_added", request, obj)
        with speaking(""):
            return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The object's history says it in words, and forgets them with a person; the audit log says before and after."""
        self._tell("staff_changed", request, obj)
        # How the object is called is kept in the site's own language, whoever did it.
        with speaking(""):
            return super().log_change(request, obj, message)

    @staticmethod
    def _tell(act: str, request: HttpRequest, obj: Any) -> None:
        """Once: of what a service has done and told of nothing is added but what it did not tell."""
        details = getattr(obj, "audit_details", None) or {}
        if details or not is_told(obj):
            record_act(act, actor=request.user, person=person_of(obj), target=obj, details=details)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset:
            details = {name: [value, None] for name, value in self.told_when_deleted(obj).items()}
            record_act("staff_deleted", actor=request.user, person=person_of(obj), target=obj, details=details)
        with speaking(""):
            return super().log_deletions(request, queryset)

    def told_when_deleted(self, obj: Any) -> dict[str, Any]:
        """What staff had written into a row that is gone now; of what is about somebody, and of long texts, the log is no archive."""
        columns = [field for field in obj._meta.concrete_fields if field.editable and not field.primary_key]
        linked = {field.related_model._meta.label for field in columns if field.related_model is not None}
        # A row that may be about somebody holds addresses and digests of theirs even where it names nobody.
        if person_of(obj) is not None or settings.AUTH_USER_MODEL in linked:
            return {}
        told = [field.name for field in columns if not isinstance(field, TextField)]
        return {**_told(obj, told), **{field.name: _linked(obj, field.name) for field in obj._meta.many_to_many}}

    def panels_for(self, request: HttpRequest, obj: Any) -> list[Panel]:
        return [panel(obj) for panel in self.panels]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        context["panels"] = self.panels_for(request, obj) if obj is not None else []
        found = [notices(request, obj) for notices in self.banners] if obj is not None else []
        context["banners"] = [notice for notices in found for notice in notices]
        context["keeps_history"] = self.keeps_history
        # Where deleting would be refused it is not offered; its page still says why, row by row, to whoever comes there.
        if obj is not None and self.has_delete_permission(request, obj) and is_kept(self.admin_site, request, obj):
            context |= {"show_delete": False, "not_deleted": True, "instead": self.instead_of_deleting}
        return super().render_change_form(request, context, *args, **kwargs)


class OnlyRowAdmin(StaffModelAdmin):
    """A table of one row, which its menu entry opens: the page of settings or a job makes it, and nobody adds or deletes one."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The row itself. Before there is one, the list says what holds; and who looks for something gets a list."""
        if request.method == "GET" and not request.GET and self.has_view_or_change_permission(request):
            rows = self.get_queryset(request)[:2]
            if len(rows) == 1:
                address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[rows[0].pk])
                return HttpResponseRedirect(address)
        return super().changelist_view(request, extra_context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        # A row that is called as its table is would say so twice, in its heading and in the title of the page.
        says_more = str(context["subtitle"]).casefold() != str(context["title"]).casefold()
        more = {"is_only_row": True, "subtitle": context["subtitle"] if says_more else None}
        return super().render_change_form(request, {**context, **more}, *args, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return super().history_view(request, object_id, {"is_only_row": True, **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """The navigation of every page asks this; whether the row is there is worth a query on its own pages alone."""
        change, view = self.has_change_permission(request), self.has_view_permission(request)
        return {"add": False, "change": change, "delete": False, "view": view}


class ReadOnlyAdmin(StaffModelAdmin):
    """What is written by services only: to be looked at, with what no form would show."""

    keeps_history = False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        # Bytes say nothing to a reader, and those that are kept are secrets.
        shown = [field.name for field in self.opts.concrete_fields if not isinstance(field, BinaryField)]
        names: Any = self.fields or shown
        return [readable(self.model, name, self.sums, self.words) for name in names]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
