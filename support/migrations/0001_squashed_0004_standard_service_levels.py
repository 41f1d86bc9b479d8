"""The tables of support as all migrations up to 0004 leave them, and how soon tickets are answered until staff say otherwise.

An empty database takes this one in their place, which is several times faster; one that has some of them takes the others.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from nexusvpn.migration_steps import Together

LEVELS = """
INSERT INTO support_servicelevel (plan, priority, answer_minutes, resolution_minutes)
VALUES ('', 'low', 960, 4800), ('', 'medium', 480, 2400), ('', 'high', 240, 1440),
    ('pro', 'low', 480, 2400), ('pro', 'medium', 240, 1440), ('pro', 'high', 60, 480)
ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):

    replaces = [
        ('support', '0001_initial'),
        ('support', '0002_idempotency_key'),
        ('support', '0003_support_desk'),
        ('support', '0004_standard_service_levels'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Ticket',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('subject', models.CharField(max_length=200)),
                ('priority', models.CharField(choices=[('low', 'Low'), ('medium', 'Medium'), ('high', 'High')], default='medium', max_length=6)),
                ('status', models.CharField(choices=[('open', 'Open'), ('answered', 'Answered'), ('closed', 'Closed')], default='open', max_length=8)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tickets', to=settings.AUTH_USER_MODEL)),
                ('answer_due', models.DateTimeField(blank=True, null=True)),
                ('answer_kept', models.BooleanField(blank=True, null=True)),
                ('answer_minutes', models.PositiveIntegerField(blank=True, null=True)),
                ('assignee', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('category', models.CharField(choices=[('connection', 'Connection and speed'), ('devices', 'Devices and set-up'), ('payments', 'Payments and plans'), ('account', 'Account and security'), ('other', 'Something else')], default='other', max_length=10)),
                ('clock_since', models.DateTimeField(blank=True, null=True)),
                ('device_id', models.UUIDField(blank=True, null=True)),
                ('device_name', models.CharField(blank=True, max_length=64)),
                ('merged_into', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='merged', to='support.ticket')),
                ('resolution_due', models.DateTimeField(blank=True, null=True)),
                ('due_at', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Least('answer_due', 'resolution_due'), output_field=models.DateTimeField(null=True))),
                ('first_answered_at', models.DateTimeField(blank=True, null=True)),
                ('rated_at', models.DateTimeField(blank=True, null=True)),
                ('rating', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('rating_comment', models.CharField(blank=True, max_length=1000)),
                ('resolution_kept', models.BooleanField(blank=True, null=True)),
                ('resolution_minutes', models.PositiveIntegerField(blank=True, null=True)),
                ('resolution_used', models.PositiveIntegerField(default=0)),
                ('warned_at', models.DateTimeField(blank=True, null=True)),
                ('tags', models.ManyToManyField(blank=True, related_name='tickets', to='support.tag')),
            ],
            options={
                'ordering': ['-updated_at', 'id'],
                'indexes': [models.Index(fields=['user', '-updated_at', 'id'], name='ticket_user_updated_idx'), models.Index(condition=models.Q(('status', 'closed'), _negated=True), fields=['assignee', 'due_at', 'updated_at', 'id'], name='ticket_assignee_due_idx'), models.Index(condition=models.Q(('assignee__isnull', True), ('status', 'open')), fields=['due_at', 'updated_at', 'id'], name='ticket_unassigned_idx'), models.Index(condition=models.Q(('status', 'open')), fields=['due_at', 'updated_at', 'id'], name='ticket_open_due_idx'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.search.SearchVector('subject', config='simple'), name='ticket_subject_idx'), models.Index(condition=models.Q(('assignee__isnull', False)), fields=['assignee'], name='ticket_assignee_idx'), models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['merged_into'], name='ticket_merged_idx'), models.Index(fields=['status', 'updated_at', 'id'], name='ticket_status_updated_idx'), models.Index(fields=['updated_at', 'id'], name='ticket_updated_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('status', 'closed')), models.Q(models.Q(('status', 'closed'), _negated=True), ('closed_at__isnull', True)), _connector='OR'), name='ticket_closed_has_time'), models.CheckConstraint(condition=models.Q(models.Q(('rated_at__isnull', True), ('rating__isnull', True)), models.Q(('rated_at__isnull', False), ('rating__range', (1, 5))), _connector='OR'), name='ticket_rating_one_to_five'), models.CheckConstraint(condition=models.Q(('merged_into__isnull', True), ('status', 'closed'), _connector='OR'), name='ticket_merged_is_closed'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'closed'), _negated=True), models.Q(('answer_due__isnull', True), ('clock_since__isnull', True), ('resolution_due__isnull', True)), _connector='OR'), name='ticket_closed_clocks_stand')],
            },
        ),
        migrations.CreateModel(
            name='TicketMessage',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('by_staff', models.BooleanField(default=False)),
                ('body', models.TextField(max_length=5000)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('author', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ticket', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='support.ticket')),
                ('is_note', models.BooleanField(default=False)),
                ('via', models.CharField(choices=[('web', 'web'), ('api', 'API'), ('mail', 'mail')], default='web', max_length=4)),
            ],
            options={
                'ordering': ['created_at', 'id'],
                'indexes': [models.Index(fields=['ticket', 'created_at', 'id'], name='message_ticket_created_idx'), models.Index(fields=['created_at'], name='message_created_idx'), models.Index(fields=['author'], name='message_author_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('is_note', False), ('by_staff', True), _connector='OR'), name='message_note_is_ours')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=128)),
                ('fingerprint', models.CharField(help_text='SHA-256 of what was asked for.', max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('message', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='support.ticketmessage')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['message'], name='idempotency_message_idx'), models.Index(fields=['created_at'], name='idempotency_created_idx')],
                'constraints': [models.UniqueConstraint(fields=('user', 'key'), name='idempotency_key_unique')],
            },
        ),
        migrations.CreateModel(
            name='Announcement',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=120)),
                ('body', models.TextField(help_text='Markdown; HTML and images are shown as text.', max_length=5000)),
                ('level', models.CharField(choices=[('info', 'Information'), ('warning', 'Warning')], default='info', max_length=7)),
                ('audience', models.JSONField(blank=True, default=dict)),
                ('is_published', models.BooleanField(default=False)),
                ('has_banner', models.BooleanField(default=True, verbose_name='banner')),
                ('has_mail', models.BooleanField(default=False, verbose_name='mail')),
                ('starts_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ends_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('mailed_to', models.UUIDField(editable=False, null=True)),
                ('mailed_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'ordering': ['-starts_at', 'id'],
                'indexes': [models.Index(condition=models.Q(('has_banner', True), ('is_published', True)), fields=['starts_at'], name='announcement_banner_idx'), models.Index(condition=models.Q(('has_mail', True), ('is_published', True), ('mailed_at', None)), fields=['starts_at'], name='announcement_mail_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='announcement_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='AnnouncementSeen',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('announcement', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='support.announcement')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['announcement'], name='announcement_seen_idx')],
                'constraints': [models.UniqueConstraint(fields=('user', 'announcement'), name='announcement_seen_once')],
            },
        ),
        migrations.CreateModel(
            name='Article',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(db_index=False, max_length=80)),
                ('language', models.CharField(choices=[('en', 'English'), ('de', 'German')], default='en', max_length=2)),
                ('title', models.CharField(max_length=160)),
                ('body', models.TextField(help_text='Markdown; HTML and images are shown as text.', max_length=40000)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published')], default='draft', max_length=9)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('shipped_hash', models.CharField(blank=True, editable=False, max_length=64)),
                ('search', django.contrib.postgres.search.SearchVectorField(editable=False, null=True)),
                ('category', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='articles', to='support.articlecategory')),
            ],
            options={
                'ordering': ['title', 'id'],
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['search'], name='article_search_idx')],
                'constraints': [models.UniqueConstraint(fields=('slug', 'language'), name='article_slug_unique'), models.CheckConstraint(condition=models.Q(('state', 'draft'), ('published_at__isnull', False), _connector='OR'), name='article_published_has_time')],
            },
        ),
        migrations.CreateModel(
            name='ArticleCategory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(db_index=False, max_length=60)),
                ('name', models.CharField(max_length=80)),
                ('position', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'article categories',
                'ordering': ['position', 'name'],
                'constraints': [models.UniqueConstraint(fields=('slug',), name='article_category_slug_unique')],
            },
        ),
        migrations.CreateModel(
            name='ArticleVote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('helped', models.BooleanField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('article', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='votes', to='support.article')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user'], name='article_vote_user_idx')],
                'constraints': [models.UniqueConstraint(fields=('article', 'user'), name='article_vote_once')],
            },
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('png', 'PNG image'), ('jpeg', 'JPEG image'), ('webp', 'WebP image'), ('txt', 'text'), ('log', 'log'), ('pdf', 'PDF')], max_length=4)),
                ('size', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
                ('message', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='support.ticketmessage')),
                ('sender', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['created_at', 'id'],
                'indexes': [models.Index(fields=['message', 'created_at', 'id'], name='attachment_message_idx'), models.Index(fields=['sender', 'removed_at'], name='attachment_sender_idx'), models.Index(condition=models.Q(('removed_at', None)), fields=['created_at'], name='attachment_kept_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('size__range', (1, 5242880))), name='attachment_size')],
            },
        ),
        migrations.CreateModel(
            name='CannedReply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120)),
                ('body', models.TextField(max_length=5000)),
                ('category', models.CharField(blank=True, choices=[('connection', 'Connection and speed'), ('devices', 'Devices and set-up'), ('payments', 'Payments and plans'), ('account', 'Account and security'), ('other', 'Something else')], max_length=10)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'verbose_name_plural': 'canned replies',
                'ordering': ['title', 'id'],
                'constraints': [models.UniqueConstraint(fields=('title',), name='canned_reply_title_unique')],
            },
        ),
        migrations.CreateModel(
            name='InboundMail',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('fingerprint', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('written', 'in its thread'), ('ignored', 'an automatic answer, or one of ours'), ('refused', 'not accepted')], max_length=8)),
                ('reason', models.CharField(blank=True, max_length=40)),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('message', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='support.ticketmessage')),
            ],
            options={
                'ordering': ['-received_at', '-id'],
                'indexes': [models.Index(fields=['received_at'], name='inbound_mail_time_idx'), models.Index(condition=models.Q(('message__isnull', False)), fields=['message'], name='inbound_mail_message_idx')],
                'constraints': [models.UniqueConstraint(fields=('fingerprint',), name='inbound_mail_once')],
            },
        ),
        migrations.CreateModel(
            name='ServiceLevel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.CharField(blank=True, help_text="A plan's code; empty: all others.", max_length=32)),
                ('priority', models.CharField(choices=[('low', 'Low'), ('medium', 'Medium'), ('high', 'High')], max_length=6)),
                ('answer_minutes', models.PositiveIntegerField(help_text='Working minutes.', verbose_name='first answer within')),
                ('resolution_minutes', models.PositiveIntegerField(help_text='Working minutes.', verbose_name='resolved within')),
            ],
            options={
                'ordering': ['plan', 'priority'],
                'constraints': [models.UniqueConstraint(fields=('plan', 'priority'), name='service_level_unique'), models.CheckConstraint(condition=models.Q(('answer_minutes__gte', 1), ('resolution_minutes__gte', models.F('answer_minutes'))), name='service_level_in_order')],
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, validators=[django.core.validators.RegexValidator('^[a-z0-9][a-z0-9-]*$', 'Small letters, digits and hyphens.')])),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('name',), name='tag_name_unique')],
            },
        ),
        migrations.CreateModel(
            name='AttachmentContent',
            fields=[
                ('attachment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='content', serialize=False, to='support.attachment')),
                ('data', models.BinaryField()),
            ],
        ),
    ]
    operations = [Together(operations), migrations.RunSQL(LEVELS, migrations.RunSQL.noop)]
