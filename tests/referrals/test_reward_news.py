"""What the owner of a reward reads among their notifications: that it was earned, and that it was withdrawn after that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Mail, Notification, User
from referrals.models import Reward
from referrals.services.maturing import mature, withdraw_if_undone, withdraw_undone_rewards
from referrals.services.payouts import pay_out_rewards
from referrals.services.rewards import earn
from tests.factories.referrals import earned, promise, subscribed
from tests.referrals.promises import pay_back

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]
EARNED, WITHDRAWN = "Reward earned: $5.00", "Reward withdrawn: $5.00"


def told(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).order_by("created_at").values_list("title", flat=True))


def test_an_earned_reward_is_told_once_and_without_a_mail(alice: User, bob: User) -> None:
    reward = earned(alice, bob)
    assert mature(reward.pk) is False
    line = Notification.objects.get(user=alice)
    assert (line.title, line.text, line.link, line.kind) == (EARNED, "", "/referrals", "billing")
    assert not Mail.objects.exists()


def test_it_is_told_in_the_owners_language(alice: User, bob: User) -> None:
    User.objects.filter(pk=alice.pk).update(language="de")
    earned(alice, bob)
    (title,) = told(alice)
    assert title.startswith("Prämie verdient: ")
    assert "5,00" in title


def test_each_of_the_two_is_told_of_their_own(alice: User, bob: User) -> None:
    earned(alice, bob)
    mature(Reward.objects.get(user=bob).pk)
    assert told(alice) == told(bob) == [EARNED]


def test_what_cannot_be_booked_again_is_not_told_again(alice: User, bob: User) -> None:
    reward = earned(alice, bob)
    with pytest.raises(IntegrityError), transaction.atomic():
        earn(reward)
    assert told(alice) == [EARNED]


@pytest.mark.parametrize("is_spent", [False, True])
def test_one_that_is_withdrawn_later_is_told_once_without_blame(alice: User, bob: User, is_spent: bool) -> None:
    reward = earned(subscribed(alice), bob)
    assert pay_out_rewards() == 1 if is_spent else True
    pay_back(reward.invoice_id)
    withdraw_undone_rewards()
    assert withdraw_if_undone(reward.pk) is False
    assert told(alice) == [EARNED, WITHDRAWN]
    line = Notification.objects.get(title=WITHDRAWN)
    assert (line.link, line.kind) == ("/referrals", "billing")
    assert not {"bob", "refund", "dispute", "friend"} & set(line.text.lower().replace(".", "").split())
    assert not Mail.objects.exists()


def test_nothing_is_told_of_one_that_was_never_earned(alice: User, bob: User) -> None:
    reward = promise(alice, bob, timezone.now() - timedelta(days=40))
    pay_back(reward.invoice_id)
    withdraw_undone_rewards()
    assert Reward.objects.get(pk=reward.pk).state == "cancelled"
    assert told(alice) == []


def test_who_is_gone_is_told_nothing(alice: User, bob: User) -> None:
    reward = earned(alice, bob)
    Notification.objects.all().delete()
    User.objects.filter(pk=alice.pk).update(is_active=False, erased_at=timezone.now())
    pay_back(reward.invoice_id)
    withdraw_undone_rewards()
    assert Reward.objects.get(pk=reward.pk).state == "taken_back"
    assert told(alice) == []
