"""Mails that come in: what goes into a thread, and what became of everything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from accounts.models import User
from nexusvpn.ratelimit import UPLOADS
from support.inbound.messages import UnreadableMail
from support.models import InboundMail, Ticket
from support.services.inbound import MAILS_AN_HOUR, forget_old_mails, receive_mail
from support.services.tickets import close_ticket, merge_tickets
from support.tokens import Purpose, reply_address, token_for
from tests.factories.support import make_message, make_ticket
from tests.mails import waiting_mails
from tests.support.incoming import ADDRESS, plain_mail, sample

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "It works now, thank you."


@pytest.fixture(autouse=True)
def _taking_mail(settings: Settings) -> None:
    settings.SUPPORT_MAIL_ADDRESS = ADDRESS


@pytest.fixture
def ticket(alice: User) -> Ticket:
    return make_ticket(alice, status="answered")


def latest(ticket: Ticket) -> str:
    return ticket.messages.order_by("-created_at").values_list("body", flat=True)[0]


def received() -> tuple[str, str]:
    return InboundMail.objects.values_list("state", "reason").get()


def assert_nothing_happened(ticket: Ticket, state: str, reason: str) -> None:
    ticket.refresh_from_db()
    assert received() == (state, reason)
    assert ticket.messages.count() == 1
    assert waiting_mails() == []


class TestAnAnswer:
    def test_a_customers_mail_is_a_message_of_theirs_and_the_ticket_waits_for_us(self, ticket: Ticket) -> None:
        taken = receive_mail(sample("gmail_web", reply_address(ticket.pk)))
        message = ticket.messages.latest("created_at")
        assert message.body.startswith("It works now, thank you – the new key was it.")
        assert (message.author, message.by_staff, message.via) == (ticket.user, False, "mail")
        assert taken is not None
        assert (taken.state, taken.message) == ("written", message)
        ticket.refresh_from_db()
        assert ticket.status == "open"
        assert waiting_mails() == []

    def test_a_mail_that_comes_twice_is_written_once(self, ticket: Ticket) -> None:
        raw = plain_mail(reply_address(ticket.pk))
        assert receive_mail(raw) is not None
        assert receive_mail(raw) is None
        assert ticket.messages.count() == 2

    def test_a_strangers_mail_of_the_same_name_does_not_take_its_place(self, ticket: Ticket) -> None:
        address, name = reply_address(ticket.pk), "<known@example.com>"
        receive_mail(plain_mail(ADDRESS, sender="eve@example.com", Message_ID=name))
        receive_mail(plain_mail(address, sender="eve@example.com", Message_ID=name))
        receive_mail(plain_mail(ADDRESS, Message_ID=name))
        assert receive_mail(plain_mail(address, WORDS, Message_ID=name)) is not None
        assert latest(ticket) == WORDS

    def test_a_mail_to_two_tickets_goes_where_its_server_brings_it(self, ticket: Ticket, alice: User) -> None:
        other = make_ticket(alice)
        addresses = [reply_address(one.pk) for one in (ticket, other)]
        raw = plain_mail(", ".join(addresses))
        for _ in range(2):
            receive_mail(raw)
        assert [one.messages.count() for one in (ticket, other)] == [2, 1]
        receive_mail(f"Delivered-To: {addresses[1]}\n".encode() + raw)
        assert [one.messages.count() for one in (ticket, other)] == [2, 2]

    @pytest.mark.parametrize("header", ["To", "Cc", "Delivered_To", "X_Original_To"])
    def test_the_address_may_stand_in_any_header_of_recipients(self, ticket: Ticket, header: str) -> None:
        address = reply_address(ticket.pk).upper()
        receive_mail(plain_mail("friend@example.com", WORDS, **{header: address}))
        assert latest(ticket) == WORDS

    def test_the_senders_address_is_the_same_in_capitals(self, ticket: Ticket) -> None:
        receive_mail(plain_mail(reply_address(ticket.pk), WORDS, sender="Alice <ALICE@Example.com>"))
        assert latest(ticket) == WORDS

    def test_one_word_is_an_answer(self, ticket: Ticket) -> None:
        receive_mail(sample("iphone", reply_address(ticket.pk)))
        assert latest(ticket) == "Yes."

    def test_what_was_closed_a_moment_ago_is_open_again(self, ticket: Ticket, alice: User) -> None:
        close_ticket(ticket_id=ticket.pk, closer=alice)
        receive_mail(plain_mail(reply_address(ticket.pk)))
        ticket.refresh_from_db()
        assert ticket.status == "open"

    def test_what_was_merged_goes_where_its_messages_are(self, ticket: Ticket, alice: User, sam: User) -> None:
        target = make_ticket(alice)
        merge_tickets(source_id=ticket.pk, target_id=target.pk, staff=sam)
        before = target.messages.count()
        receive_mail(plain_mail(reply_address(ticket.pk)))
        assert target.messages.count() == before + 1

    def test_markup_is_text(self, ticket: Ticket) -> None:
        text = "<script>alert(1)</script> and <b>bold</b>"
        receive_mail(plain_mail(reply_address(ticket.pk), text))
        assert latest(ticket) == text


class TestFiles:
    def test_good_ones_are_kept_and_others_named(self, ticket: Ticket) -> None:
        receive_mail(sample("with_files", reply_address(ticket.pk)))
        assert latest(ticket) == "Here is the log.\n\n(Not taken: “all.zip”.)"
        message = ticket.messages.latest("created_at")
        assert [file.name for file in message.attachments.all()] == ["client.log"]

    def test_a_text_that_is_too_long_is_a_file_too(self, ticket: Ticket) -> None:
        receive_mail(plain_mail(reply_address(ticket.pk), "word " * 3_000))
        body = latest(ticket)
        assert len(body) <= 5_000
        assert body.endswith(" …\n\n(The end is in the file “mail.txt”.)")
        (file,) = ticket.messages.latest("created_at").attachments.all()
        assert (file.name, file.size) == ("mail.txt", 14_999)

    def test_a_picture_alone_is_an_answer_and_more_than_five_files_are_not_taken(self, ticket: Ticket) -> None:
        picture = BytesIO()
        Image.effect_noise((80, 80), 50).save(picture, "PNG")
        part = (
            "--B\nContent-Type: image/png\nContent-Disposition: inline; filename=p{}.png\n"
            "Content-Transfer-Encoding: base64\n\n"
        )
        from base64 import encodebytes

        content = encodebytes(picture.getvalue()).decode()
        text = "".join(part.format(number) + content for number in range(7)) + "--B--\n"
        receive_mail(plain_mail(reply_address(ticket.pk), text, Content_Type="multipart/mixed; boundary=B"))
        assert latest(ticket) == "(A mail without text.)\n\n(Not taken: “p5.png”, “p6.png”.)"
        assert ticket.messages.latest("created_at").attachments.count() == 5

    def test_where_there_is_no_room_the_words_come_without_the_files(self, ticket: Ticket, settings: Settings) -> None:
        settings.ATTACHMENTS_MB_PER_PERSON = 0
        receive_mail(sample("with_files", reply_address(ticket.pk)))
        assert latest(ticket) == "Here is the log.\n\n(Not taken: “all.zip”, “client.log”.)"
        assert received() == ("written", "")

    def test_where_nobody_has_to_confirm_an_address_it_is_written_too(self, ticket: Ticket, settings: Settings) -> None:
        settings.EMAIL_VERIFICATION = False
        User.objects.filter(pk=ticket.user_id).update(email_verified_at=None)
        receive_mail(plain_mail(reply_address(ticket.pk)))
        assert received() == ("written", "")

    def test_a_mail_beyond_the_ten_of_an_hour_is_not_looked_at(
        self, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(MAILS_AN_HOUR):
            make_message(ticket, via="mail")
        looked: list[str] = []
        monkeypatch.setattr("support.inbound.messages.read_content", lambda raw: looked.append("body"))
        monkeypatch.setattr("support.services.inbound.check_files", lambda files: looked.append("file"))
        receive_mail(sample("with_files", reply_address(ticket.pk)))
        assert (received(), looked) == (("ignored", "too_many"), [])

    def test_files_count_with_those_of_forms_and_beyond_that_the_words_come_alone(
        self, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("support.services.inbound.UPLOADS", replace(UPLOADS, rate="1/h"))
        address = reply_address(ticket.pk)
        for number, words in enumerate(("(Not taken: “all.zip”.)", "(Not taken: “client.log”, “all.zip”.)")):
            receive_mail(sample("with_files", address).replace(b"<files-1@", f"<files-{number}@".encode()))
            assert latest(ticket) == f"Here is the log.\n\n{words}"


class TestRefused:
    @pytest.mark.parametrize("sender", ["mallory@example.com", "alice@example.com.example.org", ""])
    def test_another_sender_is_refused_and_told_nothing(self, ticket: Ticket, sender: str) -> None:
        receive_mail(plain_mail(reply_address(ticket.pk), sender=sender))
        assert_nothing_happened(ticket, "refused", "other_sender")

    @pytest.mark.parametrize(
        "change", [{"email_verified_at": None}, {"is_active": False}, {"email": "new@example.com"}]
    )
    def test_so_is_who_has_not_verified_is_shut_out_or_has_another_address_now(
        self, ticket: Ticket, change: dict[str, object]
    ) -> None:
        User.objects.filter(pk=ticket.user_id).update(**change)
        receive_mail(plain_mail(reply_address(ticket.pk)))
        assert_nothing_happened(ticket, "refused", "other_sender")

    def test_no_other_address_leads_to_a_ticket(self, ticket: Ticket) -> None:
        other = token_for(Purpose.NO_NEWS, ticket.pk)
        tokens = ["a" * 45, str(ticket.pk).replace("-", ""), other, token_for(Purpose.ANSWER, uuid4())]
        for address in [ADDRESS, *(f"support+{token}@vpn.example.com" for token in tokens)]:
            receive_mail(plain_mail(address))
            assert_nothing_happened(ticket, "refused", "bad_token")
            InboundMail.objects.all().delete()

    def test_a_ticket_that_stays_closed_refuses_with_one_mail(self, ticket: Ticket, settings: Settings) -> None:
        long_ago = timezone.now() - timedelta(days=settings.TICKET_REOPEN_DAYS + 1)
        Ticket.objects.filter(pk=ticket.pk).update(status="closed", closed_at=long_ago)
        raw = plain_mail(reply_address(ticket.pk))
        for _ in range(2):
            receive_mail(raw)
        (mail,) = waiting_mails()
        assert mail.to == "alice@example.com"
        assert "please open a new ticket" in mail.text
        assert received() == ("refused", "ticket_closed")
        assert ticket.messages.count() == 1

    def test_a_mail_without_words_is_refused_with_a_mail(self, ticket: Ticket) -> None:
        receive_mail(plain_mail(reply_address(ticket.pk), "On Friday 27 NexusVPN wrote:\n> Hello\n"))
        (mail,) = waiting_mails()
        assert "We found no text in it." in mail.text
        assert received() == ("refused", "empty")

    def test_its_customer_is_told_three_times_an_hour_at_most(self, ticket: Ticket) -> None:
        for _ in range(5):
            receive_mail(plain_mail(reply_address(ticket.pk), " "))
        assert len(waiting_mails("ticket_mail_refused")) == 3
        assert InboundMail.objects.filter(reason="empty").count() == 5

    def test_what_cannot_be_read_is_noted_and_given_back(self, ticket: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(raw: bytes) -> None:
            raise RecursionError

        monkeypatch.setattr("support.inbound.messages.read_content", fail)
        raw = plain_mail(reply_address(ticket.pk))
        with pytest.raises(UnreadableMail):
            receive_mail(raw)
        assert_nothing_happened(ticket, "refused", "unreadable")
        assert receive_mail(raw) is None

    def test_what_is_no_mail_is_not_noted(self, db: None) -> None:
        with pytest.raises(UnreadableMail):
            receive_mail(b"no mail")
        assert not InboundMail.objects.exists()


class TestIgnored:
    @pytest.mark.parametrize(("name", "reason"), [("vacation", "auto_reply"), ("bounce", "bounce")])
    def test_what_a_program_wrote(self, ticket: Ticket, name: str, reason: str) -> None:
        receive_mail(sample(name, reply_address(ticket.pk)))
        assert_nothing_happened(ticket, "ignored", reason)

    def test_our_own_mails(self, ticket: Ticket, settings: Settings) -> None:
        settings.DEFAULT_FROM_EMAIL = "NexusVPN <hello@vpn.example.com>"
        for sender in ("hello@vpn.example.com", reply_address(ticket.pk)):
            receive_mail(plain_mail(reply_address(ticket.pk), sender=sender))
            assert_nothing_happened(ticket, "ignored", "loop")
            InboundMail.objects.all().delete()

    def test_more_than_ten_in_an_hour_about_one_ticket(self, ticket: Ticket, alice: User) -> None:
        for number in range(MAILS_AN_HOUR + 3):
            receive_mail(plain_mail(reply_address(ticket.pk), f"Mail {number}"))
        states = list(InboundMail.objects.order_by("id").values_list("state", "reason"))
        assert states == [("written", "")] * MAILS_AN_HOUR + [("ignored", "too_many")] * 3
        assert ticket.messages.filter(via="mail").count() == MAILS_AN_HOUR
        other = make_ticket(alice)
        receive_mail(plain_mail(reply_address(other.pk)))
        assert other.messages.count() == 2
        ticket.messages.update(created_at=timezone.now() - timedelta(hours=2))
        receive_mail(plain_mail(reply_address(ticket.pk), "An hour later."))
        assert latest(ticket) == "An hour later."


def test_what_became_of_mails_is_forgotten_after_its_time(ticket: Ticket, settings: Settings) -> None:
    for raw in (plain_mail(ADDRESS), plain_mail(reply_address(ticket.pk))):
        receive_mail(raw)
    message = make_message(ticket)
    old = timezone.now() - timedelta(days=settings.INBOUND_MAILS_KEPT_DAYS, minutes=1)
    InboundMail.objects.filter(state="refused").update(received_at=old)
    assert forget_old_mails() == 1
    assert received() == ("written", "")
    assert ticket.messages.contains(message)
