"""The tables of billing as all migrations up to 0008 leave them, the trigger that keeps the ledger, and the plans that every
installation starts with; staff change them in the admin.

An empty database takes this one in their place, which is several times faster; one that has some of them takes the others.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from nexusvpn.migration_steps import Together

KEEP = """
CREATE FUNCTION billing_ledgerentry_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER billing_ledgerentry_keep BEFORE UPDATE OR DELETE ON billing_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION billing_ledgerentry_keep();
"""
BACK = """
DROP TRIGGER billing_ledgerentry_keep ON billing_ledgerentry;
DROP FUNCTION billing_ledgerentry_keep();
"""
PLANS = """
INSERT INTO billing_plan
    (code, name, description, rank, device_limit, quota_bytes, premium_locations, is_offered, priority_support, trial_days)
VALUES
    ('free', 'Free', 'One device, 10 GB a month, standard locations.', 0, 1, 10000000000, false, true, false, 0),
    ('basic', 'Basic', 'Five devices, no data limit, standard locations.', 10, 5, NULL, false, true, false, 0),
    ('pro', 'Pro', 'Ten devices, no data limit, every location.', 20, 10, NULL, true, true, true, 0);
"""
# Ten months' price a year. The yen has no smaller unit.
PRICES = """
INSERT INTO billing_planprice (plan_id, currency, interval, amount_minor, is_current, created_at)
SELECT p.id, each.currency, each.interval, each.amount_minor, true, now()
FROM (VALUES
    (1, 'basic', 'USD', 'month', 499), (2, 'basic', 'USD', 'year', 4990),
    (3, 'basic', 'EUR', 'month', 499), (4, 'basic', 'EUR', 'year', 4990),
    (5, 'basic', 'GBP', 'month', 449), (6, 'basic', 'GBP', 'year', 4490),
    (7, 'basic', 'JPY', 'month', 700), (8, 'basic', 'JPY', 'year', 7000),
    (9, 'pro', 'USD', 'month', 999), (10, 'pro', 'USD', 'year', 9990),
    (11, 'pro', 'EUR', 'month', 999), (12, 'pro', 'EUR', 'year', 9990),
    (13, 'pro', 'GBP', 'month', 899), (14, 'pro', 'GBP', 'year', 8990),
    (15, 'pro', 'JPY', 'month', 1400), (16, 'pro', 'JPY', 'year', 14000)
) AS each (place, code, currency, interval, amount_minor)
JOIN billing_plan p USING (code) ORDER BY each.place;
"""


class Migration(migrations.Migration):

    replaces = [
        ('billing', '0001_initial'),
        ('billing', '0002_standard_plans'),
        ('billing', '0003_grant_end_noticed'),
        ('billing', '0004_payments'),
        ('billing', '0005_standard_prices'),
        ('billing', '0006_price_of_a_plan_is_a_row'),
        ('billing', '0007_ledger_is_append_only'),
        ('billing', '0008_coupons'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=32, unique=True)),
                ('name', models.CharField(max_length=64)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('rank', models.PositiveSmallIntegerField(help_text='Higher is more; the highest plan that applies counts.')),
                ('device_limit', models.PositiveSmallIntegerField()),
                ('quota_bytes', models.BigIntegerField(blank=True, help_text='Bytes a month, both ways; empty: unlimited.', null=True)),
                ('premium_locations', models.BooleanField(default=False)),
                ('is_offered', models.BooleanField(default=True, help_text='Shown to customers. Those who have it keep it.')),
                ('priority_support', models.BooleanField(default=False)),
                ('stripe_product_id', models.CharField(blank=True, editable=False, max_length=64, null=True, unique=True)),
                ('trial_days', models.PositiveSmallIntegerField(default=0, help_text='Days before the first payment, for people who have never paid; 0 is none.')),
            ],
            options={
                'ordering': ['rank'],
                'constraints': [models.UniqueConstraint(fields=('rank',), name='plan_rank_unique'), models.CheckConstraint(condition=models.Q(('device_limit__gte', 1)), name='plan_device_limit_positive'), models.CheckConstraint(condition=models.Q(('quota_bytes__isnull', True), ('quota_bytes__gt', 0), _connector='OR'), name='plan_quota_positive')],
            },
        ),
        migrations.CreateModel(
            name='PlanGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('valid_until', models.DateTimeField(blank=True, help_text='Empty: until revoked.', null=True)),
                ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('granted_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='grants_given', to=settings.AUTH_USER_MODEL)),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='billing.plan')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='plan_grants', to=settings.AUTH_USER_MODEL)),
                ('end_noticed', models.BooleanField(default=False, editable=False)),
            ],
            options={
                'ordering': ['-created_at'],
                'indexes': [models.Index(fields=['user', '-created_at'], name='plangrant_user_idx'), models.Index(condition=models.Q(('end_noticed', False), ('valid_until__isnull', False)), fields=['valid_until'], name='plangrant_ending_idx')],
            },
        ),
        migrations.CreateModel(
            name='Effect',
            fields=[
                ('key', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='effect_created_idx')],
            },
        ),
        migrations.CreateModel(
            name='GiftBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('days', models.PositiveSmallIntegerField()),
                ('expires_at', models.DateTimeField(blank=True, help_text='The last moment to redeem; empty: none.', null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('created_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('plan', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.plan')),
            ],
            options={
                'ordering': ['-created_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('days__gte', 1)), name='giftbatch_days_positive')],
                'verbose_name_plural': 'gift batches',
            },
        ),
        migrations.CreateModel(
            name='GiftCode',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('code_hash', models.BinaryField(max_length=32, unique=True)),
                ('code', models.BinaryField(blank=True)),
                ('redeemed_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='codes', to='billing.giftbatch')),
                ('grant', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='gift_code', to='billing.plangrant')),
                ('redeemed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='gift_codes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('redeemed_at', None), ('revoked_at', None), _connector='OR'), name='giftcode_one_end')],
            },
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('stripe_id', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('number', models.CharField(blank=True, max_length=64)),
                ('status', models.CharField(choices=[('draft', 'being made'), ('open', 'to be paid'), ('paid', 'paid'), ('uncollectible', 'given up'), ('void', 'void')], max_length=16)),
                ('currency', models.CharField(max_length=3)),
                ('total_minor', models.BigIntegerField()),
                ('tax_minor', models.BigIntegerField(default=0)),
                ('amount_paid_minor', models.BigIntegerField(default=0)),
                ('amount_due_minor', models.BigIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('finalized_at', models.DateTimeField(blank=True, null=True)),
                ('paid_at', models.DateTimeField(blank=True, null=True)),
                ('period_start', models.DateTimeField(blank=True, null=True)),
                ('period_end', models.DateTimeField(blank=True, null=True)),
                ('attempt_count', models.PositiveSmallIntegerField(default=0)),
                ('next_payment_attempt', models.DateTimeField(blank=True, null=True)),
                ('hosted_url', models.TextField(blank=True)),
                ('pdf_url', models.TextField(blank=True)),
                ('synced_at', models.DateTimeField()),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to=settings.AUTH_USER_MODEL)),
                ('price', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.planprice')),
                ('subscription', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='billing.subscription')),
                ('promotion_codes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, size=None)),
            ],
            options={
                'ordering': ['-created_at', 'stripe_id'],
                'indexes': [models.Index(fields=['user', '-created_at', 'stripe_id'], name='invoice_user_newest_idx'), models.Index(fields=['-created_at', 'stripe_id'], name='invoice_newest_idx'), models.Index(condition=models.Q(('paid_at__isnull', False)), fields=['paid_at'], name='invoice_paid_idx'), django.contrib.postgres.indexes.GinIndex(condition=models.Q(('promotion_codes', []), _negated=True), fields=['promotion_codes'], name='invoice_promotion_codes_idx')],
            },
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('stripe_id', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('payment_intent_id', models.CharField(blank=True, max_length=64)),
                ('status', models.CharField(choices=[('succeeded', 'paid'), ('pending', 'under way'), ('failed', 'failed')], max_length=10)),
                ('currency', models.CharField(max_length=3)),
                ('amount_minor', models.BigIntegerField()),
                ('refunded_minor', models.BigIntegerField(default=0)),
                ('failure_code', models.CharField(blank=True, max_length=64)),
                ('card_fingerprint_hash', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField()),
                ('synced_at', models.DateTimeField()),
                ('invoice', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='billing.invoice')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', 'stripe_id'],
                'indexes': [models.Index(fields=['user', '-created_at', 'stripe_id'], name='payment_user_newest_idx'), models.Index(fields=['-created_at', 'stripe_id'], name='payment_newest_idx'), models.Index(condition=models.Q(('card_fingerprint_hash', ''), _negated=True), fields=['card_fingerprint_hash'], name='payment_card_idx'), models.Index(condition=models.Q(('refunded_minor__gt', 0)), fields=['synced_at'], name='payment_refunded_idx')],
            },
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('stripe_id', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('status', models.CharField(max_length=32)),
                ('reason', models.CharField(blank=True, max_length=64)),
                ('currency', models.CharField(max_length=3)),
                ('amount_minor', models.BigIntegerField()),
                ('created_at', models.DateTimeField()),
                ('evidence_due_at', models.DateTimeField(blank=True, null=True)),
                ('synced_at', models.DateTimeField()),
                ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='billing.payment')),
            ],
            options={
                'ordering': ['-created_at', 'stripe_id'],
                'indexes': [models.Index(fields=['-created_at', 'stripe_id'], name='dispute_newest_idx'), models.Index(fields=['synced_at'], name='dispute_synced_idx')],
            },
        ),
        migrations.CreateModel(
            name='PlanPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('interval', models.CharField(choices=[('month', 'month'), ('year', 'year')], max_length=5)),
                ('currency', models.CharField(help_text='ISO 4217, capital letters.', max_length=3)),
                ('amount_minor', models.PositiveIntegerField(help_text="In the currency's smallest unit (cents; yen).")),
                ('is_current', models.BooleanField(default=True, help_text='Offered to those who buy now.')),
                ('stripe_price_id', models.CharField(blank=True, editable=False, max_length=64, null=True, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('plan', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='billing.plan')),
            ],
            options={
                'ordering': ['plan', 'currency', 'interval', '-created_at'],
                'indexes': [models.Index(fields=['plan'], name='planprice_plan_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('plan', 'interval', 'currency'), name='planprice_one_current'), models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='planprice_amount_positive'), models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$')), name='planprice_currency_code'), models.CheckConstraint(condition=models.Q(('interval__in', ['month', 'year'])), name='planprice_interval_known')],
            },
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('account', models.CharField(choices=[('money', 'money'), ('credit', 'credit of a customer')], max_length=6)),
                ('kind', models.CharField(choices=[('charge', 'charge'), ('refund', 'refund'), ('dispute', 'dispute'), ('dispute_reversal', 'dispute won'), ('fee', 'fee'), ('credit', 'credit given'), ('credit_used', 'credit used'), ('reward', 'reward'), ('debt', 'debt'), ('adjustment', 'adjustment')], max_length=16)),
                ('source', models.CharField(max_length=128)),
                ('balance_transaction_id', models.CharField(blank=True, max_length=64)),
                ('invoice_id', models.CharField(blank=True, max_length=64)),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('occurred_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ledger_entries', to=settings.AUTH_USER_MODEL)),
                ('price', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.planprice')),
            ],
            options={
                'ordering': ['-occurred_at', '-id'],
                'verbose_name_plural': 'ledger entries',
                'indexes': [models.Index(fields=['user', '-occurred_at', '-id'], name='ledger_user_newest_idx'), models.Index(fields=['occurred_at', 'id'], name='ledger_time_idx'), models.Index(condition=models.Q(('balance_transaction_id', ''), _negated=True), fields=['balance_transaction_id'], name='ledger_balance_txn_idx')],
                'constraints': [models.UniqueConstraint(fields=('source', 'kind'), name='ledger_source_once'), models.CheckConstraint(condition=models.Q(('amount_minor', 0), _negated=True), name='ledger_amount_not_zero')],
            },
        ),
        migrations.CreateModel(
            name='CheckoutSession',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('asked', 'asked for'), ('open', 'open'), ('complete', 'paid'), ('expired', 'over')], default='asked', max_length=10)),
                ('parameters', models.JSONField(default=dict)),
                ('stripe_id', models.CharField(blank=True, max_length=96, null=True, unique=True)),
                ('url', models.TextField(blank=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='checkouts', to=settings.AUTH_USER_MODEL)),
                ('price', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.planprice')),
            ],
            options={
                'indexes': [models.Index(fields=['user', '-created_at'], name='checkout_user_idx'), models.Index(fields=['created_at'], name='checkout_created_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['asked', 'open'])), fields=('user',), name='checkout_one_open')],
            },
        ),
        migrations.CreateModel(
            name='ReconcileRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('events', 'events that were not delivered'), ('subscriptions', 'every live subscription'), ('ledger', 'balance transactions')], max_length=16)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('reached', models.DateTimeField(blank=True, null=True)),
                ('cursor', models.CharField(blank=True, max_length=255)),
                ('compared', models.PositiveIntegerField(default=0)),
                ('differences', models.PositiveIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['-started_at'],
                'indexes': [models.Index(fields=['kind', '-started_at'], name='reconcilerun_newest_idx')],
            },
        ),
        migrations.CreateModel(
            name='StripeCustomer',
            fields=[
                ('stripe_id', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('balance_minor', models.BigIntegerField(default=0)),
                ('card_brand', models.CharField(blank=True, max_length=32)),
                ('card_last4', models.CharField(blank=True, max_length=4)),
                ('card_exp_month', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('card_exp_year', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('deleted_at', models.DateTimeField(blank=True, null=True)),
                ('synced_at', models.DateTimeField(blank=True, null=True)),
                ('compared_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='stripe_customers', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user'], name='stripecustomer_user_idx'), models.Index(fields=['compared_at'], name='stripecustomer_compared_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('deleted_at', None)), fields=('user',), name='stripecustomer_one_per_person')],
            },
        ),
        migrations.CreateModel(
            name='StripeEvent',
            fields=[
                ('stripe_id', models.CharField(max_length=255, primary_key=True, serialize=False)),
                ('type', models.CharField(max_length=80)),
                ('object_id', models.CharField(max_length=255)),
                ('customer_id', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(help_text='When it happened, as Stripe says.')),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('was_missed', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('done', 'done'), ('ignored', 'not about us'), ('failed', 'failed')], default='waiting', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('processed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-received_at', 'stripe_id'],
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['customer_id'], name='stripeevent_waiting_idx'), models.Index(fields=['-received_at', 'stripe_id'], name='stripeevent_newest_idx'), models.Index(condition=models.Q(('state', 'failed')), fields=['-received_at'], name='stripeevent_failed_idx')],
            },
        ),
        migrations.CreateModel(
            name='StripeOrder',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('customer', 'make the customer'), ('change', 'change the plan'), ('schedule', "change the plan at the period's end"), ('unschedule', 'take back such a change'), ('cancel', "end at the period's end"), ('resume', 'take that back'), ('pause', 'pause'), ('unpause', 'end the pause'), ('end', 'end at once'), ('refund', 'pay back'), ('address', "change the customer's address"), ('credit', "add to the customer's credit"), ('delete_customer', 'delete the customer')], max_length=16)),
                ('subject', models.CharField(blank=True, max_length=160)),
                ('parameters', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('open', 'to be done'), ('done', 'done'), ('refused', 'refused by Stripe')], default='open', max_length=8)),
                ('result', models.CharField(blank=True, max_length=96)),
                ('is_durable', models.BooleanField(default=False)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='stripe_orders', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['created_at'], name='stripeorder_open_idx'), models.Index(fields=['user', '-created_at'], name='stripeorder_user_idx'), models.Index(fields=['created_at'], name='stripeorder_created_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('user', 'purpose', 'subject'), name='stripeorder_one_open')],
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('stripe_id', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('status', models.CharField(choices=[('incomplete', 'waiting for the first payment'), ('incomplete_expired', 'never paid'), ('trialing', 'trial'), ('active', 'active'), ('past_due', 'payment failed'), ('unpaid', 'unpaid'), ('paused', 'paused: no card after the trial'), ('canceled', 'ended')], max_length=20)),
                ('started_at', models.DateTimeField()),
                ('trial_end', models.DateTimeField(blank=True, null=True)),
                ('current_period_start', models.DateTimeField()),
                ('current_period_end', models.DateTimeField()),
                ('cancel_at_period_end', models.BooleanField(default=False)),
                ('cancel_at', models.DateTimeField(blank=True, null=True)),
                ('canceled_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('pause_behavior', models.CharField(blank=True, max_length=32)),
                ('pause_resumes_at', models.DateTimeField(blank=True, null=True)),
                ('schedule_id', models.CharField(blank=True, max_length=64)),
                ('next_price_at', models.DateTimeField(blank=True, null=True)),
                ('paid_until', models.DateTimeField(blank=True, null=True)),
                ('unpaid_since', models.DateTimeField(blank=True, null=True)),
                ('withheld', models.CharField(blank=True, choices=[('', 'no'), ('refunded', "the period's payment was refunded in full"), ('disputed', 'a payment is disputed, or the dispute was lost')], max_length=10)),
                ('is_surplus', models.BooleanField(default=False)),
                ('look_at', models.DateTimeField(blank=True, null=True)),
                ('synced_at', models.DateTimeField()),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='billing.stripecustomer')),
                ('next_price', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.planprice')),
                ('price', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='billing.planprice')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user', '-started_at'], name='subscription_user_idx'), models.Index(fields=['-started_at', 'stripe_id'], name='subscription_newest_idx'), models.Index(condition=models.Q(('look_at__isnull', False)), fields=['look_at'], name='subscription_look_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_surplus', False), ('status__in', ['trialing', 'active', 'past_due', 'unpaid', 'paused'])), fields=('user',), name='subscription_one_live')],
            },
        ),
        migrations.CreateModel(
            name='Discrepancy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('lost_event', 'an event was not delivered'), ('subscription', 'a subscription differed'), ('customer_deleted', 'a customer was deleted at Stripe'), ('ledger_missing', 'a movement was missing in the ledger'), ('ledger_differs', 'a movement has another amount at Stripe'), ('ledger_unknown', 'the ledger has a movement that Stripe does not know'), ('unknown_price', 'a subscription has a price that is not ours'), ('unknown_customer', 'Stripe has a customer that nobody here is'), ('surplus', 'a person had two subscriptions'), ('order_refused', 'Stripe refused what was decided here'), ('mirror', "the copy of Stripe's objects could not be written")], max_length=20)),
                ('object_id', models.CharField(max_length=255)),
                ('details', models.JSONField(default=dict)),
                ('found_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('healed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'discrepancies',
                'ordering': ['-found_at', '-id'],
                'indexes': [models.Index(fields=['-found_at', '-id'], name='discrepancy_newest_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None), ('healed_at', None)), fields=('kind', 'object_id'), name='discrepancy_open_once')],
            },
        ),
        migrations.CreateModel(
            name='Coupon',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('stripe_id', models.CharField(editable=False, max_length=64, unique=True)),
                ('name', models.CharField(help_text='Customers see it on their invoice.', max_length=40)),
                ('percent_off', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('amount_minor', models.PositiveIntegerField(blank=True, help_text='In the smallest unit, such as cents.', null=True)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('duration', models.CharField(choices=[('once', 'the next payment'), ('repeating', 'some months'), ('forever', 'as long as the subscription lives')], default='once', max_length=9)),
                ('duration_months', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('max_redemptions', models.PositiveIntegerField(blank=True, null=True)),
                ('redeem_by', models.DateTimeField(blank=True, null=True)),
                ('standing', models.CharField(choices=[('asked', 'not at Stripe yet'), ('live', 'can be used'), ('ending', 'is being ended'), ('ended', 'cannot be used any more'), ('refused', 'refused by Stripe')], default='asked', max_length=7)),
                ('refusal', models.CharField(blank=True, max_length=200)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('times_redeemed', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('synced_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'indexes': [models.Index(fields=['-created_at', 'id'], name='coupon_newest_idx'), models.Index(condition=models.Q(('standing__in', ['asked', 'ending'])), fields=['attempts', 'created_at'], name='coupon_asked_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('amount_minor__isnull', True), ('currency', ''), ('percent_off__gt', 0), ('percent_off__lte', 100)), models.Q(('amount_minor__gt', 0), ('percent_off__isnull', True), models.Q(('currency', ''), _negated=True)), _connector='OR'), name='coupon_percent_or_amount'), models.CheckConstraint(condition=models.Q(models.Q(('duration', 'repeating'), ('duration_months__gte', 1)), models.Q(models.Q(('duration', 'repeating'), _negated=True), ('duration_months__isnull', True)), _connector='OR'), name='coupon_months_where_repeating')],
            },
        ),
        migrations.CreateModel(
            name='PromotionCode',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('stripe_id', models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ('code', models.CharField(max_length=40)),
                ('max_redemptions', models.PositiveIntegerField(blank=True, null=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('first_time_only', models.BooleanField(default=False, verbose_name='only for who has never paid')),
                ('minimum_minor', models.PositiveIntegerField(blank=True, null=True)),
                ('minimum_currency', models.CharField(blank=True, max_length=3)),
                ('is_personal', models.BooleanField(default=False, editable=False, verbose_name='for one customer alone')),
                ('standing', models.CharField(choices=[('asked', 'not at Stripe yet'), ('live', 'can be used'), ('ending', 'is being ended'), ('ended', 'cannot be used any more'), ('refused', 'refused by Stripe')], default='asked', max_length=7)),
                ('refusal', models.CharField(blank=True, max_length=200)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('times_redeemed', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('synced_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('coupon', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='codes', to='billing.coupon')),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'indexes': [models.Index(fields=['-created_at', 'id'], name='promotioncode_newest_idx'), models.Index(condition=models.Q(('standing__in', ['asked', 'ending'])), fields=['attempts', 'created_at'], name='promotioncode_asked_idx')],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Upper('code'), condition=models.Q(('is_personal', False), ('standing__in', ['asked', 'live', 'ending'])), name='promotioncode_one_of_a_code'), models.CheckConstraint(condition=models.Q(models.Q(('minimum_currency', ''), ('minimum_minor__isnull', True)), models.Q(('minimum_minor__gt', 0), models.Q(('minimum_currency', ''), _negated=True)), _connector='OR'), name='promotioncode_minimum_whole')],
            },
        ),
    ]
    operations = [
        Together(operations),
        migrations.RunSQL(KEEP, BACK),
        migrations.RunSQL(PLANS, migrations.RunSQL.noop),
        migrations.RunSQL(PRICES, migrations.RunSQL.noop),
    ]
