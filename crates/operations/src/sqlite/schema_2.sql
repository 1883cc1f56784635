-- Several items an operation, fairness between tenants, keys of repetition. An operation of version 1 has one item, which is
-- its whole; the columns `attempts` of operation and `queued` of item are kept as they were.
ALTER TABLE operation ADD COLUMN priority INTEGER NOT NULL DEFAULT 1;
ALTER TABLE operation ADD COLUMN parent BLOB;
-- 0 while an open planner or join may still add items.
ALTER TABLE operation ADD COLUMN planned INTEGER NOT NULL DEFAULT 1;
-- 1 if a join item is to be added when all others have ended.
ALTER TABLE operation ADD COLUMN joins INTEGER NOT NULL DEFAULT 0;
-- How many items there will be in all, where more stages are to come: progress is measured against it.
ALTER TABLE operation ADD COLUMN items_expected INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operation ADD COLUMN incumbent_blob TEXT;
ALTER TABLE operation ADD COLUMN incumbent_rank TEXT;
-- What is to be begun, as an operation of its own, when this one ends.
ALTER TABLE operation ADD COLUMN then_kind TEXT;
ALTER TABLE operation ADD COLUMN then_blob TEXT;
ALTER TABLE operation ADD COLUMN stored_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operation ADD COLUMN traceparent TEXT;
ALTER TABLE operation ADD COLUMN schema_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE operation ADD COLUMN build TEXT;
CREATE INDEX operation_kind ON operation (kind, id);

ALTER TABLE item ADD COLUMN tenant TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN priority INTEGER NOT NULL DEFAULT 1;
ALTER TABLE item ADD COLUMN role TEXT NOT NULL DEFAULT 'whole';
ALTER TABLE item ADD COLUMN weight INTEGER NOT NULL DEFAULT 1;
-- 1 if the item's failure is that of its operation.
ALTER TABLE item ADD COLUMN required INTEGER NOT NULL DEFAULT 1;
-- 1 from when an owner died without a word: such an item has its process to itself.
ALTER TABLE item ADD COLUMN alone INTEGER NOT NULL DEFAULT 0;
ALTER TABLE item ADD COLUMN progress REAL NOT NULL DEFAULT 0;
ALTER TABLE item ADD COLUMN input_blob TEXT;
ALTER TABLE item ADD COLUMN output_blob TEXT;
ALTER TABLE item ADD COLUMN schema_version INTEGER NOT NULL DEFAULT 1;
UPDATE item SET tenant = (SELECT tenant FROM operation WHERE id = item.op);

DROP INDEX item_ready;
CREATE INDEX item_ready ON item (tenant, priority, not_before, op, seq, kind) WHERE state = 'ready';
CREATE INDEX item_alone ON item (not_before) WHERE state = 'ready' AND alone = 1;

-- A request sent twice under one key is one operation, for as long as that operation can be seen.
CREATE TABLE idempotency (
    tenant    TEXT NOT NULL,
    route     TEXT NOT NULL,
    key       TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    op        BLOB NOT NULL,
    PRIMARY KEY (tenant, route, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_op ON idempotency (op);

-- What a tenant has waiting, running and stored, by class; and how much service it has had.
CREATE TABLE tenant_usage (
    tenant       TEXT    NOT NULL,
    priority     INTEGER NOT NULL,
    queued       INTEGER NOT NULL DEFAULT 0,
    running      INTEGER NOT NULL DEFAULT 0,
    stored_bytes INTEGER NOT NULL DEFAULT 0,
    virtual_time INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, priority)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_clock ON tenant_usage (priority, virtual_time);
INSERT INTO tenant_usage (tenant, priority, queued, running)
    SELECT tenant, 1, sum(state = 'ready'), sum(state = 'leased') FROM item GROUP BY tenant;

-- Values that are replaced by compare and set, such as the active dataset.
CREATE TABLE pointer (
    name       TEXT    NOT NULL PRIMARY KEY,
    generation INTEGER NOT NULL,
    value      TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
