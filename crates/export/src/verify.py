#!/usr/bin/env python3
"""Checks an export: that every event stands in the signed ledger, and that none of the scope was left out.

Needs Python 3.8 or newer and nothing else. Run it where it lies: python3 data/verify.py
It does not check the checkpoint's signature: README.txt has the openssl command for that.
"""

import base64
import datetime
import glob
import hashlib
import json
import os
import sys

DATA = os.path.dirname(os.path.abspath(__file__))
# In an entry: the event that opens an inquiry, and in it what was asked for.
INQUIRY_OPENED = 90
SCOPE = {1: "customer_id", 2: "partner_id", 3: "agreement_id", 4: "from", 5: "until"}


def fail(what):
    print("NOT PROVEN: " + what)
    sys.exit(1)


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def entries(path):
    """The entries of a file: each after its length, two bytes, big-endian."""
    with open(path, "rb") as file:
        while True:
            length = file.read(2)
            if not length:
                return
            entry = file.read(int.from_bytes(length, "big"))
            if len(length) != 2 or len(entry) != int.from_bytes(length, "big"):
                fail(path + " ends within an entry")
            yield entry


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(message):
    """The fields of a protobuf message: number, and the number or bytes that it holds."""
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        if key & 7 == 0:
            value, at = varint(message, at)
        elif key & 7 == 2:
            length, at = varint(message, at)
            value, at = message[at : at + length], at + length
        else:
            fail("an entry is encoded in a way that the ledger does not use")
        yield key >> 3, value


def stamp(entry):
    """Position, instant and links: the fields 2001, 2003 and 2005 of an entry."""
    own = dict(fields(entry))
    return own.get(2001, 0), stored_instant(own.get(2003, b"")), dict(fields(own.get(2005, b"")))


def stored_instant(message):
    """Seconds since 1970 and nanoseconds, of an instant in an entry."""
    at = dict(fields(message))
    seconds = at.get(1, 0)
    return seconds - (1 << 64) if seconds >> 63 else seconds, at.get(2, 0)


def instant(text):
    """Seconds since 1970 and nanoseconds, of an instant in UTC."""
    seconds, _, fraction = text.rstrip("Z").partition(".")
    at = datetime.datetime.strptime(seconds, "%Y-%m-%dT%H:%M:%S")
    at = at.replace(tzinfo=datetime.timezone.utc)
    return int(at.timestamp()), int(fraction.ljust(9, "0"))


def root_by_inclusion(leaf, index, size, hashes):
    """RFC 9162, section 2.1.3.2."""
    if index >= size:
        fail("position %d lies behind the checkpoint" % (index + 1))
    node, last, computed = index, size - 1, leaf
    for sibling in hashes:
        if last == 0:
            fail("the proof of position %d is too long" % (index + 1))
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        fail("the proof of position %d is too short" % (index + 1))
    return computed


def proven_entries(bundle, proofs, size, root):
    """The entries of a file, each checked against its own proof."""
    with open(proofs, encoding="utf-8") as lines:
        for entry in entries(bundle):
            position, _, links = stamp(entry)
            proof = json.loads(lines.readline() or "{}")
            if proof.get("position") != position or position < 1:
                fail("%s has no proof for position %d" % (proofs, position))
            hashes = [bytes.fromhex(it) for it in proof["hashes"]]
            if root_by_inclusion(leaf_hash(entry), position - 1, size, hashes) != root:
                fail("position %d is not in the signed ledger as it stands in %s" % (position, bundle))
            yield entry, position, links
        if lines.readline():
            fail(proofs + " has more proofs than there are entries")


class Tree:
    """A tree put together from left to right out of complete subtrees."""

    def __init__(self):
        self.parts = []

    def push(self, height, value):
        while self.parts and self.parts[-1][0] == height:
            value, height = node_hash(self.parts.pop()[1], value), height + 1
        self.parts.append((height, value))

    def root(self):
        value = None
        for _, part in reversed(self.parts):
            value = part if value is None else node_hash(part, value)
        return value if value is not None else hashlib.sha256(b"").digest()


