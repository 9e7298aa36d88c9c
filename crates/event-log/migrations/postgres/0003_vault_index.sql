-- Finds the rows that hold an e-mail address, a page at a time. Rows without one (employees, texts, requests) are not in
-- it, so that they cost an append nothing (docs/decisions/storage.md). The entry goes with its row.
CREATE INDEX vault_by_email ON vault (email_index, id) WHERE email_index IS NOT NULL;

-- The only table of which rows are deleted or updated. What an erasure or a rotation left behind is cleared away at the
-- next round of autovacuum, however few rows they are: by default one row in five has to be dead first.
ALTER TABLE vault SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
