"""Following a subscription through time: who is written to when, and that its end is noticed although nobody tells of it.

Everything is a function of the stored state and the time, done once by key; so it may be asked for by every sync and at every look.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.declines import in_words
from billing.deferred import look_later
from billing.entitlements import Entitlement, entitlement_for
from billing.models import Effect, Payment, Subscription
from billing.services.derived import missing_invoices
from billing.services.effects import once
from billing.services.letters import may_hear, write_to
from billing.services.pauses import go_on_after_pause
from billing.services.withholding import follow_withheld
from billing.signals import entitlement_changed
from billing.standing import Reason, Standing, State, due_since, dunning_steps, next_look, standing, trial_reminder
from billing.states import state_of
from nexusvpn.one_by_one import one_by_one

# A look that is due within so long gets a job for its very second; the others wait for the query of some later minute.
SOON = timedelta(seconds=90)
AT_ONCE = 1000


def follow(subscription: Subscription) -> None:
    """Tell its owner what is to be told by now, each thing once, and see to it that it is looked at in time.

    Called in the transaction of whatever has just stored the subscription.
    """
    now = timezone.now()
    state = state_of(subscription)
    stands = standing(state, now)
    if stands.reason is Reason.GRACE:
        _remind(subscription, state, stands, now)
    elif stands.reason is Reason.UNPAID:
        _tell_suspended(subscription, state)
    elif stands.reason in (Reason.REFUNDED, Reason.DISPUTED):
        follow_withheld(subscription)
    elif stands.holds:
        _tell_restored(subscription)
        _tell_of_trials_end(subscription, state, now)
    if stands.reason in (Reason.SUBSCRIPTION, Reason.LAPSED):
        go_on_after_pause(subscription)
    if subscription.look_at is not None and subscription.look_at <= now + SOON:
        look_later(subscription.pk, subscription.look_at)


def look(subscription_id: str) -> bool:
    """Follow a subscription whose time has come, and have its owner's devices settled. Returns whether it had; may be repeated."""
    now = timezone.now()
    # Claimed by the conditional update, which also waits for a sync that is just writing the row.
    with transaction.atomic(durable=True):
        due = Subscription.objects.filter(pk=subscription_id, look_at__lte=now)
        if not due.update(look_at=None):
            return False
        subscription = Subscription.objects.select_related("user", "price__plan").get(pk=subscription_id)
        subscription.look_at = next_look(state_of(subscription), now)
        subscription.save(update_fields=["look_at"])
        follow(subscription)
        entitlement_changed.send(sender=Subscription, user_id=subscription.user_id)
    return True


def look_at_all_due() -> int:
    """What a job at its own second should have done and did not; returns how many. For what is due within a minute jobs are asked for."""
    now = timezone.now()
    waiting = Subscription.objects.filter(look_at__lte=now + SOON).order_by("look_at")
    due = []
    for subscription_id, at in waiting.values_list("pk", "look_at")[:AT_ONCE]:
        if at is not None and at > now:
            look_later(subscription_id, at)
        else:
            due.append(subscription_id)
    return len(one_by_one(look, due))


def _remind(subscription: Subscription, state: State, stands: Standing, now: datetime) -> None:
    """Of several steps that have come since the last look only the last one is written about."""
    since = due_since(state).date()
    came = [(number, at) for number, at in dunning_steps(state) if at <= now]
    is_new = [once(f"dunning:{subscription.pk}:{since}:{number}") for number, _ in came]
    if not came or not is_new[-1] or stands.until is None or not may_hear(subscription.user, came[-1][1]):
        return
    after = _what_stops(subscription, stands.until)
    until = stands.until
    mail = "payment_failed" if len(came) == 1 else "payment_reminder"

    def title() -> str:
        if not after:
            return _("Payment failed")
        text = _("Payment failed; your devices keep working until %(day)s")
        return text % {"day": date_format(until, "MONTH_DAY_FORMAT")}

    write_to(subscription.user, title, mail, stops_at=until, after=after, **_unpaid(subscription))


def _tell_suspended(subscription: Subscription, state: State) -> None:
    since = due_since(state)
    stopped = since + state.terms.grace
    if not once(f"suspended:{subscription.pk}:{since.date()}") or not may_hear(subscription.user, stopped):
        return
    after = _what_stops(subscription, stopped)
    title = gettext_lazy("Your plan is suspended until its payment arrives")
    write_to(subscription.user, title, "service_suspended", after=after, **_unpaid(subscription))


def _tell_restored(subscription: Subscription) -> None:
    """To whoever was told that it was suspended, for each time once."""
    prefix = f"suspended:{subscription.pk}:"
    told = Effect.objects.filter(key__startswith=prefix).order_by("created_at").values_list("key", flat=True)
    answered = [once(f"restored:{key.removeprefix('suspended:')}") for key in told]
    if answered and answered[-1] and subscription.price is not None:
        plan = subscription.price.plan
        write_to(subscription.user, lambda: _("%(plan)s is back") % {"plan": plan.name}, "service_restored", plan=plan)


def _tell_of_trials_end(subscription: Subscription, state: State, now: datetime) -> None:
    remind_at = trial_reminder(state)
    if remind_at is None or remind_at > now or remind_at < subscription.started_at or state.trial_end is None:
        return
    is_new = once(f"trial-ending:{subscription.pk}:{state.trial_end.date()}")
    if is_new and now < state.trial_end and subscription.price is not None:
        price, ends = subscription.price, state.trial_end

        def title() -> str:
            day = date_format(ends, "MONTH_DAY_FORMAT")
            return _("Your trial of %(plan)s ends on %(day)s") % {"plan": price.plan.name, "day": day}

        write_to(subscription.user, title, "trial_ending", plan=price.plan, price=price, ends_at=ends)


def _unpaid(subscription: Subscription) -> dict[str, object]:
    """What a mail says about the payment that is missing."""
    invoice = missing_invoices(subscription).first()
    failed = Payment.objects.filter(invoice=invoice, status=Payment.Status.FAILED).order_by("-created_at").first()
    plan = subscription.price.plan if subscription.price else None
    return {"plan": plan, "invoice": invoice, "why": in_words(failed.failure_code if failed else "")}


def _what_stops(subscription: Subscription, at: datetime) -> Entitlement | None:
    """What the person may use from then on, if that is another plan: grants may go on. None: nothing stops."""
    after = entitlement_for(subscription.user, at)
    price = subscription.price
    return None if price is not None and after.plan_code == price.plan.code else after
