"""Actions on one object in the admin: a link to a page that says what will happen, and a POST that does it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from nexusvpn.admin_base import StaffModelAdmin
from nexusvpn.audit import is_told
from nexusvpn.errors import DomainError
from nexusvpn.forms import ServiceForm
from nexusvpn.languages import speaking
from nexusvpn.locks import lock_row
from nexusvpn.staff_history import as_kept

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Before(str):
    """What an action says that finds everything done by the same form, sent before: neither log has it again."""

    __slots__ = ()


# What an action gives back: a sentence for the object's page, or a page of its own.
Outcome = str | HttpResponse
# What will happen: one text for every object, or what a look at this one says.
Question: TypeAlias = "StrOrPromise | Callable[[Any], str]"


@dataclass(frozen=True, slots=True)
class ObjectAction:
    method: str
    label: StrOrPromise
    question: Question
    applies: Callable[[Any], bool]
    danger: bool
    form: type[ServiceForm] | None
    # Beside seeing the object; empty: the permission to change it.
    permission: str
    # What the form begins with for an object.
    initial: Callable[[Any], dict[str, Any]]
    # Where the object's history alone tells of it: what is done and that it was are one transaction.
    is_one_with_history: bool
    # It asks for a job and changes nothing of the object, whose row such a job may hold for as long as it waits for somebody else.
    only_asks: bool
    # Its service knows a form that came before and what it may be done with: nothing is asked before it.
    knows_its_form: bool

    @property
    def slug(self) -> str:
        return self.method.replace("_", "-")

    def question_about(self, obj: Any) -> str:
        return self.question(obj) if callable(self.question) else str(self.question)


def object_action(
    label: StrOrPromise,
    question: Question,
    *,
    applies: Callable[[Any], bool] = lambda obj: True,
    danger: bool = False,
    form: type[ServiceForm] | None = None,
    permission: str = "",
    initial: Callable[[Any], dict[str, Any]] = lambda obj: {},
    is_one_with_history: bool = False,
    only_asks: bool = False,
    knows_its_form: bool = False,
) -> Callable[[Any], Any]:
    """Offer a method `(self, request, obj) -> Outcome` for every object that it `applies` to, when it is asked and when it is done.

    With a `form` it is asked beside the question, and the method gets its cleaned values as keyword arguments. A service that writes
    to the audit log in its own transaction has told of itself there; any other is to be `is_one_with_history`, and not durable.
    """

    def mark(method: Any) -> Any:
        method.object_action = ObjectAction(
            method.__name__,
            label,
            question,
            applies,
            danger,
            form,
            permission,
            initial,
            is_one_with_history,
            only_asks,
            knows_its_form,
        )
        return method

    return mark


def action_log(label: StrOrPromise, form: ServiceForm | None) -> str:
    """What the history keeps: the action, and what was written or chosen with it."""
    told = str | datetime | Decimal
    # What is hidden in the form nobody has written.
    seen = [] if form is None else [form.cleaned_data.get(field.name) for field in form.visible_fields()]
    values = [value for value in seen if isinstance(value, told)]
    written = [f"{value:%Y-%m-%d %H:%M %Z}" if isinstance(value, datetime) else str(value) for value in values if value]
    done = as_kept(label)
    return f"{done}: {', '.join(written)}" if written else done


def subject(obj: Any) -> str:
    """What an action is about, and whose it is where its name does not say that."""
    name, owner = str(obj), str(getattr(obj, "user", None) or "")
    return name if owner in name else f"{name}, {owner}"


class ActionsAdmin(StaffModelAdmin):
    """A model's admin with actions. They need the model's change permission and are written to the object's history."""

    keeps_history = True

    def may_act(self, request: HttpRequest, obj: Any) -> bool:
        codename = get_permission_codename("change", self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")  # type: ignore[union-attr]

    def allows(self, request: HttpRequest, obj: Any, action: ObjectAction) -> bool:
        if not action.permission:
            return self.may_act(request, obj)
        allowed = request.user.has_perm(action.permission)  # type: ignore[union-attr]
        return allowed and self.has_view_permission(request, obj)

    def object_actions(self) -> list[ObjectAction]:
        """In the order in which they are written down, a class's own before those that it inherits."""
        members = [member for base in type(self).__mro__ for member in vars(base).values()]
        found = (getattr(member, "object_action", None) for member in members)
        return [action for action in found if isinstance(action, ObjectAction)]

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_action"
        view = self.admin_site.admin_view(never_cache(self.action_view))
        return [path("<path:object_id>/do/<slug:slug>/", view, name=name), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        offered = [] if obj is None else [action for action in self.object_actions() if action.applies(obj)]
        context["object_actions"] = [
            (action, self._url(obj, action)) for action in offered if self.allows(request, obj, action)
        ]
        return super().render_change_form(request, context, *args, **kwargs)

    def _url(self, obj: Any, action: ObjectAction) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_action", args=[quote(obj.pk), action.slug])

    def change_url(self, obj: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[quote(obj.pk)])

    def action_view(self, request: HttpRequest, object_id: str, slug: str) -> HttpResponse:
        """GET asks, POST does; nothing is changed by a GET."""
        action = next((found for found in self.object_actions() if found.slug == slug), None)
        obj = self.get_object(request, unquote(object_id))
        if action is None or obj is None:
            raise Http404
        if not self.allows(request, obj, action):
            raise PermissionDenied
        if request.method != "POST":
            return self._ask(request, obj, action, action.form(initial=action.initial(obj)) if action.form else None)
        if not action.knows_its_form and not action.applies(obj):
            return self._too_late(request, obj, action)
        form = action.form(request.POST) if action.form else None
        if form is not None and not form.is_valid():
            return self._ask(request, obj, action, form, status=400)
        return self._run(request, obj, action, form)

    def _ask(
        self, request: HttpRequest, obj: Any, action: ObjectAction, form: ServiceForm | None, status: int = 200
    ) -> HttpResponse:
        # What the question says may be known of those alone that the action is offered for.
        if not action.applies(obj):
            messages.error(request, _("This cannot be done with it any more."))
            return HttpResponseRedirect(self.change_url(obj))
        context = self._context(
            request, obj, title=action.label, question=action.question_about(obj), form=form, danger=action.danger
        )
        return TemplateResponse(request, "admin/object_action.html", context, status=status)

    def _too_late(self, request: HttpRequest, obj: Any, action: ObjectAction) -> HttpResponse:
        context = self._context(request, obj, title=action.label, danger=action.danger, is_too_late=True)
        return TemplateResponse(request, "admin/object_action.html", context, status=409)

    def _context(self, request: HttpRequest, obj: Any, **more: Any) -> dict[str, Any]:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": obj,
            "subtitle": subject(obj),
        }
        return {**context, "change_url": self.change_url(obj), **more}

    def _run(self, request: HttpRequest, obj: Any, action: ObjectAction, form: ServiceForm | None) -> HttpResponse:
        try:
            # A kill between what is done and the history of it would leave nobody who did it.
            with transaction.atomic() if action.is_one_with_history else nullcontext():
                if action.is_one_with_history:
                    # The lock closes the race with whoever does the same. Other actions' services look again under locks of their own.
                    if not action.only_asks:
                        lock_row(self.model, obj.pk)
                    obj = self.get_object(request, str(obj.pk))
                    if obj is None:
                        raise Http404
                    if not action.applies(obj):
                        return self._too_late(request, obj, action)
                outcome = self._carried_out(request, obj, action, form)
        except DomainError as error:
            if form is not None and error.fields:
                return self._ask(request, obj, action, form, status=form.add_domain_error(error))
            messages.error(request, error.message)
            return HttpResponseRedirect(self.change_url(obj))
        if isinstance(outcome, HttpResponse):
            return outcome
        messages.success(request, outcome)
        return HttpResponseRedirect(self.change_url(obj))

    def _carried_out(self, request: HttpRequest, obj: Any, action: ObjectAction, form: ServiceForm | None) -> Outcome:
        values = {} if form is None else form.cleaned_data
        outcome: Outcome = getattr(self, action.method)(request, obj, **values)
        if not isinstance(outcome, Before):
            self._write_down(request, obj, action, form)
        return outcome

    def _write_down(self, request: HttpRequest, obj: Any, action: ObjectAction, form: ServiceForm | None) -> None:
        """What staff wrote beside it may name somebody: only the object's history has that. Both logs are in the site's own language."""
        with speaking(""):
            if not is_told(obj):
                obj.audit_details = {"done": str(action.label)}
            self.log_change(request, obj, action_log(action.label, form))
