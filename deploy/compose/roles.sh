#!/bin/sh
# Runs once, when PostgreSQL makes its files: the role of the servers, which owns nothing.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set=password="$(cat "$ASSENT_PASSWORD_FILE")" <<'SQL'
CREATE ROLE assent LOGIN PASSWORD :'password';
SQL
