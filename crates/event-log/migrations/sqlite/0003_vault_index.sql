-- Finds the rows that hold an e-mail address, a page at a time. Rows without one (employees, texts, requests) are not in
-- it, so that they cost an append nothing (docs/decisions/storage.md). The entry goes with its row.
CREATE INDEX vault_by_email ON vault (email_index, id) WHERE email_index IS NOT NULL;