def tile_node(height, index, size):
    """The hash of a complete subtree, from the tile that holds it."""
    level, rows = divmod(height, 8)
    tile, first = divmod(index << rows, 256)
    width = min(256, (size >> (8 * level)) - 256 * tile)
    digits = "%03d" % (tile % 1000)
    rest = tile // 1000
    while rest:
        digits, rest = "x%03d/%s" % (rest % 1000, digits), rest // 1000
    name = "tile/%d/%s%s" % (level, digits, "" if width == 256 else ".p/%d" % width)
    with open(os.path.join(DATA, "proofs", name), "rb") as file:
        content = file.read()
    if len(content) != 32 * width:
        fail(name + " is not as long as it should be")
    row = [content[32 * (first + n) : 32 * (first + n + 1)] for n in range(1 << rows)]
    while len(row) > 1:
        row = [node_hash(row[n], row[n + 1]) for n in range(0, len(row), 2)]
    return row[0]


def check_range(inquiry, size, root):
    """The range is dense, leads to the root, and is the whole of the time that was asked about."""
    since, until = (instant(inquiry["scope"][it]) if it in inquiry["scope"] else None for it in ("from", "until"))
    beside = os.path.join(DATA, "boundary", "000001.entries")
    neighbours = list(entries(beside)) if os.path.exists(beside) else []
    before = [it for it in neighbours if since and stamp(it)[1] < since]
    after = [it for it in neighbours if until and stamp(it)[1] >= until]
    if len(before) > 1 or len(after) > 1 or len(before) + len(after) != len(neighbours):
        fail("the neighbours of the range do not lie outside of the time that was asked about")
    tree, expected, count, last, opening = Tree(), None, 0, None, None

    def push(entry, position):
        nonlocal expected
        if expected is None:
            expected = position
            if position != 1 and not before:
                fail("the first events are missing: what stands before position %d?" % position)
            left = position - 1
            for height in reversed(range(left.bit_length())):
                if left >> height & 1:
                    tree.push(height, tile_node(height, (left >> height) - 1, size))
        if position != expected or position > size:
            fail("position %d is missing" % expected)
        tree.push(0, leaf_hash(entry))
        expected += 1

    for entry in before:
        push(entry, stamp(entry)[0])
    for bundle in sorted(glob.glob(os.path.join(DATA, "events", "*.entries"))):
        for entry in entries(bundle):
            last, at, _ = stamp(entry)
            if (since and at < since) or (until and at >= until):
                fail("position %d was not recorded in the time that was asked about" % last)
            push(entry, last)
            count += 1
            opening = entry if last == inquiry["position"] else opening
    for entry in after:
        push(entry, stamp(entry)[0])
    if not after and last != inquiry["position"]:
        fail("the last events are missing: the export ends with position %s" % last)
    at = (expected or 1) - 1
    while at < size:
        height = min((at & -at).bit_length() - 1 if at else 64, (size - at).bit_length() - 1)
        tree.push(height, tile_node(height, at >> height, size))
        at += 1 << height
    if tree.root() != root:
        fail("the events do not lead to the root that was signed")
    return count, opening


def link_of(scope, stream, links):
    """The position that an event names as the one before it in the chain of the scope."""
    if "customer_id" in scope:
        return links.get(2)
    if "agreement_id" in scope:
        return links.get(4)
    parts = stream.decode().split("/")
    names_others_first = parts[0] in ("relationship", "orders", "partner", "link")
    is_reseller = names_others_first and parts[1] != scope["partner_id"]
    return links.get(5 if is_reseller else 3)


