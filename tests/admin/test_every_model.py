"""What holds for every model in the admin, found in its registry: a new model is tested by being registered."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Permission
from django.db.models import BinaryField, Model
from django.test import Client
from django.urls import reverse

from accounts.models import User
from nexusvpn.admin_actions import ActionsAdmin
from nexusvpn.admin_base import OnlyRowAdmin
from tests.admin.rows import MAKERS
from tests.queries import recorded_queries

OURS = {"accounts", "billing", "vpn", "referrals", "support"}
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
NEVER_BY_HAND = {
    "vpn.VpnConfig",
    "vpn.IpAssignment",
    "vpn.Peer",
    "vpn.FreeAddress",
    "vpn.UsageCounter",
    "vpn.UsageRecord",
    "vpn.NodeStatus",
    "vpn.NodeToken",
    "vpn.NodeNote",
    "vpn.NodeTotal",
    "vpn.NodeHour",
    "vpn.Outage",
    "vpn.Watch",
    "vpn.Alert",
    "vpn.IncidentUpdate",
    "vpn.EmergencyStop",
    "vpn.QuotaMeter",
    "vpn.FavouriteLocation",
    "vpn.UsageMonth",
    "accounts.LoginHistory",
    "accounts.Session",
    "accounts.Mail",
    "accounts.MailChoice",
    "accounts.PeopleDay",
    "billing.LedgerDay",
    "billing.RecurringCount",
    "billing.RecurringMonth",
    "accounts.Notification",
    "accounts.AuditEvent",
    "accounts.TotpSeed",
    "accounts.Passkey",
    "accounts.RecoveryCode",
    "accounts.ApiKey",
    "accounts.EmailToken",
    "accounts.KnownClient",
    "accounts.DataExport",
    "accounts.Invitation",
    "accounts.SignupOrigin",
    "accounts.AbuseFlag",
    "billing.StripeCustomer",
    "billing.Subscription",
    "billing.Invoice",
    "billing.Payment",
    "billing.Dispute",
    "billing.CheckoutSession",
    "billing.StripeOrder",
    "billing.StripeEvent",
    "billing.Effect",
    "billing.LedgerEntry",
    "billing.GiftCode",
    "billing.ReconcileRun",
    "billing.Discrepancy",
    "referrals.Referral",
    "referrals.CampaignDay",
    "referrals.CampaignSignup",
    "referrals.Reward",
    "referrals.RewardEntry",
    "referrals.RewardPayout",
    "support.Ticket",
    "support.TicketMessage",
    "support.IdempotencyKey",
    "support.Attachment",
    "support.AttachmentContent",
    "support.ArticleVote",
    "support.InboundMail",
    "support.AnnouncementSeen",
    "admin.LogEntry",
    "procrastinate.ProcrastinateJob",
}
# People sign up themselves, and there is one policy and one programme.
NOT_ADDED = {"accounts.User", "accounts.RegistrationPolicy", "referrals.ReferralProgramme"}
every_model = pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def is_of_one_row(model: type[Model]) -> bool:
    return isinstance(admin_of(model), OnlyRowAdmin)


def list_address(model: type[Model]) -> str:
    # The inbox begins with what waits; here every ticket counts. A table of one row opens that row, unless more is asked.
    asked = "?view=all" if model._meta.label == "support.Ticket" else "?o=1" if is_of_one_row(model) else ""
    return address(model, "changelist") + asked


def admin_of(model: type[Model]) -> ModelAdmin:
    return admin.site._registry[model]


def test_every_model_of_ours_is_registered() -> None:
    models = {model for app in OURS for model in apps.get_app_config(app).get_models()}
    assert models <= set(REGISTERED)
    assert set(REGISTERED) - set(MAKERS) <= {apps.get_model("procrastinate", "ProcrastinateEvent")}


@every_model
def test_a_list_costs_the_same_with_1_and_with_20_rows(staff: Client, model: type[Model]) -> None:
    for _ in range(2):
        MAKERS[model]()
    staff.get(list_address(model))  # fills the caches of permissions' content types
    with recorded_queries() as few:
        assert staff.get(list_address(model)).status_code == 200
    for _ in range(18):
        MAKERS[model]()
    with recorded_queries() as many:
        assert staff.get(list_address(model)).status_code == 200
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= 8, "\n".join(many)


@every_model
def test_a_list_can_be_searched(staff: Client, model: type[Model]) -> None:
    MAKERS[model]()
    assert admin_of(model).search_fields
    for wanted in ("somebody", "10.80.0.2", "a' OR 1=1 --", "d7e4f9a8-0000-4000-8000-000000000000", "%"):
        answer = staff.get(list_address(model), {"q": wanted})
        assert answer.status_code == 200, wanted


@every_model
def test_a_superuser_sees_the_list_the_row_and_its_history(staff: Client, model: type[Model]) -> None:
    row = MAKERS[model]()
    assert staff.get(list_address(model)).status_code == 200
    page = staff.get(address(model, "change", row.pk))
    assert page.status_code == 200
    assert not [
        field.name
        for field in model._meta.fields
        if isinstance(field, BinaryField) and f"field-{field.name}" in page.text
    ]
    assert staff.get(address(model, "history", row.pk)).status_code == 200


@every_model
def test_a_history_is_offered_where_staff_can_do_something_that_it_tells_of(staff: Client, model: type[Model]) -> None:
    own = admin_of(model)
    acts = isinstance(own, ActionsAdmin) and bool(own.object_actions())
    # An invitation's tells who made it; everything else that no form writes is done by an action.
    told = acts or model._meta.label not in NEVER_BY_HAND or model._meta.label == "accounts.Invitation"
    page = staff.get(address(model, "change", MAKERS[model]().pk)).text
    assert ("historylink" in page) is told
    assert ('class="object-tools"' in page) is told


@every_model
def test_what_services_write_can_be_neither_made_nor_changed_nor_deleted(staff: Client, model: type[Model]) -> None:
    row = MAKERS[model]()
    by_hand = model._meta.label not in NEVER_BY_HAND
    expected = 200 if by_hand and model._meta.label not in NOT_ADDED else 403
    assert staff.get(address(model, "add")).status_code == expected
    if not by_hand:
        before = model._base_manager.filter(pk=row.pk).values().get()
        assert staff.post(address(model, "change", row.pk), {}).status_code == 403
        assert staff.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert model._base_manager.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("label", ["accounts.User", "billing.Plan", "billing.PlanGrant", "billing.PlanPrice"])
def test_people_plans_prices_and_grants_are_not_deleted(staff: Client, label: str) -> None:
    model = apps.get_model(label)
    row = MAKERS[model]()
    assert staff.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model._base_manager.filter(pk=row.pk).exists()


@every_model
def test_a_customer_gets_no_page(alice: User, model: type[Model]) -> None:
    browser = Client()
    browser.force_login(alice)
    row = MAKERS[model]()
    for page, args in (("changelist", ()), ("add", ()), ("change", (row.pk,)), ("delete", (row.pk,))):
        answer = browser.get(address(model, page, *args), follow=True)
        assert answer.status_code == 403
        assert len(answer.redirect_chain) == 1


@every_model
def test_who_is_not_signed_in_is_sent_to_the_sites_sign_in_and_back(db: None, model: type[Model]) -> None:
    wanted = address(model, "changelist")
    answer = Client().get(wanted, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain[-1] == (f"/login?next={wanted}", 302)


@every_model
def test_staff_without_the_permission_see_nothing(helper_browser: Client, model: type[Model]) -> None:
    row = MAKERS[model]()
    assert helper_browser.get(list_address(model)).status_code == 403
    assert helper_browser.get(address(model, "change", row.pk)).status_code == 403


@every_model
def test_who_may_only_view_sees_no_hash_and_no_secret(helper: User, helper_browser: Client, model: type[Model]) -> None:
    row = MAKERS[model]()
    codename = f"view_{model._meta.model_name}"
    helper.user_permissions.set(Permission.objects.filter(codename=codename))
    pages = helper_browser.get(list_address(model)), helper_browser.get(address(model, "change", row.pk))
    for page in pages:
        assert page.status_code == 200
        text = page.content.decode()
        for name in ("key_hash", "token_hash", "data", "args"):
            value = getattr(row, name, None)
            assert not value or str(value) not in text
        if isinstance(row, User):
            assert row.password not in text
            assert row.password.rsplit("$", 1)[1] not in text


@every_model
def test_nothing_is_deleted_by_the_list(staff: Client, model: type[Model]) -> None:
    row = MAKERS[model]()
    staff.post(list_address(model), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert model._base_manager.filter(pk=row.pk).exists()


def test_no_action_is_hidden_by_something_else_of_its_name() -> None:
    tables = [own for own in admin.site._registry.values() if isinstance(own, ActionsAdmin)]
    offered = [(own, action) for own in tables for action in own.object_actions()]
    hidden = [
        f"{own.opts.label} {action.method}"
        for own, action in offered
        if getattr(getattr(own, action.method), "object_action", None) is not action
    ]
    assert offered
    assert hidden == []
