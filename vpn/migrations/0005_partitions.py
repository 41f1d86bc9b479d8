from django.db import migrations

# Ranges of a time column, a default partition for what no range covers, and the present and the next two of each range.
# `vpn.partitions` makes later ones in time and drops old ones. Names of constraints and indexes stay those of the models.
_TABLES = """
ALTER TABLE vpn_usagerecord RENAME TO vpn_usagerecord_flat;
ALTER TABLE vpn_usagerecord_flat DROP CONSTRAINT usage_device_day_unique;
DROP INDEX usage_user_idx, usage_user_day_idx;
CREATE SEQUENCE vpn_usagerecord_part_id_seq;
CREATE TABLE vpn_usagerecord (
    id bigint NOT NULL DEFAULT nextval('vpn_usagerecord_part_id_seq'),
    record_date date NOT NULL,
    bytes_up bigint NOT NULL,
    bytes_down bigint NOT NULL,
    user_id uuid NOT NULL REFERENCES accounts_user (id) DEFERRABLE INITIALLY DEFERRED,
    device_id uuid NOT NULL REFERENCES vpn_vpnconfig (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (id, record_date),
    CONSTRAINT usage_device_day_unique UNIQUE (device_id, record_date),
    CONSTRAINT usage_not_negative CHECK (bytes_down >= 0 AND bytes_up >= 0)
) PARTITION BY RANGE (record_date);
ALTER SEQUENCE vpn_usagerecord_part_id_seq OWNED BY vpn_usagerecord.id;
CREATE INDEX usage_user_idx ON vpn_usagerecord (user_id);
CREATE INDEX usage_user_day_idx ON vpn_usagerecord (user_id, record_date);
CREATE TABLE vpn_usagerecord_default PARTITION OF vpn_usagerecord DEFAULT WITH (fillfactor = 80);

DROP TABLE vpn_usagemonth;
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

DROP TABLE vpn_nodehour;
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

_RANGES = """
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

_CARRY_OVER = """
INSERT INTO vpn_usagerecord (record_date, bytes_up, bytes_down, user_id, device_id)
SELECT record_date, bytes_up, bytes_down, user_id, device_id FROM vpn_usagerecord_flat;
DROP TABLE vpn_usagerecord_flat;
"""


class Migration(migrations.Migration):
    """Days, months and node hours are partitioned by time, so that forgetting them is dropping a table."""

    dependencies = [("vpn", "0004_assignment_location_required")]

    operations = [migrations.RunSQL(_TABLES), migrations.RunSQL(_RANGES), migrations.RunSQL(_CARRY_OVER)]