def check_chain(inquiry, size, root):
    """Every event is proven, names the one before it, and the inquiry is the last one."""
    last, count, opening = None, 0, None
    for bundle in sorted(glob.glob(os.path.join(DATA, "events", "*.entries"))):
        proofs = os.path.join(DATA, "proofs", os.path.basename(bundle).replace(".entries", ".jsonl"))
        for entry, position, links in proven_entries(bundle, proofs, size, root):
            named = link_of(inquiry["scope"], dict(fields(entry)).get(1, b""), links)
            if named != last:
                fail("position %d follows on position %s, which is not in the export" % (position, named))
            last, count, opening = position, count + 1, entry
    if last != inquiry["position"]:
        fail("the last event is not the inquiry itself: what came after position %s is missing" % last)
    return count, opening


def check_context(inquiry, size, root):
    """Each entry of the context is proven; the one that opened the inquiry, where it is among them."""
    opening, context = None, os.path.join(DATA, "context", "000001")
    if os.path.exists(context + ".entries"):
        for entry, position, _ in proven_entries(context + ".entries", context + ".proofs.jsonl", size, root):
            opening = entry if position == inquiry["position"] else opening
    return opening


def check_opening(inquiry, entry):
    """The event at the inquiry's position did open it, and asked for what inquiry.json states.

    Only that shows where the events have to end: any other event could be the last one of an export that was cut off.
    """
    position = inquiry["position"]
    if entry is None:
        fail("the event that opened the inquiry, at position %s, is not in the export" % position)
    event = dict(fields(entry))
    if INQUIRY_OPENED not in event:
        fail("no inquiry was opened at position %s: what came after it may have been left out" % position)
    opened = dict(fields(event[INQUIRY_OPENED]))
    read = {it: stored_instant if it in ("from", "until") else bytes.decode for it in SCOPE.values()}
    scope = {it: read[it](opened[number]) for number, it in SCOPE.items() if number in opened}
    stated = {it: instant(text) if it in ("from", "until") else text for it, text in inquiry["scope"].items()}
    actor = dict(fields(event.get(2, b"")))
    for what, recorded, claimed in (
        ("the scope", scope, stated),
        ("whether contacts are shown", bool(opened.get(6, 0)), inquiry["with_contacts"]),
        ("the instant", stamp(entry)[1], instant(inquiry["requested_at"])),
        ("who asked", actor.get(1, b"").decode(), inquiry["requested_by"]),
    ):
        if recorded != claimed:
            fail("%s in inquiry.json is not what the inquiry at position %s says" % (what, position))


def unique(pairs):
    """An object of JSON whose names are different: of two with one name, readers take different ones."""
    if len(dict(pairs)) != len(pairs):
        fail("a file of JSON says something twice")
    return dict(pairs)


def main():
    with open(os.path.join(DATA, "proofs", "checkpoint"), encoding="utf-8") as file:
        origin, size, root = file.read().split("\n")[:3]
    size, root = int(size), base64.b64decode(root)
    with open(os.path.join(DATA, "inquiry.json"), encoding="utf-8") as file:
        inquiry = json.load(file, object_pairs_hook=unique)
    if type(inquiry["position"]) is not int:
        fail("the position in inquiry.json is no number")
    is_chain = any(it in inquiry["scope"] for it in ("customer_id", "partner_id", "agreement_id"))
    count, opening = (check_chain if is_chain else check_range)(inquiry, size, root)
    beside = check_context(inquiry, size, root)
    check_opening(inquiry, opening or beside)
    asked = ", ".join("%s %s" % it for it in inquiry["scope"].items()) or "everything"
    print("PROVEN: %d events stand in the ledger %s of %d entries, and none was left out" % (count, origin, size))
    when = "%s, position %d" % (inquiry["requested_at"], inquiry["position"])
    print("of %s; asked for at %s: nothing that came later is in it" % (asked, when))
    print("root %s; now check the checkpoint's signature: README.txt" % root.hex())


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # A file that is missing, cut off, or not what it has to be.
        fail("a file is not what it has to be (%s: %s)" % (type(error).__name__, ascii(str(error))))
