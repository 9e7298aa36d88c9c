-- Signed checkpoints, each once and for ever: what the ledger has promised to whoever has seen one.

CREATE TABLE checkpoints (
    size      BIGINT NOT NULL PRIMARY KEY               -- of the log that is signed: a commit's size
                     CHECK (size > 0),
    note      TEXT   NOT NULL,                          -- C2SP tlog-checkpoint: body, signatures, cosignatures
    signed_at BIGINT NOT NULL                           -- microseconds since 1970, UTC
);

CREATE TRIGGER checkpoints_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoints
FOR EACH STATEMENT EXECUTE FUNCTION assent_refuse_change();
