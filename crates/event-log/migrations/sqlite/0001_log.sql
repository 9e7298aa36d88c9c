-- The log. Rows of the first five tables are written once and never change; the triggers below say so to
-- whoever comes with another program. Instants are microseconds since 1970, UTC.

CREATE TABLE events (
    position  INTEGER NOT NULL PRIMARY KEY              -- 1, 2, 3 and so on without a gap: Merkle leaf index + 1
                      CHECK (position BETWEEN 1 AND 1099511627775),
    entry     BLOB    NOT NULL                          -- body and stamp, exactly as hashed; at most 65,535 bytes
                      CHECK (length(entry) <= 65535),
    leaf_hash BLOB    NOT NULL                          -- SHA-256(0x00 || entry): derived, compared on reading
                      CHECK (length(leaf_hash) = 32)
) STRICT;

CREATE TABLE requests (
    key      BLOB    NOT NULL PRIMARY KEY               -- what a request id hashes to, 32 bytes
                     CHECK (length(key) = 32),
    position INTEGER NOT NULL                           -- the entry that holds the request's outcome
) STRICT, WITHOUT ROWID;

CREATE TABLE commits (
    start INTEGER NOT NULL PRIMARY KEY,                 -- size of the log before this append: the guard
    size  INTEGER NOT NULL CHECK (size > start),        -- size of the log after it
    root  BLOB    NOT NULL CHECK (length(root) = 32),   -- RFC 6962 root of the first `size` entries
    at    INTEGER NOT NULL                              -- recorded_at of every entry of this append, microseconds
) STRICT;

CREATE TABLE tiles (
    level INTEGER NOT NULL,                             -- 0: the bottom row is leaf hashes
    idx   INTEGER NOT NULL,                             -- place in the level, from 0
    nodes BLOB    NOT NULL                              -- 511 hashes, bottom row first, root last
                  CHECK (length(nodes) = 16352),
    PRIMARY KEY (level, idx)
) STRICT;

CREATE TABLE documents (
    sha256     BLOB NOT NULL PRIMARY KEY                -- plain SHA-256 of the content
                    CHECK (length(sha256) = 32),
    media_type TEXT NOT NULL,                           -- as it was first given
    content    BLOB NOT NULL
) STRICT;

-- Everything about a person that must be able to vanish. The only rows that may be deleted: deleting is erasure.
CREATE TABLE vault (
    id                  BLOB NOT NULL PRIMARY KEY       -- key id of a sealed box, random
                             CHECK (length(id) = 16),
    master_key_id       BLOB,                           -- which master key wraps; changes at rotation
    wrapped_key         BLOB,                           -- the box's key, wrapped; changes at rotation
    email_index         BLOB,                           -- keyed fingerprint of the e-mail address, never changes
    contact_fingerprint BLOB,                           -- keyed fingerprint of the contact, never changes
    request_fingerprint BLOB                            -- keyed fingerprint of the request, never changes
) STRICT;

-- Keys of the vault itself, wrapped by the master key.
CREATE TABLE vault_keys (
    name          TEXT NOT NULL PRIMARY KEY,            -- `fingerprint`
    master_key_id BLOB NOT NULL,                        -- which master key wraps; changes at rotation
    check_value   BLOB NOT NULL,                        -- tells a wrong master key; changes at rotation
    wrapped       BLOB NOT NULL                         -- the key, wrapped; changes at rotation
) STRICT;

-- INSERT OR REPLACE deletes the old row without asking a DELETE trigger, unless recursive_triggers is on in that
-- connection; so an existing key is refused before the insert as well.

CREATE TRIGGER events_are_never_updated BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;
CREATE TRIGGER events_are_never_replaced BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'events are append-only: this position exists');
END;

CREATE TRIGGER requests_are_never_updated BEFORE UPDATE ON requests
BEGIN
    SELECT RAISE(ABORT, 'requests are append-only');
END;
CREATE TRIGGER requests_are_never_deleted BEFORE DELETE ON requests
BEGIN
    SELECT RAISE(ABORT, 'requests are append-only');
END;
CREATE TRIGGER requests_are_never_replaced BEFORE INSERT ON requests
WHEN EXISTS (SELECT 1 FROM requests WHERE key = NEW.key)
BEGIN
    SELECT RAISE(ABORT, 'requests are append-only: this key exists');
END;

CREATE TRIGGER commits_are_never_updated BEFORE UPDATE ON commits
BEGIN
    SELECT RAISE(ABORT, 'commits are append-only');
END;
CREATE TRIGGER commits_are_never_deleted BEFORE DELETE ON commits
BEGIN
    SELECT RAISE(ABORT, 'commits are append-only');
END;
CREATE TRIGGER commits_are_never_replaced BEFORE INSERT ON commits
WHEN EXISTS (SELECT 1 FROM commits WHERE start = NEW.start)
BEGIN
    SELECT RAISE(ABORT, 'commits are append-only: this start exists');
END;

CREATE TRIGGER tiles_are_never_updated BEFORE UPDATE ON tiles
BEGIN
    SELECT RAISE(ABORT, 'tiles are append-only');
END;
CREATE TRIGGER tiles_are_never_deleted BEFORE DELETE ON tiles
BEGIN
    SELECT RAISE(ABORT, 'tiles are append-only');
END;
CREATE TRIGGER tiles_are_never_replaced BEFORE INSERT ON tiles
WHEN EXISTS (SELECT 1 FROM tiles WHERE level = NEW.level AND idx = NEW.idx)
BEGIN
    SELECT RAISE(ABORT, 'tiles are append-only: this tile exists');
END;

CREATE TRIGGER documents_are_never_updated BEFORE UPDATE ON documents
BEGIN
    SELECT RAISE(ABORT, 'documents are append-only');
END;
CREATE TRIGGER documents_are_never_deleted BEFORE DELETE ON documents
BEGIN
    SELECT RAISE(ABORT, 'documents are append-only');
END;
CREATE TRIGGER documents_are_never_replaced BEFORE INSERT ON documents
WHEN EXISTS (SELECT 1 FROM documents WHERE sha256 = NEW.sha256)
BEGIN
    SELECT RAISE(ABORT, 'documents are append-only: this document exists');
END;

CREATE TRIGGER vault_rows_only_change_their_wrapping
BEFORE UPDATE OF id, email_index, contact_fingerprint, request_fingerprint ON vault
BEGIN
    SELECT RAISE(ABORT, 'only the wrapped key of a vault row may change');
END;
CREATE TRIGGER vault_rows_are_never_replaced BEFORE INSERT ON vault
WHEN EXISTS (SELECT 1 FROM vault WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'this vault row exists');
END;
