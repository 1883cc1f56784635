-- Operations as their owners see them. Payloads are named by reference (see payload.rs), never held in the row,
-- because the row is rewritten at each step. State 'expired' marks what is about to be deleted with its files.
CREATE TABLE operation (
    id               BLOB    NOT NULL PRIMARY KEY,
    tenant           TEXT    NOT NULL,
    kind             TEXT    NOT NULL,
    dataset          TEXT,
    state            TEXT    NOT NULL,
    version          INTEGER NOT NULL,
    created          INTEGER NOT NULL,
    started          INTEGER,
    finished         INTEGER,
    expires          INTEGER,
    touched          INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    items_total      INTEGER NOT NULL,
    items_done       INTEGER NOT NULL DEFAULT 0,
    items_failed     INTEGER NOT NULL DEFAULT 0,
    attempts         INTEGER NOT NULL DEFAULT 0,
    progress         REAL    NOT NULL DEFAULT 0,
    request_blob     TEXT    NOT NULL,
    result_blob      TEXT,
    error_code       TEXT,
    error_message    TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX operation_tenant ON operation (tenant, id);
CREATE INDEX operation_expiry ON operation (expires) WHERE expires IS NOT NULL;
CREATE INDEX operation_tombstone ON operation (id) WHERE state = 'expired';

-- The parts that workers take: 'ready', 'leased', 'done', 'failed' or 'canceled'. `attempt` is the fence and only
-- grows; `uncharged` counts the attempts that were handed back in order and do not count towards the limit.
CREATE TABLE item (
    op            BLOB    NOT NULL,
    seq           INTEGER NOT NULL,
    kind          TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    attempt       INTEGER NOT NULL DEFAULT 0,
    uncharged     INTEGER NOT NULL DEFAULT 0,
    queued        INTEGER NOT NULL,
    not_before    INTEGER NOT NULL,
    lease_owner   TEXT,
    lease_until   INTEGER,
    error_code    TEXT,
    error_message TEXT,
    PRIMARY KEY (op, seq)
) STRICT, WITHOUT ROWID;

-- Oldest first; the other columns are there so that a claim skips foreign kinds without leaving the index.
CREATE INDEX item_ready ON item (queued, op, seq, kind, not_before) WHERE state = 'ready';
CREATE INDEX item_leased ON item (lease_until) WHERE state = 'leased';

CREATE TABLE payload (
    id    INTEGER NOT NULL PRIMARY KEY,
    bytes BLOB    NOT NULL
) STRICT;

-- Who may ask. Only the hash of a key is kept.
CREATE TABLE "key" (
    name    TEXT    NOT NULL PRIMARY KEY,
    tenant  TEXT    NOT NULL,
    hash    BLOB    NOT NULL UNIQUE,
    rate    REAL,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
