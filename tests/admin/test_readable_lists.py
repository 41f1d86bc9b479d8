"""Lists and pages are read by people: sums with their currency, data in units, words for codes, and filters that fit on a screen."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from accounts import mail_kinds
from accounts.models import AbuseFlag, AuditEvent, DataExport, LoginHistory, Mail, Session, User
from billing.declines import in_short
from billing.disputes import status_in_words
from billing.models import LedgerEntry, Payment, RecurringCount, RecurringMonth, StripeCustomer
from nexusvpn.admin_filters import MOST_LINKS
from nexusvpn.templatetags.staff_lists import labelled
from support.models import Attachment, AttachmentContent
from tests.admin.addresses import change, page
from tests.admin.rows import MAKERS
from tests.admin.rows.accounts import new_session
from tests.admin.rows.billing import new_entry, new_payment, new_recurring_month
from tests.admin.rows.vpn import new_server
from tests.factories.payments import make_dispute
from vpn.models import NodeHour, NodeStatus, NodeTotal, Outage, QuotaMeter, Server, UsageCounter

pytestmark = pytest.mark.django_db


def test_a_sum_has_its_currency_in_the_list_and_on_the_rows_page(staff: Client) -> None:
    entry, month = new_entry(), new_recurring_month()
    RecurringMonth.objects.filter(pk=month.pk).update(currency="EUR", expansion=123456)
    for row in (entry, month):
        assert re.search(r"[$€]\d", page(staff, reverse(f"admin:billing_{row._meta.model_name}_changelist")))
    assert "$4.99" in page(staff, reverse("admin:billing_ledgerentry_change", args=[entry.pk]))
    assert "€1,234.56" in page(staff, reverse("admin:billing_recurringmonth_change", args=[month.pk]))
    assert "minor" not in LedgerEntry._meta.get_field("amount_minor").verbose_name


def test_what_a_link_narrows_is_said_and_taken_back(staff: Client, alice: User) -> None:
    new_entry()
    answer = staff.get(f"{reverse('admin:billing_ledgerentry_changelist')}?user__id__exact={alice.pk}&o=1")
    assert "Nothing matches what you search or filter for." in answer.content.decode()
    whole = staff.get(reverse("admin:billing_ledgerentry_changelist") + answer.context["cl"].clear_all_filters_qs)
    assert whole.context["cl"].result_count == 1
    assert not whole.context["cl"].has_active_filters
    assert "Clear all filters" in answer.content.decode()
    assert "Clear all filters" not in whole.content.decode()


def test_a_sum_without_a_currency_is_not_known(staff: Client) -> None:
    customer = MAKERS[StripeCustomer]()
    StripeCustomer.objects.filter(pk=customer.pk).update(currency="")
    assert "0.00" not in page(staff, reverse("admin:billing_stripecustomer_changelist"))


@pytest.mark.parametrize(("model", "column"), [(NodeHour, "node_rx"), (NodeTotal, "tx"), (QuotaMeter, "used_bytes")])
def test_data_is_written_in_units_and_exactly_on_hover(staff: Client, model: type, column: str) -> None:
    row = MAKERS[model]()
    type(row).objects.filter(pk=row.pk).update(**{column: 1_400_000_000})
    name = row._meta.model_name
    for address in (reverse(f"admin:vpn_{name}_changelist"), reverse(f"admin:vpn_{name}_change", args=[row.pk])):
        assert 'title="1,400,000,000 bytes">1.4\xa0GB<' in page(staff, address)


@pytest.mark.parametrize(
    ("language", "sides"),
    [("en", ("from devices", "to devices")), ("de", ("von Geräten", "an Geräte"))],
)
def test_traffic_of_nodes_is_called_by_its_way(language: str, sides: tuple[str, str]) -> None:
    with override(language):
        for model in (UsageCounter, NodeTotal, NodeHour, NodeStatus):
            for field in model._meta.fields:
                kind = re.search(r"(?:^|_)(rx|tx)(?:_|$)", field.name)
                if kind:
                    assert str(field.verbose_name).startswith(sides[["rx", "tx"].index(kind[1])]), field.name


def test_a_program_is_named_and_what_it_said_of_itself_is_on_hover(staff: Client) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    Session.objects.filter(pk=new_session().pk).update(user_agent=agent)
    assert f'<span title="{agent}">Firefox on Linux</span>' in page(staff, reverse("admin:accounts_session_changelist"))


def test_an_empty_list_says_that_it_is(staff: Client) -> None:
    address = reverse("admin:accounts_dataexport_changelist")
    assert "There is nothing here yet." in page(staff, address)
    for narrowed in ("?q=nobody", "?state__exact=ready"):
        assert "Nothing matches what you search or filter for." in page(staff, address + narrowed)
    MAKERS[DataExport]()
    assert "staff-empty" not in page(staff, address)


def test_few_choices_are_links_and_many_are_one_field(staff: Client) -> None:
    address = reverse("admin:vpn_outage_changelist")
    servers = [new_server() for _ in range(MOST_LINKS)]
    Outage.objects.create(server=servers[0], started_at="2026-10-01T00:00:00Z")
    few = page(staff, address)
    assert f"server__id__exact={servers[0].pk}" in few
    assert '<select name="server__id__exact"' not in few
    new_server()
    many = page(staff, f"{address}?ended_at__isempty=1")
    assert f"server__id__exact={servers[0].pk}" not in many
    assert f'<option value="{servers[0].pk}">' in many
    # What the list is narrowed by already stays.
    form = re.search(r'<form class="staff-picked".*?</form>', many, re.S)
    assert form
    assert '<input type="hidden" name="ended_at__isempty" value="1">' in form[0]
    chosen = page(staff, f"{address}?server__id__exact={servers[0].pk}")
    assert f'<option value="{servers[0].pk}" selected>' in chosen


def test_the_audit_logs_filter_says_actions_in_words(staff: Client) -> None:
    AuditEvent.objects.create(action="account_registered", actor_kind="person")
    found = page(staff, reverse("admin:accounts_auditevent_changelist"))
    assert '<a href="?action=account_registered">Account made</a>' in found


def test_an_act_has_its_code_on_its_page_by_which_all_of_its_kind_are_found(staff: Client) -> None:
    act = AuditEvent.objects.create(action="account_registered", actor_kind="person")
    AuditEvent.objects.create(action="account_leaving", actor_kind="person")
    shown = page(staff, change(act))
    assert '<div class="readonly">Account made</div>' in shown
    assert '<div class="readonly">account_registered</div>' in shown
    found = page(staff, f"{reverse('admin:accounts_auditevent_changelist')}?q=account_registered")
    assert change(act) in found
    assert found.count('class="field-what') == 1


def test_a_list_is_called_the_same_on_the_pages_behind_it(staff: Client) -> None:
    flag = MAKERS[AbuseFlag]()
    pages: tuple[tuple[str, list[object]], ...] = (
        ("changelist", []),
        ("change", [flag.pk]),
        ("history", [flag.pk]),
        ("action", [flag.pk, "clear"]),
    )
    for name, args in pages:
        found = page(staff, reverse(f"admin:accounts_abuseflag_{name}", args=args))
        assert "Sign-ups to look at" in found.split('class="breadcrumbs"')[1].split("</div>")[0], name


def test_what_staff_type_is_a_password_and_nothing_takes_it_away(staff: Client, alice: User) -> None:
    answer = staff.get(reverse("admin:auth_user_password_change", args=[alice.pk]))
    form = answer.context["form"]
    assert list(form.fields) == ["password1", "password2"]
    assert all(field.required for field in form.fields.values())
    text = answer.text.partition('id="content"')[2]
    assert "At least 8 characters" in text
    assert re.findall(r'<input type="submit" value="([^"]*)"', text) == ["Change password"]
    for words in ("password-based", "unset-password", "Your password"):
        assert words not in text


def test_titles_and_what_adds_a_row_begin_with_a_capital_in_german(staff: Client) -> None:
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    found = page(staff, reverse("admin:support_cannedreply_changelist"))
    assert re.search(r'class="addlink">\s*Vorbereitete Antwort hinzufügen', found)
    assert "<h1>Vorbereitete Antwort hinzufügen</h1>" in page(staff, reverse("admin:support_cannedreply_add"))


def test_what_is_said_of_a_node_and_of_an_audience_is_said_in_german(staff: Client) -> None:
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    row = MAKERS[NodeStatus]()
    NodeStatus.objects.filter(pk=row.pk).update(last_report_at=timezone.now() - timedelta(hours=1))
    Server.objects.filter(pk=row.server_id).update(state=Server.State.ONLINE)
    assert "Offline: Knoten schweigt" in page(staff, reverse("admin:vpn_server_changelist"))
    assert "Nichts gewählt: gleich welcher Standort." in page(staff, reverse("admin:support_announcement_add"))


def test_no_note_to_ourselves_is_on_a_page(staff: Client) -> None:
    for name in ("accounts_session_changelist", "support_ticket_changelist", "vpn_server_add"):
        assert "{#" not in page(staff, reverse(f"admin:{name}"))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Needs an answer", "Not made by the card"]),
        ("de", ["Braucht eine Antwort", "Nicht vom Inhaber der Karte"]),
    ],
)
def test_what_a_bank_says_is_said_in_words(staff: Client, language: str, words: list[str]) -> None:
    dispute = make_dispute(new_payment(), status="needs_response", reason="fraudulent")
    for address in (reverse("admin:billing_dispute_changelist"), change(dispute), change(dispute.payment)):
        shown = staff.get(address, headers={"Accept-Language": language}).text
        said = re.sub(r"<[^>]*>", " ", shown)
        for word in words:
            assert word in said, (address, word)
        assert "needs_response" not in said


def test_a_dispute_is_found_by_what_its_state_is_called(staff: Client) -> None:
    dispute = make_dispute(new_payment(), status="warning_closed")
    listed = page(staff, reverse("admin:billing_dispute_changelist"))
    assert re.search(r'href="\?status=warning_closed"[^>]*>\s*Early question, closed', listed)
    assert dispute.pk in page(staff, reverse("admin:billing_dispute_changelist") + "?status=warning_closed")


def test_mails_are_told_apart_by_what_they_are_about(staff: Client) -> None:
    mail = MAKERS[Mail]()
    Mail.objects.filter(pk=mail.pk).update(kind="ticket_answered")
    listed = page(staff, reverse("admin:accounts_mail_changelist"))
    assert re.search(r'href="\?kind=ticket_answered"[^>]*>\s*Ticket answered', listed)
    assert "Ticket answered" in page(staff, change(mail))


def test_every_mail_that_there_is_has_words() -> None:
    folders = {path.name for path in (settings.BASE_DIR / "templates/emails").iterdir() if path.is_dir()}
    assert folders == set(mail_kinds.WORDS)


def test_a_code_that_came_after_the_words_is_shown_with_blanks() -> None:
    assert status_in_words("sent_to_court") == "sent to court"
    assert mail_kinds.kind_in_words("from_later") == "from later"


def test_every_cell_has_its_columns_name_for_where_a_row_is_a_card(staff: Client) -> None:
    MAKERS[User]()
    shown = page(staff, reverse("admin:accounts_user_changelist"))
    body = re.search(r"<tbody>(.*?)</tbody>", shown, re.S)
    assert body
    cells = re.findall(r"<t[hd][^>]*>", body[1])
    assert cells
    assert [cell for cell in cells if "data-label=" not in cell] == []
    assert '<th data-label="Email" class="field-email">' in cells


def test_the_box_that_picks_a_row_is_not_labelled(staff: Client) -> None:
    new_session()
    shown = page(staff, reverse("admin:accounts_session_changelist"))
    assert '<td class="action-checkbox">' in shown
    assert 'data-label="User" class="field-user' in shown


def test_a_columns_name_cannot_leave_its_attribute() -> None:
    heading = {"text": '"><script>', "class_attrib": ' class="column-x"'}
    assert list(labelled(["<td>1</td>"], [heading])) == ['<td data-label="&quot;&gt;&lt;script&gt;">1</td>']


def test_an_address_breaks_at_its_parts_where_a_row_is_a_card() -> None:
    heading = {"text": "User", "class_attrib": ' class="column-user"'}
    cell = '<td title="a@b.cd"><a href="/x?q=a@b.cd">{}</a></td>'
    shown = cell.replace("<td", '<td data-label="User"')
    assert list(labelled([cell.format("a@b.cd")], [heading])) == [shown.format("a<wbr>@b<wbr>.cd")]


def test_rows_are_counted_as_entries_whatever_their_table_is_called(staff: Client) -> None:
    new_session()
    address = reverse("admin:accounts_loginhistory_changelist")
    LoginHistory.objects.all().delete()
    for count in (1, 2):
        MAKERS[LoginHistory]()
        rows = LoginHistory.objects.count()
        assert f"{rows} {'entry' if rows == 1 else 'entries'}" in page(staff, address), count


def test_revenue_by_plan_is_written_out_as_sums(staff: Client) -> None:
    assert "Basic: $4.99" in page(staff, change(MAKERS[RecurringCount]()))


def test_a_file_of_a_ticket_has_its_size_in_units(staff: Client) -> None:
    file = MAKERS[Attachment]()
    Attachment.objects.filter(pk=file.pk).update(size=1_400_000)
    for address in (reverse("admin:support_attachment_changelist"), change(file)):
        assert 'title="1,400,000 bytes">1.4\xa0MB<' in page(staff, address)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "The bank wants it confirmed"), ("de", "Die Bank will eine Bestätigung")]
)
def test_why_a_payment_failed_is_in_words_and_its_code_on_its_own_page(
    staff: Client, language: str, words: str
) -> None:
    payment = new_payment()
    Payment.objects.filter(pk=payment.pk).update(status="failed", failure_code="authentication_required")
    shown = {
        address: staff.get(address, headers={"Accept-Language": language}).text
        for address in (reverse("admin:billing_payment_changelist"), change(payment), change(payment.user))
    }
    for address, text in shown.items():
        assert words in text, address
        assert ("authentication_required" in text) is (address == change(payment)), address


def test_a_code_of_a_bank_that_came_after_the_words_is_shown_with_blanks() -> None:
    assert (in_short("do_not_honor"), in_short("")) == ("do not honor", "")


def test_the_content_of_a_file_is_told_by_its_size_and_kind(staff: Client) -> None:
    content = MAKERS[AttachmentContent]()
    Attachment.objects.filter(pk=content.pk).update(size=1_400_000, kind="log")
    for address in (reverse("admin:support_attachmentcontent_changelist"), change(content)):
        shown = page(staff, address)
        assert 'title="1,400,000 bytes">1.4\xa0MB<' in shown
        assert re.search(r">log<", shown)
