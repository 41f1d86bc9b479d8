"""The tables of referrals as all migrations up to 0004 leave them, the trigger that keeps the books of rewards, and what a reward is
until staff say otherwise.

An empty database takes this one in their place, which is several times faster; one that has some of them takes the others.
"""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from nexusvpn.migration_steps import Together

KEEP = """
CREATE FUNCTION referrals_rewardentry_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the books of rewards are append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER referrals_rewardentry_keep BEFORE UPDATE OR DELETE ON referrals_rewardentry
    FOR EACH ROW EXECUTE FUNCTION referrals_rewardentry_keep();
"""
BACK = """
DROP TRIGGER referrals_rewardentry_keep ON referrals_rewardentry;
DROP FUNCTION referrals_rewardentry_keep();
"""
PROGRAMME = """
INSERT INTO referrals_referralprogramme (id, is_open, mode, months, refund_days, hold_days, network_limit, changed_at)
VALUES (1, false, 'first', 12, 30, 30, 3, now()) ON CONFLICT DO NOTHING;
INSERT INTO referrals_rewardamount (currency, referrer_minor, friend_minor, minimum_minor)
VALUES ('EUR', 500, 500, 400), ('GBP', 400, 400, 320), ('JPY', 700, 700, 560), ('USD', 500, 500, 400) ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):

    replaces = [
        ('referrals', '0001_initial'),
        ('referrals', '0002_rewards_and_campaigns'),
        ('referrals', '0003_reward_entries_are_append_only'),
        ('referrals', '0004_standard_programme'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Referral',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('referred', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='referral', to=settings.AUTH_USER_MODEL)),
                ('referrer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='referrals_made', to=settings.AUTH_USER_MODEL)),
                ('reasons', models.JSONField(blank=True, default=list, editable=False)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(fields=['referrer', '-created_at', '-id'], name='referral_referrer_newest_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('referrer', models.F('referred')), _negated=True), name='referral_not_of_oneself')],
            },
        ),
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.CharField(help_text='What stands in the address: /?c=…', max_length=40, validators=[django.core.validators.RegexValidator('^[a-z0-9][a-z0-9-]{1,39}$', 'Small letters, digits and hyphens, 2 to 40 of them.')])),
                ('name', models.CharField(max_length=120)),
                ('note', models.TextField(blank=True, max_length=2000)),
                ('is_open', models.BooleanField(default=True, verbose_name='counted')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'constraints': [models.UniqueConstraint(fields=('slug',), name='campaign_slug_unique'), models.CheckConstraint(condition=models.Q(('slug__regex', '^[a-z0-9][a-z0-9-]{1,39}$')), name='campaign_slug_shape')],
            },
        ),
        migrations.CreateModel(
            name='ReferralProgramme',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('is_open', models.BooleanField(default=False, verbose_name='rewards are given')),
                ('mode', models.CharField(choices=[('first', "The friend's first payment"), ('every', "Every payment of the friend's first months")], default='first', max_length=5)),
                ('months', models.PositiveSmallIntegerField(default=12, help_text="With every payment: for so many months from the friend's first one.", validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)])),
                ('refund_days', models.PositiveSmallIntegerField(default=30, help_text='For so many days customers may ask their money back.', verbose_name='refund window')),
                ('hold_days', models.PositiveSmallIntegerField(default=30, help_text='A reward is earned so many days after the payment; not fewer than the refund window.')),
                ('network_limit', models.PositiveSmallIntegerField(default=3, help_text='Friends from one network within 30 days; rewards for those beyond are held for review.')),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('undone_until', models.DateTimeField(editable=False, null=True)),
                ('paid_up_to', models.UUIDField(editable=False, null=True)),
            ],
            options={
                'verbose_name_plural': 'referral programme',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='programme_one_row'), models.CheckConstraint(condition=models.Q(('hold_days__gte', models.F('refund_days'))), name='programme_hold_covers_refunds'), models.CheckConstraint(condition=models.Q(('months__range', (1, 60))), name='programme_months')],
            },
        ),
        migrations.CreateModel(
            name='Reward',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('referrer', 'for who brought a friend'), ('friend', 'for the friend')], max_length=8)),
                ('number', models.PositiveSmallIntegerField()),
                ('invoice_id', models.CharField(max_length=64)),
                ('amount_minor', models.PositiveIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('state', models.CharField(choices=[('pending', 'pending'), ('held', 'held for review'), ('earned', 'earned'), ('cancelled', 'cancelled'), ('refused', 'refused by staff'), ('taken_back', 'taken back after it was earned')], max_length=10)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('matures_at', models.DateTimeField()),
                ('reasons', models.JSONField(blank=True, default=list)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision_note', models.CharField(blank=True, max_length=300)),
                ('decided_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('referral', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='rewards', to='referrals.referral')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='rewards', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'indexes': [models.Index(fields=['user', '-created_at', 'id'], name='reward_user_newest_idx'), models.Index(condition=models.Q(('state', 'pending')), fields=['matures_at'], name='reward_due_idx'), models.Index(condition=models.Q(('state', 'held')), fields=['created_at'], name='reward_held_idx'), models.Index(condition=models.Q(('state__in', ['pending', 'held', 'earned'])), fields=['invoice_id'], name='reward_invoice_idx'), models.Index(condition=models.Q(('decided_by__isnull', False)), fields=['decided_by'], name='reward_decided_by_idx')],
                'constraints': [models.UniqueConstraint(fields=('referral', 'kind', 'number'), name='reward_number_once'), models.UniqueConstraint(fields=('referral', 'kind', 'invoice_id'), name='reward_invoice_once'), models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='reward_amount_positive'), models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='reward_number_from_one')],
            },
        ),
        migrations.CreateModel(
            name='RewardAmount',
            fields=[
                ('currency', models.CharField(help_text='Three capital letters, such as USD.', max_length=3, primary_key=True, serialize=False)),
                ('referrer_minor', models.PositiveIntegerField(help_text='In the smallest unit, such as cents.', verbose_name='for the referrer')),
                ('friend_minor', models.PositiveIntegerField(help_text='In the smallest unit; 0 is nothing.', verbose_name='for the friend')),
                ('minimum_minor', models.PositiveIntegerField(help_text='In the smallest unit: a payment in this currency of which less was paid and kept is worth nothing to the two. Let the first month of the smallest plan be above it.', verbose_name='least payment')),
            ],
            options={
                'ordering': ['currency'],
                'constraints': [models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$')), name='reward_amount_currency')],
            },
        ),
        migrations.CreateModel(
            name='RewardPayout',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('amount_minor', models.PositiveIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('state', models.CharField(choices=[('asked', 'under way'), ('done', 'on the balance'), ('refused', 'refused by the provider')], default='asked', max_length=7)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('result', models.CharField(blank=True, max_length=96)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reward_payouts', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'indexes': [models.Index(fields=['user', '-created_at', 'id'], name='payout_user_newest_idx'), models.Index(condition=models.Q(('state', 'asked')), fields=['created_at'], name='payout_asked_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('user',), name='payout_one_under_way'), models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='payout_amount_positive')],
            },
        ),
        migrations.CreateModel(
            name='RewardEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('pending', 'reward pending'), ('earned', 'reward earned'), ('cancelled', 'reward cancelled'), ('spent', 'sent to the balance for the next invoice'), ('returned', 'not accepted there, back here'), ('taken_back', 'taken back: the payment went back'), ('debt', 'owed: spent, and the payment went back'), ('converted', "into the currency of the person's invoices")], max_length=10)),
                ('pending_minor', models.BigIntegerField(default=0)),
                ('available_minor', models.BigIntegerField(default=0)),
                ('currency', models.CharField(max_length=3)),
                ('source', models.CharField(max_length=128)),
                ('occurred_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('reward', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='referrals.reward')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reward_entries', to=settings.AUTH_USER_MODEL)),
                ('payout', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='referrals.rewardpayout')),
            ],
            options={
                'verbose_name_plural': 'reward entries',
                'ordering': ['-occurred_at', '-id'],
                'indexes': [models.Index(fields=['user', '-occurred_at', '-id'], name='reward_entry_user_idx')],
                'constraints': [models.UniqueConstraint(fields=('source',), name='reward_entry_source_once'), models.CheckConstraint(condition=models.Q(('available_minor', 0), ('pending_minor', 0), _negated=True), name='reward_entry_moves_something'), models.CheckConstraint(condition=models.Q(('reward__isnull', False), ('payout__isnull', False), ('kind', 'converted'), _connector='OR'), name='reward_entry_has_origin')],
            },
        ),
        migrations.CreateModel(
            name='CampaignDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('visits', models.PositiveIntegerField(default=0)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='days', to='referrals.campaign')),
            ],
            options={
                'ordering': ['-day', 'id'],
                'constraints': [models.UniqueConstraint(fields=('campaign', 'day'), name='campaign_day_unique')],
            },
        ),
        migrations.CreateModel(
            name='CampaignSignup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('paid_at', models.DateTimeField(blank=True, null=True)),
                ('invoice_id', models.CharField(blank=True, max_length=64)),
                ('paid_minor', models.BigIntegerField(blank=True, null=True)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='signups', to='referrals.campaign')),
                ('user', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='campaign_signup', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'indexes': [models.Index(fields=['campaign', '-created_at', 'id'], name='campaign_signup_newest_idx'), models.Index(condition=models.Q(('user__isnull', False), models.Q(('invoice_id', ''), _negated=True), _connector='OR'), fields=['created_at'], name='campaign_signup_named_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('paid_at__isnull', True), ('paid_minor__isnull', True)), models.Q(('paid_at__isnull', False), ('paid_minor__isnull', False)), _connector='OR'), name='campaign_signup_paid_whole')],
            },
        ),
    ]
    operations = [
        Together(operations),
        migrations.RunSQL(KEEP, BACK),
        migrations.RunSQL(PROGRAMME, migrations.RunSQL.noop),
    ]
