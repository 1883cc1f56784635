-- The tables of schema_1.sql and schema_2.sql of the other store, in PostgreSQL's words; what each column means is said there.
-- Rows are rewritten often: a page keeps room for the next version of its rows, and vacuum comes early.
CREATE TABLE operation (
    id               UUID             NOT NULL PRIMARY KEY,
    tenant           TEXT COLLATE "C" NOT NULL,
    kind             TEXT COLLATE "C" NOT NULL,
    dataset          TEXT,
    state            TEXT COLLATE "C" NOT NULL,
    version          BIGINT           NOT NULL,
    created          BIGINT           NOT NULL,
    started          BIGINT,
    finished         BIGINT,
    expires          BIGINT,
    touched          BIGINT           NOT NULL,
    cancel_requested BIGINT           NOT NULL DEFAULT 0,
    items_total      BIGINT           NOT NULL,
    items_done       BIGINT           NOT NULL DEFAULT 0,
    items_failed     BIGINT           NOT NULL DEFAULT 0,
    items_expected   BIGINT           NOT NULL DEFAULT 0,
    progress         DOUBLE PRECISION NOT NULL DEFAULT 0,
    request_blob     TEXT             NOT NULL,
    result_blob      TEXT,
    error_code       TEXT,
    error_message    TEXT,
    priority         BIGINT           NOT NULL DEFAULT 1,
    parent           UUID,
    planned          BIGINT           NOT NULL DEFAULT 1,
    joins            BIGINT           NOT NULL DEFAULT 0,
    incumbent_blob   TEXT,
    incumbent_rank   TEXT,
    then_kind        TEXT,
    then_blob        TEXT,
    stored_bytes     BIGINT           NOT NULL DEFAULT 0,
    traceparent      TEXT,
    schema_version   BIGINT           NOT NULL DEFAULT 1,
    build            TEXT
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX operation_tenant ON operation (tenant, id);
CREATE INDEX operation_kind ON operation (kind, id);
CREATE INDEX operation_expiry ON operation (expires) WHERE expires IS NOT NULL AND state <> 'expired';
CREATE INDEX operation_tombstone ON operation (id) WHERE state = 'expired';

CREATE TABLE item (
    op             UUID             NOT NULL,
    seq            BIGINT           NOT NULL,
    kind           TEXT COLLATE "C" NOT NULL,
    state          TEXT COLLATE "C" NOT NULL,
    attempt        BIGINT           NOT NULL DEFAULT 0,
    uncharged      BIGINT           NOT NULL DEFAULT 0,
    queued         BIGINT           NOT NULL,
    not_before     BIGINT           NOT NULL,
    lease_owner    TEXT,
    lease_until    BIGINT,
    error_code     TEXT,
    error_message  TEXT,
    tenant         TEXT COLLATE "C" NOT NULL,
    priority       BIGINT           NOT NULL DEFAULT 1,
    role           TEXT COLLATE "C" NOT NULL,
    weight         BIGINT           NOT NULL DEFAULT 1,
    required       BIGINT           NOT NULL DEFAULT 1,
    alone          BIGINT           NOT NULL DEFAULT 0,
    progress       DOUBLE PRECISION NOT NULL DEFAULT 0,
    input_blob     TEXT,
    output_blob    TEXT,
    schema_version BIGINT           NOT NULL DEFAULT 1,
    PRIMARY KEY (op, seq)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX item_ready ON item (tenant, priority, not_before, op, seq) WHERE state = 'ready';
CREATE INDEX item_alone ON item (not_before) WHERE state = 'ready' AND alone = 1;
CREATE INDEX item_leased ON item (lease_until) WHERE state = 'leased';

CREATE TABLE payload (
    id    BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bytes BYTEA  NOT NULL
);

CREATE TABLE "key" (
    name    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant  TEXT             NOT NULL,
    hash    BYTEA            NOT NULL UNIQUE,
    rate    DOUBLE PRECISION,
    created BIGINT           NOT NULL
);

CREATE TABLE idempotency (
    tenant    TEXT COLLATE "C" NOT NULL,
    route     TEXT COLLATE "C" NOT NULL,
    key       TEXT COLLATE "C" NOT NULL,
    body_hash BYTEA            NOT NULL,
    op        UUID             NOT NULL,
    PRIMARY KEY (tenant, route, key)
);
CREATE INDEX idempotency_op ON idempotency (op);

CREATE TABLE tenant_usage (
    tenant       TEXT COLLATE "C" NOT NULL,
    priority     BIGINT           NOT NULL,
    queued       BIGINT           NOT NULL DEFAULT 0,
    running      BIGINT           NOT NULL DEFAULT 0,
    stored_bytes BIGINT           NOT NULL DEFAULT 0,
    virtual_time BIGINT           NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, priority)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE pointer (
    name       TEXT   NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL,
    value      TEXT   NOT NULL
);
