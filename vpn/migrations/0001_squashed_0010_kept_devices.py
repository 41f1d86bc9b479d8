"""The tables of the VPN as all migrations up to 0010 leave them: those of days, months and node hours in parts.

An empty database takes this one in their place, which is several times faster; one that has some of them takes the others.
"""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import uuid
import vpn.models.networks
import vpn.models.servers
import vpn.validators
from django.conf import settings
from django.db import migrations, models

from nexusvpn.migration_steps import Together

# Ranges of a time column, a default partition for what no range covers, and the present and the next two of each range.
# `vpn.partitions` makes later ones in time and drops old ones. Names of constraints and indexes stay those of the models.
# The first one's primary key is named as 0005 named it, beside the flat table.
PARTITIONED = """
CREATE SEQUENCE vpn_usagerecord_part_id_seq;
CREATE TABLE vpn_usagerecord (
    id bigint NOT NULL DEFAULT nextval('vpn_usagerecord_part_id_seq'),
    record_date date NOT NULL,
    bytes_up bigint NOT NULL,
    bytes_down bigint NOT NULL,
    user_id uuid NOT NULL REFERENCES accounts_user (id) DEFERRABLE INITIALLY DEFERRED,
    device_id uuid NOT NULL REFERENCES vpn_vpnconfig (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT vpn_usagerecord_pkey1 PRIMARY KEY (id, record_date),
    CONSTRAINT usage_device_day_unique UNIQUE (device_id, record_date),
    CONSTRAINT usage_not_negative CHECK (bytes_down >= 0 AND bytes_up >= 0)
) PARTITION BY RANGE (record_date);
ALTER SEQUENCE vpn_usagerecord_part_id_seq OWNED BY vpn_usagerecord.id;
CREATE INDEX usage_user_idx ON vpn_usagerecord (user_id);
CREATE INDEX usage_user_day_idx ON vpn_usagerecord (user_id, record_date);
CREATE TABLE vpn_usagerecord_default PARTITION OF vpn_usagerecord DEFAULT WITH (fillfactor = 80);

CREATE SEQUENCE vpn_usagemonth_part_id_seq;
CREATE TABLE vpn_usagemonth (
    id bigint NOT NULL DEFAULT nextval('vpn_usagemonth_part_id_seq'),
    month date NOT NULL,
    bytes_up bigint NOT NULL,
    bytes_down bigint NOT NULL,
    user_id uuid NOT NULL REFERENCES accounts_user (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (id, month),
    CONSTRAINT usagemonth_user_month_unique UNIQUE (user_id, month),
    CONSTRAINT usagemonth_not_negative CHECK (bytes_down >= 0 AND bytes_up >= 0)
) PARTITION BY RANGE (month);
ALTER SEQUENCE vpn_usagemonth_part_id_seq OWNED BY vpn_usagemonth.id;
CREATE TABLE vpn_usagemonth_default PARTITION OF vpn_usagemonth DEFAULT;

CREATE SEQUENCE vpn_nodehour_part_id_seq;
CREATE TABLE vpn_nodehour (
    id bigint NOT NULL DEFAULT nextval('vpn_nodehour_part_id_seq'),
    hour timestamptz NOT NULL,
    node_rx bigint NOT NULL,
    node_tx bigint NOT NULL,
    customers_rx bigint NOT NULL,
    customers_tx bigint NOT NULL,
    server_id uuid NOT NULL REFERENCES vpn_server (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (id, hour),
    CONSTRAINT nodehour_server_hour_unique UNIQUE (server_id, hour)
) PARTITION BY RANGE (hour);
ALTER SEQUENCE vpn_nodehour_part_id_seq OWNED BY vpn_nodehour.id;
CREATE TABLE vpn_nodehour_default PARTITION OF vpn_nodehour DEFAULT;

ALTER TABLE vpn_usagecounter SET (fillfactor = 80);
"""

