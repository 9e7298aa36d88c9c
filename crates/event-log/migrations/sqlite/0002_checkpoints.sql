-- Signed checkpoints, each once and for ever: what the ledger has promised to whoever has seen one.

CREATE TABLE checkpoints (
    size      INTEGER NOT NULL PRIMARY KEY              -- of the log that is signed: a commit's size
                      CHECK (size > 0),
    note      TEXT    NOT NULL,                         -- C2SP tlog-checkpoint: body, signatures, cosignatures
    signed_at INTEGER NOT NULL                          -- microseconds since 1970, UTC
) STRICT;

CREATE TRIGGER checkpoints_are_never_updated BEFORE UPDATE ON checkpoints
BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only');
END;
CREATE TRIGGER checkpoints_are_never_deleted BEFORE DELETE ON checkpoints
BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only');
END;
CREATE TRIGGER checkpoints_are_never_replaced BEFORE INSERT ON checkpoints
WHEN EXISTS (SELECT 1 FROM checkpoints WHERE size = NEW.size)
BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only: this size is signed');
END;
