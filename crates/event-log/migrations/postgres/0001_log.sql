-- The log. Rows of the first five tables are written once and never change: whoever writes with another program
-- is told so by the triggers below, and the role that a server runs as has only INSERT and SELECT on them (see
-- `assent migrate --runtime-role`). Instants are microseconds since 1970, UTC.

CREATE TABLE events (
    position  BIGINT NOT NULL PRIMARY KEY               -- 1, 2, 3 and so on without a gap: Merkle leaf index + 1
                     CHECK (position BETWEEN 1 AND 1099511627775),
    entry     BYTEA  NOT NULL                           -- body and stamp, exactly as hashed; at most 65,535 bytes
                     CHECK (length(entry) <= 65535),
    leaf_hash BYTEA  NOT NULL                           -- SHA-256(0x00 || entry): derived, compared on reading
                     CHECK (length(leaf_hash) = 32)
);

CREATE TABLE requests (
    key      BYTEA  NOT NULL PRIMARY KEY                -- what a request id hashes to, 32 bytes
                    CHECK (length(key) = 32),
    position BIGINT NOT NULL                            -- the entry that holds the request's outcome
);

CREATE TABLE commits (
    start BIGINT NOT NULL PRIMARY KEY,                  -- size of the log before this append: the guard
    size  BIGINT NOT NULL CHECK (size > start),         -- size of the log after it
    root  BYTEA  NOT NULL CHECK (length(root) = 32),    -- RFC 6962 root of the first `size` entries
    at    BIGINT NOT NULL                               -- recorded_at of every entry of this append, microseconds
);

CREATE TABLE tiles (
    level BIGINT NOT NULL,                              -- 0: the bottom row is leaf hashes
    idx   BIGINT NOT NULL,                              -- place in the level, from 0
    nodes BYTEA  NOT NULL                               -- 511 hashes, bottom row first, root last
                 CHECK (length(nodes) = 16352),
    PRIMARY KEY (level, idx)
);

CREATE TABLE documents (
    sha256     BYTEA NOT NULL PRIMARY KEY               -- plain SHA-256 of the content
                     CHECK (length(sha256) = 32),
    media_type TEXT  NOT NULL,                          -- as it was first given
    content    BYTEA NOT NULL
);

-- Everything about a person that must be able to vanish. The only rows that may be deleted: deleting is erasure.
CREATE TABLE vault (
    id                  BYTEA NOT NULL PRIMARY KEY      -- key id of a sealed box, random
                              CHECK (length(id) = 16),
    master_key_id       BYTEA,                          -- which master key wraps; changes at rotation
    wrapped_key         BYTEA,                          -- the box's key, wrapped; changes at rotation
    email_index         BYTEA,                          -- keyed fingerprint of the e-mail address, never changes
    contact_fingerprint BYTEA,                          -- keyed fingerprint of the contact, never changes
    request_fingerprint BYTEA                           -- keyed fingerprint of the request, never changes
);

-- Keys of the vault itself, wrapped by the master key.
CREATE TABLE vault_keys (
    name          TEXT  NOT NULL PRIMARY KEY,           -- `fingerprint`
    master_key_id BYTEA NOT NULL,                       -- which master key wraps; changes at rotation
    check_value   BYTEA NOT NULL,                       -- tells a wrong master key; changes at rotation
    wrapped       BYTEA NOT NULL                        -- the key, wrapped; changes at rotation
);

-- One row for each replica that runs, written anew every second: a replica whose row was committed was connected to
-- the primary, and so is as fresh as that. Not part of the log.
CREATE TABLE heartbeats (
    replica BYTEA  NOT NULL PRIMARY KEY                 -- drawn at random when the process starts
                   CHECK (length(replica) = 16),
    at      BIGINT NOT NULL                             -- the database's clock
) WITH (fillfactor = 50);

-- Hashes and small messages do not compress: storing them as they are saves the attempt.
ALTER TABLE events ALTER COLUMN entry SET STORAGE EXTERNAL;
ALTER TABLE tiles ALTER COLUMN nodes SET STORAGE EXTERNAL;

CREATE FUNCTION assent_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% are append-only', TG_TABLE_NAME;
END;
$$;

CREATE FUNCTION assent_refuse_vault_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'only the wrapped key of a vault row may change';
END;
$$;

CREATE TRIGGER events_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION assent_refuse_change();
CREATE TRIGGER requests_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON requests
FOR EACH STATEMENT EXECUTE FUNCTION assent_refuse_change();
CREATE TRIGGER commits_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON commits
FOR EACH STATEMENT EXECUTE FUNCTION assent_refuse_change();
CREATE TRIGGER tiles_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON tiles
FOR EACH STATEMENT EXECUTE FUNCTION assent_refuse_change();
CREATE TRIGGER documents_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON documents
FOR EACH STATEMENT EXECUTE FUNCTION assent_refuse_change();

CREATE TRIGGER vault_rows_only_change_their_wrapping
BEFORE UPDATE OF id, email_index, contact_fingerprint, request_fingerprint ON vault
FOR EACH STATEMENT EXECUTE FUNCTION assent_refuse_vault_change();
CREATE TRIGGER vault_rows_are_erased_one_by_one BEFORE TRUNCATE ON vault
FOR EACH STATEMENT EXECUTE FUNCTION assent_refuse_change();