RANGES = """
DO $$
DECLARE
    begins date;
    step int;
BEGIN
    FOR step IN 0..2 LOOP
        begins := date_trunc('month', (now() AT TIME ZONE 'UTC')::date) + make_interval(months => step);
        EXECUTE format('CREATE TABLE %I PARTITION OF vpn_usagerecord FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = 80)',
            'vpn_usagerecord_' || to_char(begins, 'YYYY_MM'), begins, begins + interval '1 month');
        EXECUTE format('CREATE TABLE %I PARTITION OF vpn_nodehour FOR VALUES FROM (%L) TO (%L)',
            'vpn_nodehour_' || to_char(begins, 'YYYY_MM'), begins::timestamp AT TIME ZONE 'UTC',
            (begins + interval '1 month') AT TIME ZONE 'UTC');
        begins := date_trunc('year', (now() AT TIME ZONE 'UTC')::date) + make_interval(years => step - 1);
        EXECUTE format('CREATE TABLE %I PARTITION OF vpn_usagemonth FOR VALUES FROM (%L) TO (%L)',
            'vpn_usagemonth_' || to_char(begins, 'YYYY'), begins, begins + interval '1 year');
    END LOOP;
END $$;
"""
BACK = "DROP TABLE vpn_usagerecord, vpn_usagemonth, vpn_nodehour;"


