-- Read models: facts and instants, never verdicts (who needs an acceptance changes with the clock). They are made
-- from the log and can be thrown away. They lie in a file of their own, so that writing them never holds the lock
-- that an append needs. All instants are microseconds since 1970-01-01T00:00:00Z.

CREATE TABLE projections (
    name     TEXT    NOT NULL,  -- what the projection is called
    edition  INTEGER NOT NULL,  -- another edition of the code has rows of its own
    ledger   BLOB    NOT NULL,  -- leaf hash of the log's first event: whose read models these are
    position INTEGER NOT NULL,  -- the last position applied; the fence of every write
    leaf_hash BLOB   NOT NULL,  -- of the event at that position: the rows are of a log that has it; empty at 0
    state    BLOB    NOT NULL,  -- what concerns the ledger as a whole, encoded
    PRIMARY KEY (name, edition)
) STRICT;

CREATE TABLE partners (
    partner_id TEXT NOT NULL PRIMARY KEY,
    program    TEXT,            -- NULL: mentioned, not registered
    country    TEXT,
    status     TEXT,
    state      BLOB NOT NULL    -- all facts and their history, encoded
) STRICT, WITHOUT ROWID;

CREATE TABLE customers (
    customer_id TEXT    NOT NULL PRIMARY KEY,
    mentioned   INTEGER NOT NULL,  -- the last event that names it, but for acceptances; 0 where there is none
    country     TEXT,              -- NULL: mentioned, not registered
    cloud       TEXT,
    state       BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE relationships (
    partner_id  TEXT    NOT NULL,
    customer_id TEXT    NOT NULL,
    position    INTEGER NOT NULL,  -- the last event of its stream, but for acceptances; 0 where there is none
    revision    INTEGER NOT NULL,  -- how many events its stream has, but for acceptances
    in_force    INTEGER NOT NULL,  -- 1 or 0; 0 also where it was never established
    state       BLOB    NOT NULL,  -- all but its acceptances
    PRIMARY KEY (partner_id, customer_id)
) STRICT, WITHOUT ROWID;

-- An event that records an acceptance has its row here, and none in `event_index`.
CREATE TABLE acceptances (
    position     INTEGER NOT NULL PRIMARY KEY,  -- of the event that recorded it
    type         TEXT    NOT NULL,
    partner_id   TEXT    NOT NULL,
    customer_id  TEXT    NOT NULL,
    reseller_id  TEXT,
    agreement_id TEXT    NOT NULL,
    version      TEXT    NOT NULL,
    method       TEXT    NOT NULL,
    recorded_at  INTEGER NOT NULL,
    accepted_at  INTEGER NOT NULL,
    confirmed_at INTEGER NOT NULL,
    backfilled   INTEGER NOT NULL,              -- 1 or 0
    box_id       BLOB,                          -- key id of the contact's box: what a vault row belongs to
    corrected_by INTEGER,                       -- position of the acceptance that corrected it
    voided_by    INTEGER                        -- position of the event that voided it
) STRICT;
CREATE INDEX acceptances_by_box ON acceptances (box_id, position) WHERE box_id IS NOT NULL;
CREATE INDEX acceptances_by_reseller ON acceptances (reseller_id, position) WHERE reseller_id IS NOT NULL;
CREATE INDEX acceptances_by_partner ON acceptances (partner_id, position);
CREATE INDEX acceptances_by_customer ON acceptances (customer_id, position);
CREATE INDEX acceptances_by_type ON acceptances (type, position);

CREATE TABLE obligations (
    position     INTEGER NOT NULL PRIMARY KEY,  -- of the withdrawal that opened it
    partner_id   TEXT    NOT NULL,
    customer_id  TEXT    NOT NULL,
    agreement_id TEXT    NOT NULL,
    withdrawn_at INTEGER NOT NULL,
    voided_by    INTEGER,                       -- position of the event that voided the withdrawal
    cancelled_by INTEGER,                       -- position of the event that recorded the cancellation
    cancelled_at INTEGER
) STRICT;
CREATE INDEX obligations_by_partner ON obligations (partner_id, position);

CREATE TABLE evidence (
    position     INTEGER NOT NULL PRIMARY KEY,  -- of the event that submitted it
    partner_id   TEXT    NOT NULL,
    customer_id  TEXT    NOT NULL,
    reseller_id  TEXT    NOT NULL,
    agreement_id TEXT    NOT NULL,
    state        TEXT    NOT NULL
) STRICT;
CREATE INDEX evidence_by_partner ON evidence (partner_id, position);

-- The events that record no acceptance.
CREATE TABLE event_index (
    position    INTEGER NOT NULL PRIMARY KEY,
    type        TEXT    NOT NULL,
    partner_id  TEXT,
    customer_id TEXT,
    reseller_id TEXT,
    box_id      BLOB                            -- key id of the contact's box: what a vault row belongs to
) STRICT;
CREATE INDEX event_index_by_box ON event_index (box_id, position) WHERE box_id IS NOT NULL;
CREATE INDEX event_index_by_reseller ON event_index (reseller_id, position) WHERE reseller_id IS NOT NULL;
CREATE INDEX event_index_by_partner ON event_index (partner_id, position) WHERE partner_id IS NOT NULL;
CREATE INDEX event_index_by_customer ON event_index (customer_id, position) WHERE customer_id IS NOT NULL;
CREATE INDEX event_index_by_type ON event_index (type, position);

-- Every event, by whichever table has its row.
CREATE VIEW every_event AS
SELECT position, type, partner_id, customer_id, reseller_id, box_id
FROM event_index
UNION ALL
SELECT position, type, partner_id, customer_id, reseller_id, box_id
FROM acceptances;

-- For people with a SQL client: the acceptances that were neither corrected nor voided, with readable instants.
CREATE VIEW standing_acceptances AS
SELECT partner_id,
       customer_id,
       agreement_id,
       version,
       method,
       strftime('%Y-%m-%dT%H:%M:%SZ', accepted_at / 1000000, 'unixepoch') AS accepted_at,
       position
FROM acceptances
WHERE corrected_by IS NULL AND voided_by IS NULL;
