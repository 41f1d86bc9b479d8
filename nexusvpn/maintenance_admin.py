"""Maintenance mode on the admin's page of settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from nexusvpn.admin_settings import Section
from nexusvpn.errors import DomainError
from nexusvpn.forms import MomentField, ServiceForm
from nexusvpn.languages import lazy as _
from nexusvpn.models import SiteState
from nexusvpn.site_state import set_maintenance


class MaintenanceForm(ServiceForm):
    on = forms.BooleanField(
        label=_("Maintenance mode"),
        required=False,
        help_text=_("On: customers see that we are at work, and the API answers 503. Staff and nodes are let in."),
    )
    note = forms.CharField(
        label=_("What customers read"),
        max_length=300,
        required=False,
        help_text=_("One or two sentences; empty: our own words."),
    )
    until = MomentField(
        label=_("Expected end"),
        required=False,
        help_text=_("In UTC. Shown to customers. The mode does not end by itself."),
    )


def _form(request: HttpRequest, data: Any) -> MaintenanceForm:
    state = SiteState.objects.first() or SiteState()
    initial = {"on": state.maintenance, "note": state.maintenance_note, "until": state.maintenance_until}
    return MaintenanceForm(data, initial=initial)


def _save(request: HttpRequest, form: MaintenanceForm) -> None:
    values = form.cleaned_data
    try:
        set_maintenance(on=values["on"], note=values["note"], until=values["until"], staff=request.user)
    except DomainError as error:
        form.add_domain_error(error)


admin.site.sections.append(  # type: ignore[attr-defined]
    Section(
        slug="maintenance",
        title=_("Maintenance"),
        note=_("Tunnels, nodes and the payment provider's messages go on meanwhile."),
        see="nexusvpn.view_sitestate",
        change="nexusvpn.change_sitestate",
        form=_form,
        save=_save,
        model=SiteState,
    )
)
