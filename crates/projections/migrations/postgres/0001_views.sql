-- Read models: facts and instants, never verdicts (who needs an acceptance changes with the clock). They are made
-- from the log and can be thrown away. Each edition and each rebuild of them has a schema of its own, in which these
-- are made. Half of a page of the tables of states is left free: a row is then changed without touching an index.
-- Ids sort by their bytes. All instants are microseconds since 1970-01-01T00:00:00Z.

CREATE TABLE projections (
    name     TEXT COLLATE "C" NOT NULL, -- what the projection is called
    edition  BIGINT NOT NULL, -- another edition of the code has rows of its own
    ledger   BYTEA NOT NULL, -- leaf hash of the log's first event: whose read models these are
    position BIGINT NOT NULL, -- the last position applied; the fence of every write
    leaf_hash BYTEA NOT NULL, -- of the event at that position: the rows are of a log that has it; empty at 0
    state    BYTEA NOT NULL, -- what concerns the ledger as a whole, encoded
    PRIMARY KEY (name, edition)
);

CREATE TABLE partners (
    partner_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    program    TEXT COLLATE "C", -- NULL: mentioned, not registered
    country    TEXT COLLATE "C",
    status     TEXT COLLATE "C",
    state      BYTEA NOT NULL -- all facts and their history, encoded
) WITH (fillfactor = 50);

CREATE TABLE customers (
    customer_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    mentioned   BIGINT NOT NULL, -- the last event that names it, but for acceptances; 0 where there is none
    country     TEXT COLLATE "C", -- NULL: mentioned, not registered
    cloud       TEXT COLLATE "C",
    state       BYTEA NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE relationships (
    partner_id  TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    position    BIGINT NOT NULL, -- the last event of its stream, but for acceptances; 0 where there is none
    revision    BIGINT NOT NULL, -- how many events its stream has, but for acceptances
    in_force    BOOLEAN NOT NULL, -- false also where it was never established
    state       BYTEA NOT NULL, -- all but its acceptances
    PRIMARY KEY (partner_id, customer_id)
) WITH (fillfactor = 50);

-- An event that records an acceptance has its row here, and none in `event_index`.
CREATE TABLE acceptances (
    position     BIGINT NOT NULL PRIMARY KEY, -- of the event that recorded it
    type         TEXT COLLATE "C" NOT NULL,
    partner_id   TEXT COLLATE "C" NOT NULL,
    customer_id  TEXT COLLATE "C" NOT NULL,
    reseller_id  TEXT COLLATE "C",
    agreement_id TEXT COLLATE "C" NOT NULL,
    version      TEXT COLLATE "C" NOT NULL,
    method       TEXT COLLATE "C" NOT NULL,
    recorded_at  BIGINT NOT NULL,
    accepted_at  BIGINT NOT NULL,
    confirmed_at BIGINT NOT NULL,
    backfilled   BOOLEAN NOT NULL,
    box_id       BYTEA, -- key id of the contact's box: what a vault row belongs to
    corrected_by BIGINT, -- position of the acceptance that corrected it
    voided_by    BIGINT -- position of the event that voided it
);
CREATE INDEX acceptances_by_box ON acceptances (box_id, position) WHERE box_id IS NOT NULL;
CREATE INDEX acceptances_by_reseller ON acceptances (reseller_id, position) WHERE reseller_id IS NOT NULL;
CREATE INDEX acceptances_by_partner ON acceptances (partner_id, position);
CREATE INDEX acceptances_by_customer ON acceptances (customer_id, position);
CREATE INDEX acceptances_by_type ON acceptances (type, position);

CREATE TABLE obligations (
    position     BIGINT NOT NULL PRIMARY KEY, -- of the withdrawal that opened it
    partner_id   TEXT COLLATE "C" NOT NULL,
    customer_id  TEXT COLLATE "C" NOT NULL,
    agreement_id TEXT COLLATE "C" NOT NULL,
    withdrawn_at BIGINT NOT NULL,
    voided_by    BIGINT, -- position of the event that voided the withdrawal
    cancelled_by BIGINT, -- position of the event that recorded the cancellation
    cancelled_at BIGINT
);
CREATE INDEX obligations_by_partner ON obligations (partner_id, position);

CREATE TABLE evidence (
    position     BIGINT NOT NULL PRIMARY KEY, -- of the event that submitted it
    partner_id   TEXT COLLATE "C" NOT NULL,
    customer_id  TEXT COLLATE "C" NOT NULL,
    reseller_id  TEXT COLLATE "C" NOT NULL,
    agreement_id TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL
);
CREATE INDEX evidence_by_partner ON evidence (partner_id, position);

-- The events that record no acceptance.
CREATE TABLE event_index (
    position    BIGINT NOT NULL PRIMARY KEY,
    type        TEXT COLLATE "C" NOT NULL,
    partner_id  TEXT COLLATE "C",
    customer_id TEXT COLLATE "C",
    reseller_id TEXT COLLATE "C",
    box_id      BYTEA -- key id of the contact's box: what a vault row belongs to
);
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
       to_char(to_timestamp(accepted_at / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS accepted_at,
       position
FROM acceptances
WHERE corrected_by IS NULL AND voided_by IS NULL;