class Migration(migrations.Migration):

    replaces = [
        ('vpn', '0001_initial'),
        ('vpn', '0002_fleet'),
        ('vpn', '0003_assignment_locations'),
        ('vpn', '0004_assignment_location_required'),
        ('vpn', '0005_partitions'),
        ('vpn', '0006_watches'),
        ('vpn', '0007_suspended_by_both'),
        ('vpn', '0008_node_addresses'),
        ('vpn', '0009_removed_devices_index'),
        ('vpn', '0010_kept_devices'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    in_parts = [
        migrations.CreateModel(
            name='UsageRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('record_date', models.DateField()),
                ('bytes_up', models.BigIntegerField(default=0)),
                ('bytes_down', models.BigIntegerField(default=0)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='usage_records', to=settings.AUTH_USER_MODEL)),
                ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='usage_records', to='vpn.vpnconfig')),
            ],
            options={
                'ordering': ['-record_date', 'id'],
                'indexes': [models.Index(fields=['user'], name='usage_user_idx'), models.Index(fields=['user', 'record_date'], name='usage_user_day_idx')],
                'constraints': [models.UniqueConstraint(fields=('device', 'record_date'), name='usage_device_day_unique'), models.CheckConstraint(condition=models.Q(('bytes_down__gte', 0), ('bytes_up__gte', 0)), name='usage_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='UsageMonth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text='Its first day.')),
                ('bytes_up', models.BigIntegerField(default=0)),
                ('bytes_down', models.BigIntegerField(default=0)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='usage_months', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-month', 'id'],
                'constraints': [models.UniqueConstraint(fields=('user', 'month'), name='usagemonth_user_month_unique'), models.CheckConstraint(condition=models.Q(('bytes_down__gte', 0), ('bytes_up__gte', 0)), name='usagemonth_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='NodeHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('node_rx', models.BigIntegerField(default=0)),
                ('node_tx', models.BigIntegerField(default=0)),
                ('customers_rx', models.BigIntegerField(default=0)),
                ('customers_tx', models.BigIntegerField(default=0)),
                ('server', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='vpn.server')),
            ],
            options={
                'ordering': ['-hour', 'id'],
                'constraints': [models.UniqueConstraint(fields=('server', 'hour'), name='nodehour_server_hour_unique')],
            },
        ),
    ]
    operations = [
        migrations.CreateModel(
            name='Location',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('city', models.CharField(max_length=80)),
                ('country_code', models.CharField(help_text='ISO 3166-1 alpha-2, for example NL.', max_length=2)),
                ('latitude', models.FloatField(validators=[django.core.validators.MinValueValidator(-90), django.core.validators.MaxValueValidator(90)])),
                ('longitude', models.FloatField(validators=[django.core.validators.MinValueValidator(-180), django.core.validators.MaxValueValidator(180)])),
                ('premium', models.BooleanField(default=False, help_text='Only for plans with premium locations.')),
                ('is_active', models.BooleanField(default=True, help_text='Shown to customers.')),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Server',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.SlugField(max_length=40, unique=True)),
                ('state', models.CharField(choices=[('enrolling', 'Enrolling'), ('online', 'Online'), ('draining', 'Draining'), ('offline', 'Offline'), ('decommissioned', 'Decommissioned')], default='enrolling', max_length=14)),
                ('public_endpoint', models.CharField(help_text='Host name or address that customers connect to.', max_length=253, validators=[vpn.validators.validate_host])),
                ('port', models.PositiveIntegerField(default=51820, help_text='UDP port.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(65535)])),
                ('network_v4', vpn.models.networks.CidrField(help_text="Customers' IPv4 network, from /12 to /29; the first address is the server's.", verbose_name='IPv4 network')),
                ('network_v6', vpn.models.networks.CidrField(help_text="Customers' IPv6 network, with room for as many addresses as the IPv4 one.", verbose_name='IPv6 network')),
                ('dns', django.contrib.postgres.fields.ArrayField(base_field=models.GenericIPAddressField(), default=vpn.models.servers.default_dns, help_text='Resolvers for customers, reached through the tunnel.', size=None, verbose_name='DNS')),
                ('mtu', models.PositiveIntegerField(default=1420, validators=[django.core.validators.MinValueValidator(1280), django.core.validators.MaxValueValidator(9000)], verbose_name='MTU')),
                ('capacity', models.PositiveIntegerField(default=250, help_text='Peers that this server is meant to carry.')),
                ('public_key', models.CharField(blank=True, editable=False, max_length=44, null=True)),
                ('revision', models.BigIntegerField(default=0, editable=False)),
                ('epoch', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('next_host', models.PositiveIntegerField(default=2, editable=False, help_text='The first host number of network_v4 that has never been offered.')),
                ('mass_removal_until', models.DateTimeField(blank=True, editable=False, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='servers', to='vpn.location')),
                ('drain_until', models.DateTimeField(blank=True, editable=False, help_text='When the devices that are still here are taken off.', null=True)),
                ('extra_ports', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(65535)]), blank=True, default=list, help_text='Further UDP ports that lead to the same interface, for networks that let little through: 443, 53, 123.', size=8)),
                ('rotate_credential', models.BooleanField(default=False, editable=False, help_text='The node is asked to fetch a new credential.')),
                ('stopped_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'ordering': ['name'],
                'indexes': [models.Index(fields=['location', 'state'], name='server_location_state_idx'), models.Index(condition=models.Q(('drain_until__isnull', False)), fields=['drain_until'], name='server_drain_until_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('public_key__isnull', False)), fields=('public_key',), name='server_public_key_unique'), models.CheckConstraint(condition=models.Q(('state__in', ('enrolling', 'decommissioned')), ('public_key__isnull', False), _connector='OR'), name='server_enrolled_has_key')],
            },
        ),
        migrations.CreateModel(
            name='NodeNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('code', models.CharField(max_length=40)),
                ('detail', models.CharField(blank=True, max_length=300)),
                ('server', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='vpn.server')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(fields=['server', '-created_at'], name='nodenote_server_idx')],
            },
        ),
        migrations.CreateModel(
            name='IpAssignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.PositiveIntegerField(help_text='Host number within both networks of the server.')),
                ('ipv4', models.GenericIPAddressField(protocol='IPv4')),
                ('ipv6', models.GenericIPAddressField(protocol='IPv6')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('released_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('server', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='vpn.server')),
                ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='vpn.vpnconfig')),
                ('blocked', models.CharField(blank=True, choices=[('', 'Not blocked'), ('premium', 'The plan has no premium locations')], default='', editable=False, max_length=8)),
                ('location', models.ForeignKey(db_index=False, help_text="The server's, for the constraint.", on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vpn.location')),
                ('preshared_key', models.BinaryField(null=True)),
                ('superseded_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('told_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(fields=['user'], name='assignment_user_idx'), models.Index(fields=['server', 'released_at'], name='assignment_server_idx'), models.Index(fields=['device', 'released_at'], name='assignment_device_idx'), models.Index(condition=models.Q(('released_at__isnull', True), ('superseded_at__isnull', False)), fields=['superseded_at'], name='assignment_superseded_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('released_at__isnull', True)), fields=('server', 'host'), name='assignment_host_unique'), models.UniqueConstraint(condition=models.Q(('released_at__isnull', True)), fields=('server', 'ipv4'), name='assignment_ipv4_unique'), models.UniqueConstraint(condition=models.Q(('released_at__isnull', True)), fields=('server', 'ipv6'), name='assignment_ipv6_unique'), models.UniqueConstraint(condition=models.Q(('released_at__isnull', True)), fields=('device', 'server'), name='assignment_one_a_server'), models.UniqueConstraint(condition=models.Q(('released_at__isnull', True), ('superseded_at__isnull', True)), fields=('device', 'location'), name='assignment_current_unique')],
            },
        ),
        migrations.CreateModel(
            name='FreeAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.PositiveIntegerField()),
                ('available_at', models.DateTimeField()),
                ('server', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='free_addresses', to='vpn.server')),
            ],
            options={
                'verbose_name_plural': 'free addresses',
                'indexes': [models.Index(fields=['server', 'available_at', 'host'], name='freeaddress_next_idx')],
                'constraints': [models.UniqueConstraint(fields=('server', 'host'), name='freeaddress_host_unique')],
            },
        ),
        migrations.CreateModel(
            name='NodeToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('enrolment', 'Enrolment token'), ('credential', 'Credential'), ('next', 'Next credential')], max_length=10)),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('expires_at', models.DateTimeField(null=True)),
                ('used_by_key', models.CharField(blank=True, max_length=44)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('server', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='vpn.server')),
            ],
            options={
                'ordering': ['-created_at'],
                'indexes': [models.Index(fields=['server', 'kind'], name='nodetoken_server_kind_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('kind', 'credential'), ('revoked_at__isnull', True)), fields=('server',), name='nodetoken_one_credential'), models.UniqueConstraint(condition=models.Q(('kind', 'next'), ('revoked_at__isnull', True)), fields=('server',), name='nodetoken_one_next')],
            },
        ),
        migrations.CreateModel(
            name='VpnConfig',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=64)),
                ('public_key', models.CharField(max_length=44)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('location', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='vpn.location')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='devices', to=settings.AUTH_USER_MODEL)),
                ('blocked', models.CharField(blank=True, choices=[('', 'Not blocked'), ('account', 'The account is suspended'), ('suspended', 'The device is suspended'), ('expired', 'The device has expired'), ('over_quota', "The month's data is used up"), ('plan_limit', 'More devices than the plan has')], default='', editable=False, max_length=10)),
                ('expires_at', models.DateTimeField(blank=True, help_text='Empty: never.', null=True)),
                ('removal_confirmed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('suspended_by', models.CharField(blank=True, choices=[('', 'Nobody'), ('customer', 'The customer'), ('staff', 'Staff'), ('both', 'Staff and the customer')], default='', max_length=8)),
                ('kept_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'verbose_name': 'device',
                'ordering': ['-created_at', 'id'],
                'indexes': [models.Index(fields=['user', '-created_at', 'id'], name='device_user_newest_idx'), models.Index(fields=['location'], name='device_location_idx'), models.Index(fields=['public_key'], name='device_public_key_idx'), models.Index(condition=models.Q(('expires_at__isnull', False), ('revoked_at__isnull', True)), fields=['expires_at'], name='device_expiry_idx'), models.Index(condition=models.Q(('revoked_at__isnull', False)), fields=['user', 'removal_confirmed_at'], name='device_removed_idx')],
                'constraints': [models.UniqueConstraint(models.F('user'), django.db.models.functions.text.Lower('name'), condition=models.Q(('revoked_at__isnull', True)), name='device_name_unique'), models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('public_key',), name='device_key_unique'), models.CheckConstraint(condition=models.Q(('removal_confirmed_at__isnull', True), ('revoked_at__isnull', False), _connector='OR'), name='device_confirmed_is_revoked')],
            },
        ),
        migrations.CreateModel(
            name='UsageCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('epoch', models.BigIntegerField()),
                ('rx', models.BigIntegerField()),
                ('tx', models.BigIntegerField()),
                ('counted_rx', models.BigIntegerField(default=0)),
                ('counted_tx', models.BigIntegerField(default=0)),
                ('server', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='vpn.server')),
                ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='vpn.vpnconfig')),
                ('grown_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'indexes': [models.Index(fields=['device', 'server'], name='usagecounter_device_idx')],
                'constraints': [models.UniqueConstraint(fields=('server', 'epoch'), name='usagecounter_epoch_unique'), models.CheckConstraint(condition=models.Q(('rx__gte', 0), ('tx__gte', 0)), name='usagecounter_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Peer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_key', models.CharField(max_length=44)),
                ('wanted', models.BooleanField(default=True)),
                ('revision', models.BigIntegerField()),
                ('connection', models.CharField(choices=[('never', 'Never used'), ('idle', 'Idle'), ('online', 'Online')], default='never', max_length=6)),
                ('assignment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='peers', to='vpn.ipassignment')),
                ('server', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='peers', to='vpn.server')),
                ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='peers', to='vpn.vpnconfig')),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('takes_over', models.CharField(blank=True, max_length=44, null=True)),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['device'], name='peer_device_idx'), models.Index(fields=['assignment'], name='peer_assignment_idx'), models.Index(fields=['public_key'], name='peer_public_key_idx'), models.Index(condition=models.Q(('takes_over__isnull', False)), fields=['changed_at'], name='peer_handover_idx')],
                'constraints': [models.UniqueConstraint(fields=('server', 'public_key'), name='peer_key_unique'), models.UniqueConstraint(fields=('server', 'revision'), name='peer_revision_unique')],
            },
        ),
        migrations.CreateModel(
            name='NodeStatus',
            fields=[
                ('server', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='status', serialize=False, to='vpn.server')),
                ('applied_revision', models.BigIntegerField(default=0)),
                ('applied_epoch', models.UUIDField(null=True)),
                ('interface_epoch', models.CharField(blank=True, max_length=128)),
                ('last_report_id', models.BigIntegerField(default=0)),
                ('last_report_at', models.DateTimeField(null=True)),
                ('agent_version', models.CharField(blank=True, max_length=32)),
                ('cpu_percent', models.FloatField(null=True)),
                ('memory_percent', models.FloatField(null=True)),
                ('peer_count', models.IntegerField(null=True)),
                ('rx_bytes', models.BigIntegerField(null=True)),
                ('tx_bytes', models.BigIntegerField(null=True)),
                ('in_sync', models.BooleanField(help_text="Whether the interface's hash was the desired one, when last compared.", null=True)),
                ('egress_address', models.GenericIPAddressField(help_text="The node's own address, as its reports come from it: what the world sees of its customers.", null=True)),
                ('failed_keys', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=44), default=list, help_text="Peers that the node's interface does not take.", size=None)),
                ('lost_at', models.DateTimeField(help_text="When the node's connection broke off; empty as soon as it is heard of again.", null=True)),
                ('offered_ports', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), default=list, help_text='Extra UDP ports that the node really offers now.', size=None)),
                ('own_addresses', django.contrib.postgres.fields.ArrayField(base_field=models.GenericIPAddressField(), default=list, help_text="The node's public addresses as it knows them, one a family: its customers may be seen at either.", size=None)),
            ],
            options={
                'verbose_name_plural': 'node statuses',
                'indexes': [models.Index(fields=['last_report_at'], name='nodestatus_report_idx')],
            },
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('silent', 'The node is silent'), ('drift', 'The interface is not what it should be'), ('usage_drift', "Customers' usage is not what the node carried"), ('full', 'The server fills up'), ('failed_peers', 'The node cannot hold some peers')], max_length=12)),
                ('detail', models.CharField(blank=True, max_length=300)),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('server', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='vpn.server')),
            ],
            options={
                'ordering': ['-opened_at', '-id'],
                'indexes': [models.Index(fields=['server', '-opened_at'], name='alert_server_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('server', 'kind'), name='alert_one_open')],
            },
        ),
        migrations.CreateModel(
            name='EmergencyStop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('server', 'One server'), ('location', 'One location'), ('fleet', 'The whole fleet')], max_length=8)),
                ('reason', models.CharField(max_length=200)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('location', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stops', to='vpn.location')),
                ('server', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stops', to='vpn.server')),
                ('started_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-started_at', '-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('location__isnull', True), ('scope', 'server'), ('server__isnull', False)), models.Q(('location__isnull', False), ('scope', 'location'), ('server__isnull', True)), models.Q(('location__isnull', True), ('scope', 'fleet'), ('server__isnull', True)), _connector='OR'), name='emergencystop_scope_fits'), models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('scope', 'server', 'location'), name='emergencystop_one_open', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120)),
                ('impact', models.CharField(choices=[('degraded', 'Degraded'), ('down', 'Down'), ('maintenance', 'Maintenance')], max_length=11)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('locations', models.ManyToManyField(blank=True, help_text='Empty: everywhere.', related_name='incidents', to='vpn.location')),
            ],
            options={
                'ordering': ['-started_at', '-id'],
                'indexes': [models.Index(fields=['-started_at'], name='incident_started_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('resolved_at__isnull', True), ('resolved_at__gte', models.F('started_at')), _connector='OR'), name='incident_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='IncidentUpdate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('written_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('text', models.TextField(max_length=2000)),
                ('incident', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='updates', to='vpn.incident')),
            ],
            options={
                'ordering': ['written_at', 'id'],
                'indexes': [models.Index(fields=['incident', 'written_at'], name='incidentupdate_order_idx')],
            },
        ),
        migrations.CreateModel(
            name='NodeTotal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('interface_epoch', models.CharField(max_length=128)),
                ('rx', models.BigIntegerField()),
                ('tx', models.BigIntegerField()),
                ('counted_rx', models.BigIntegerField(default=0)),
                ('counted_tx', models.BigIntegerField(default=0)),
                ('grown_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('server', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='vpn.server')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('server', 'interface_epoch'), name='nodetotal_epoch_unique'), models.CheckConstraint(condition=models.Q(('rx__gte', 0), ('tx__gte', 0)), name='nodetotal_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Outage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('server', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='outages', to='vpn.server')),
            ],
            options={
                'ordering': ['-started_at', '-id'],
                'indexes': [models.Index(fields=['server', '-started_at'], name='outage_server_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('server',), name='outage_one_open'), models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('ended_at__gte', models.F('started_at')), _connector='OR'), name='outage_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='QuotaMeter',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='quota_meter', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('period_start', models.DateField()),
                ('resets_at', models.DateTimeField()),
                ('quota_bytes', models.BigIntegerField()),
                ('used_bytes', models.BigIntegerField(default=0)),
                ('warned', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(fields=['resets_at'], name='quotameter_reset_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quota_bytes__gt', 0)), name='quotameter_quota_positive'), models.CheckConstraint(condition=models.Q(('used_bytes__gte', 0)), name='quotameter_not_negative'), models.CheckConstraint(condition=models.Q(('warned__in', (0, 80, 100))), name='quotameter_warned_known')],
            },
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('watched_from', models.DateTimeField()),
                ('watched_until', models.DateTimeField()),
            ],
            options={
                'ordering': ['-watched_from'],
                'indexes': [models.Index(fields=['-watched_until'], name='watch_until_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('watched_until__gte', models.F('watched_from'))), name='watch_forward')],
                'verbose_name_plural': 'watches',
            },
        ),
    ]
    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[Together(in_parts)]),
        Together(operations),
        migrations.RunSQL(PARTITIONED, BACK),
        migrations.RunSQL(RANGES, migrations.RunSQL.noop),
    ]
