"""The tables of accounts as all migrations up to 0009 leave them, and the trigger that keeps the audit log.

An empty database takes this one in their place, which is several times faster; one that has some of them takes the others.
"""

import accounts.models.people
import datetime
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from nexusvpn.migration_steps import Together

KEEP = """
CREATE FUNCTION accounts_auditevent_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '180 days' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.ip_address IS NOT NULL AND NEW.ip_address IS NULL THEN
        OLD.ip_address := NULL;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_auditevent_keep BEFORE UPDATE OR DELETE ON accounts_auditevent
    FOR EACH ROW EXECUTE FUNCTION accounts_auditevent_keep();
"""
BACK = """
DROP TRIGGER accounts_auditevent_keep ON accounts_auditevent;
DROP FUNCTION accounts_auditevent_keep();
"""


class Migration(migrations.Migration):

    replaces = [
        ('accounts', '0001_initial'),
        ('accounts', '0002_second_factors_mail_and_audit'),
        ('accounts', '0003_audit_is_append_only'),
        ('accounts', '0004_accounts_of_before_are_verified'),
        ('accounts', '0005_session_lifetimes'),
        ('accounts', '0006_leaving_accounts'),
        ('accounts', '0007_audit_forgets_addresses'),
        ('accounts', '0008_suspended_at'),
        ('accounts', '0009_staff_index'),
    ]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254)),
                ('full_name', models.CharField(blank=True, max_length=150)),
                ('referral_code', models.CharField(default=accounts.models.people.new_referral_code, editable=False, max_length=16)),
                ('stripe_customer_id', models.CharField(blank=True, max_length=64, null=True)),
                ('is_active', models.BooleanField(default=True, help_text='Off: suspended; can neither sign in nor use the API.')),
                ('is_staff', models.BooleanField(default=False, help_text='May open the admin.')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('referred_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='referred', to=settings.AUTH_USER_MODEL)),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ('deletion_due_at', models.DateTimeField(blank=True, editable=False, help_text='When the account is erased; until then it can be taken back.', null=True)),
                ('email_verified_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('erased_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('staff_factor_due_at', models.DateTimeField(blank=True, editable=False, help_text='From then on the admin asks for a second factor.', null=True)),
                ('suspended_at', models.DateTimeField(blank=True, editable=False, help_text='Empty for accounts that were suspended before this was kept.', null=True)),
            ],
            options={
                'ordering': ['-date_joined', 'id'],
                'indexes': [models.Index(fields=['referred_by'], name='user_referred_by_idx'), models.Index(fields=['stripe_customer_id'], name='user_stripe_customer_idx'), models.Index(fields=['-date_joined', 'id'], name='user_newest_idx'), models.Index(condition=models.Q(('deletion_due_at__isnull', False)), fields=['deletion_due_at'], name='user_deletion_due_idx'), models.Index(condition=models.Q(('is_staff', True)), fields=['email'], name='user_staff_idx')],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='user_email_unique'), models.UniqueConstraint(fields=('referral_code',), name='user_referral_code_unique'), models.UniqueConstraint(condition=models.Q(('stripe_customer_id__isnull', False)), fields=('stripe_customer_id',), name='user_stripe_customer_unique'), models.CheckConstraint(condition=models.Q(('referred_by', models.F('id')), _negated=True), name='user_not_referred_by_self'), models.CheckConstraint(condition=models.Q(models.Q(('deletion_due_at__isnull', True), ('erased_at__isnull', True)), ('is_active', False), _connector='OR'), name='user_leaving_is_inactive')],
            },
        ),
        migrations.CreateModel(
            name='LoginHistory',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('timestamp', models.DateTimeField(default=django.utils.timezone.now)),
                ('outcome', models.CharField(choices=[('success', 'Signed in'), ('failed', 'Wrong password'), ('second_factor', 'Second factor asked'), ('wrong_code', 'Wrong code'), ('blocked', 'Account suspended')], max_length=16)),
                ('kind', models.CharField(choices=[('browser', 'Browser'), ('token', 'API token')], max_length=8)),
                ('ip_address', models.GenericIPAddressField(null=True)),
                ('user_agent', models.CharField(blank=True, max_length=200)),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='login_history', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'login history',
                'ordering': ['-timestamp', '-id'],
                'indexes': [models.Index(fields=['user', '-timestamp', '-id'], name='login_user_time_idx'), models.Index(fields=['timestamp'], name='login_time_idx')],
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('browser', 'Browser'), ('token', 'API token')], max_length=8)),
                ('key_hash', models.CharField(max_length=64)),
                ('data', models.TextField(blank=True, default='', help_text="Django's signed session data; empty for tokens.")),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('ip_address', models.GenericIPAddressField(null=True)),
                ('user_agent', models.CharField(blank=True, max_length=200)),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL)),
                ('second_factor_at', models.DateTimeField(null=True)),
                ('ends_at', models.DateTimeField(db_default=django.db.models.expressions.CombinedExpression(django.db.models.functions.datetime.Now(), '+', models.Value(datetime.timedelta(days=14))))),
                ('idle_s', models.PositiveIntegerField(db_default=1209600)),
            ],
            options={
                'ordering': ['-last_seen_at', 'id'],
                'indexes': [models.Index(fields=['user', '-last_seen_at'], name='session_user_seen_idx'), models.Index(fields=['expires_at'], name='session_expiry_idx')],
                'constraints': [models.UniqueConstraint(fields=('key_hash',), name='session_key_hash_unique'), models.CheckConstraint(condition=models.Q(('kind', 'browser'), ('user__isnull', False), _connector='OR'), name='session_token_has_user')],
            },
        ),
        migrations.CreateModel(
            name='AbuseFlag',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('reason', models.CharField(choices=[('network', 'Many accounts from one network'), ('disposable', 'Disposable address')], max_length=12)),
                ('detail', models.CharField(blank=True, max_length=120)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('cleared_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='abuse_flags', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(condition=models.Q(('cleared_at__isnull', True)), fields=['-created_at', '-id'], name='abuse_flag_open_idx')],
                'constraints': [models.UniqueConstraint(fields=('user', 'reason'), name='abuse_flag_unique')],
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('prefix', models.CharField(max_length=16)),
                ('key_hash', models.CharField(max_length=64)),
                ('scopes', models.JSONField(default=list, help_text='Names of nexusvpn.api.scopes.Scope.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'indexes': [models.Index(fields=['user', '-created_at', 'id'], name='api_key_user_idx')],
                'constraints': [models.UniqueConstraint(fields=('key_hash',), name='api_key_hash_unique'), models.UniqueConstraint(fields=('user', 'name'), name='api_key_name_unique')],
            },
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('actor_kind', models.CharField(choices=[('person', 'The person'), ('staff', 'Staff'), ('node', 'A node'), ('system', 'The service')], max_length=8)),
                ('actor_id', models.UUIDField(null=True)),
                ('person_id', models.UUIDField(null=True)),
                ('action', models.CharField(help_text='A stable code, such as `password_changed`.', max_length=60)),
                ('target_type', models.CharField(blank=True, max_length=40)),
                ('target_id', models.CharField(blank=True, max_length=64)),
                ('ip_address', models.GenericIPAddressField(null=True)),
                ('request_id', models.CharField(blank=True, max_length=128)),
                ('details', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(fields=['person_id', '-at', '-id'], name='audit_person_idx'), models.Index(fields=['actor_id', '-at', '-id'], name='audit_actor_idx'), models.Index(fields=['target_type', 'target_id', '-at'], name='audit_target_idx'), models.Index(fields=['-at', '-id'], name='audit_time_idx')],
            },
        ),
        migrations.CreateModel(
            name='DataExport',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('queued', 'Being made'), ('ready', 'Ready'), ('failed', 'Failed')], default='queued', max_length=8)),
                ('content', models.BinaryField(default=b'', help_text='Encrypted and compressed JSON; emptied when it expires.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ready_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='exports', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'indexes': [models.Index(fields=['user', '-created_at'], name='data_export_user_idx'), models.Index(fields=['expires_at'], name='data_export_expiry_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'queued')), fields=('user',), name='data_export_one_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='EmailToken',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('verify', 'Verify the address'), ('reset', 'Set a new password'), ('change_old', 'Leave the present address'), ('change_new', 'Take a new address')], max_length=12)),
                ('token_hash', models.CharField(max_length=64)),
                ('email', models.EmailField(max_length=254)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='email_tokens', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['expires_at'], name='email_token_expiry_idx')],
                'constraints': [models.UniqueConstraint(fields=('user', 'purpose'), name='email_token_purpose_unique'), models.UniqueConstraint(fields=('token_hash',), name='email_token_hash_unique')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('code_hash', models.CharField(editable=False, max_length=64)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('note', models.CharField(blank=True, max_length=120)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(editable=False, null=True)),
                ('created_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='invitations_made', to=settings.AUTH_USER_MODEL)),
                ('used_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='invitations_used', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'indexes': [models.Index(fields=['created_by'], name='invitation_maker_idx'), models.Index(fields=['used_by'], name='invitation_user_idx')],
                'constraints': [models.UniqueConstraint(fields=('code_hash',), name='invitation_code_unique')],
            },
        ),
        migrations.CreateModel(
            name='KnownClient',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('fingerprint', models.CharField(max_length=64)),
                ('first_seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='known_clients', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['last_seen_at'], name='known_client_seen_idx')],
                'constraints': [models.UniqueConstraint(fields=('user', 'fingerprint'), name='known_client_unique')],
            },
        ),
        migrations.CreateModel(
            name='Mail',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('to', models.EmailField(max_length=254)),
                ('kind', models.CharField(help_text='The folder below templates/emails.', max_length=40)),
                ('subject', models.CharField(max_length=200)),
                ('content', models.BinaryField(default=b'', help_text='Encrypted: the text and its HTML.')),
                ('state', models.CharField(choices=[('queued', 'Waiting'), ('sent', 'Sent'), ('failed', 'Given up')], default='queued', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_error', models.CharField(blank=True, max_length=100)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('sent_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='mails', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'indexes': [models.Index(condition=models.Q(('state', 'queued')), fields=['due_at'], name='mail_due_idx'), models.Index(fields=['-created_at', 'id'], name='mail_newest_idx'), models.Index(fields=['user', '-created_at'], name='mail_user_idx')],
            },
        ),
        migrations.CreateModel(
            name='MailChoice',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('security', 'Security of your account'), ('devices', 'Your devices and their servers'), ('usage', 'Usage and quota'), ('billing', 'Payments and plan'), ('support', 'Answers to your tickets'), ('news', 'News of the service')], max_length=10)),
                ('wanted', models.BooleanField()),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='mail_choices', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'kind'), name='mail_choice_unique'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'security'), _negated=True), ('wanted', True), _connector='OR'), name='mail_choice_security')],
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('security', 'Security of your account'), ('devices', 'Your devices and their servers'), ('usage', 'Usage and quota'), ('billing', 'Payments and plan'), ('support', 'Answers to your tickets'), ('news', 'News of the service')], max_length=10)),
                ('title', models.CharField(max_length=120)),
                ('text', models.CharField(blank=True, max_length=500)),
                ('link', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('read_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'indexes': [models.Index(fields=['user', '-created_at', 'id'], name='notification_user_idx'), models.Index(condition=models.Q(('read_at__isnull', True)), fields=['user'], name='notification_unread_idx'), models.Index(fields=['created_at'], name='notification_time_idx')],
            },
        ),
        migrations.CreateModel(
            name='Passkey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('credential_id', models.BinaryField()),
                ('credential', models.BinaryField()),
                ('sign_count', models.BigIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='passkeys', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['created_at', 'id'],
                'indexes': [models.Index(fields=['user', 'created_at', 'id'], name='passkey_user_idx')],
                'constraints': [models.UniqueConstraint(fields=('credential_id',), name='passkey_credential_unique')],
            },
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code_hash', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('used_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'code_hash'), name='recovery_code_unique')],
            },
        ),
        migrations.CreateModel(
            name='RegistrationPolicy',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('mode', models.CharField(choices=[('open', 'Everybody'), ('invited', 'People with an invitation'), ('closed', 'Nobody')], default='open', max_length=8)),
                ('accounts_an_hour', models.PositiveIntegerField(blank=True, help_text='New accounts an hour, of all together; empty: no such limit.', null=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'registration policy',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='registration_policy_one_row')],
            },
        ),
        migrations.CreateModel(
            name='SignupOrigin',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='signup_origin', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('network', models.CharField(max_length=43)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'indexes': [models.Index(fields=['network', '-created_at'], name='signup_network_idx'), models.Index(fields=['created_at'], name='signup_time_idx')],
            },
        ),
        migrations.CreateModel(
            name='TotpSeed',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='totp_seed', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('seed', models.BinaryField(help_text='Encrypted, bound to its owner.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('last_step', models.BigIntegerField(default=0)),
            ],
        ),
    ]
    operations = [Together(operations), migrations.RunSQL(KEEP, BACK)]
