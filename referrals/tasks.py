"""Periodic work on rewards and campaigns."""

from __future__ import annotations

from procrastinate.contrib.django import app

from nexusvpn.jobs import traced
from referrals.services import campaigns
from referrals.services.maturing import mature_due_rewards, withdraw_undone_rewards
from referrals.services.payouts import follow_payouts, pay_out_rewards


@app.periodic(cron="*/5 * * * *")
@app.task(queue="periodic", queueing_lock="withdraw-undone-rewards")
@traced
def withdraw_undone(timestamp: int) -> None:
    withdraw_undone_rewards()


@app.periodic(cron="2-59/10 * * * *")
@app.task(queue="periodic", queueing_lock="mature-rewards")
@traced
def mature_due(timestamp: int) -> None:
    mature_due_rewards()


@app.periodic(cron="6-59/10 * * * *")
@app.task(queue="periodic", queueing_lock="pay-out-rewards")
@traced
def pay_out(timestamp: int) -> None:
    pay_out_rewards()


@app.periodic(cron="* * * * *")
@app.task(queue="periodic", queueing_lock="follow-payouts")
@traced
def follow_every_payout(timestamp: int) -> None:
    follow_payouts()


@app.periodic(cron="52 3 * * *")
@app.task(queue="periodic", queueing_lock="forget-who-signed-up")
@traced
def forget_who_signed_up(timestamp: int) -> None:
    campaigns.forget_who_signed_up()
