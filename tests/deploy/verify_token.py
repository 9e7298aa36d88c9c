"""Verifies a token by a JWK set, with openssl and nothing of ours: verify_token.py JWKS TOKEN."""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile

# What stands before the point of a P-256 key in DER (RFC 5480).
P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def integer(number):
    number = number.lstrip(b"\0") or b"\0"
    number = b"\0" + number if number[0] & 0x80 else number
    return bytes([2, len(number)]) + number


def main():
    key = json.loads(pathlib.Path(sys.argv[1]).read_text())["keys"][0]
    header, claims, signature = pathlib.Path(sys.argv[2]).read_text().strip().split(".")
    assert json.loads(decode(header))["kid"] == key["kid"], "the token names another key"
    assert json.loads(decode(claims))["sub"], "the token names no user"
    raw = decode(signature)
    numbers = integer(raw[:32]) + integer(raw[32:])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "key").write_bytes(P256 + b"\x04" + decode(key["x"]) + decode(key["y"]))
        (folder / "signature").write_bytes(b"\x30" + bytes([len(numbers)]) + numbers)
        (folder / "signed").write_text(f"{header}.{claims}")
        verify = ["openssl", "dgst", "-sha256", "-verify", "key", "-keyform", "DER", "-signature", "signature", "signed"]
        subprocess.run(verify, cwd=folder, check=True, stdout=subprocess.DEVNULL)


main()
