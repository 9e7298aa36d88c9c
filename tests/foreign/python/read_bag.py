"""Reads an export with libraries of others, and fails where they do not agree with it.

bagit validates the folder; the CloudEvents SDK reads every line; pyarrow reads every Parquet file, whose cells must be
those of the CSV file beside it, by the types that columns.csv gives.
"""

import csv
import datetime
import glob
import os
import sys

import bagit
import pyarrow.parquet
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

csv.field_size_limit(1 << 30)


def text_of(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        assert value.utcoffset() == datetime.timedelta(0), value
        form = "%Y-%m-%dT%H:%M:%S.%fZ" if value.microsecond else "%Y-%m-%dT%H:%M:%SZ"
        return value.strftime(form)
    return str(value)


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def tables(folder):
    count = 0
    types = {(row[0], row[1]): row[2] for row in rows_of(os.path.join(folder, "data", "columns.csv"))[1:]}
    names = {"text": "string", "number": "int64", "instant, UTC": "timestamp[us, tz=UTC]", "true or false": "bool"}
    for table in ("acceptances", "decisions"):
        for path in sorted(glob.glob(os.path.join(folder, "data", table, "*.parquet"))):
            read = pyarrow.parquet.read_table(path)
            rows = rows_of(path.replace(".parquet", ".csv"))
            assert rows[0] == read.column_names, path
            for field in read.schema:
                said = types[("%s/*.csv and %s/*.parquet" % (table, table), field.name)]
                assert str(field.type) == names[said], (path, field, said)
            cells = [[text_of(it) for it in row.values()] for row in read.to_pylist()]
            assert cells == rows[1:], path
            count += len(cells)
    return count


def events(folder):
    count = 0
    for path in sorted(glob.glob(os.path.join(folder, "data", "events", "*.jsonl"))):
        positions = rows_of(path.replace(".jsonl", ".positions.csv"))[1:]
        with open(path, encoding="utf-8") as lines:
            for line, row in zip(lines, positions, strict=True):
                event = JSONFormat().read(CloudEvent, line)
                assert event.get_extension("position") == row[0], path
                assert event.get_extension("leafhash") == row[4], path
                assert event.get_id() == row[3] == event.get_data()["eventId"], path
                assert event.get_subject() == event.get_data()["stream"], path
                count += 1
    return count


for folder in sys.argv[1:]:
    bag = bagit.Bag(folder)
    bag.validate()
    assert bag.version == "1.0" and sorted(bag.algorithms) == ["sha256", "sha512"]
    print("%d files, %d events, %d rows" % (len(bag.payload_entries()), events(folder), tables(folder)))
