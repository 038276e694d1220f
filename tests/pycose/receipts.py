"""Checks COSE receipts (RFC 9942) and cosignatures with tools that are not ours: scitt-cose, cryptography and hashlib.

    receipts.py RECEIPT LEAF PUBLIC_KEY   one receipt: two files, and the log's checkpoint key in hexadecimal
    receipts.py --vectors FOLDER          the golden receipts and cosignatures, and that no bit of them can change
    receipts.py --lines FILE              a JSON object a line with public, leaf, receipt, origin, size, index, root:
                                          each holds, and none of MUTANTS single-bit changes of each does

RFC 9942 signs a root and leaves the proof unprotected, so some changed tree sizes lead to the same root. Our receipts have
the size in the protected header as well: whoever verifies one compares the two, as `verify` below does.
"""

import base64
import hashlib
import json
import random
import sys
from pathlib import Path

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from scitt_cose import verify_consistency, verify_receipt, verify_sign1

ALG, KID, CWT_CLAIMS, VDS, VDP = 1, 4, 15, 395, 396
TREE_SIZE = "weegnet-tree-size"
LABELS = [ALG, KID, CWT_CLAIMS, VDS, TREE_SIZE]
EDDSA, RFC9162_SHA256 = -8, 1
ISS, SUB = 1, 2
CONSISTENCY = -2
MUTANTS = 10
COSIGNATURE_TYPE = b"\x04"


class Refused(Exception):
    """What does not hold."""


def demand(holds, what):
    if not holds:
        raise Refused(what)


def pem(public_key: bytes) -> bytes:
    return Ed25519PublicKey.from_public_bytes(public_key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def check_header(header: dict, public_key: bytes) -> tuple:
    """Our own rules on a protected header whose signature holds; returns log origin and tree size."""
    demand(list(header) == LABELS, f"has the header labels {list(header)}")
    demand(header[ALG] == EDDSA, "is not signed with EdDSA")
    demand(header[VDS] == RFC9162_SHA256, "is over another data structure")
    demand(header[KID] == hashlib.sha256(public_key).digest(), "names another key")
    claims = header[CWT_CLAIMS]
    demand(list(claims) == [ISS, SUB], f"makes the claims {list(claims)}")
    demand(claims[SUB].split("/")[:2] == ["weegnet", claims[ISS]], "names another issuer than the log's owner")
    return claims[SUB], header[TREE_SIZE]


def verify(receipt: bytes, leaf: bytes, public_key: bytes) -> dict:
    """Verifies that the log signed a tree with this leaf; returns which, or raises Refused."""
    result = verify_receipt(receipt, leaf_entry_hex=leaf.hex(), log_public_key_pem=pem(public_key))
    demand(result.ok, f"is refused by scitt-cose: {'; '.join(result.errors)}")
    protected, unprotected, payload, _ = cbor2.loads(receipt).value
    origin, size = check_header(cbor2.loads(protected), public_key)
    demand(list(unprotected) == [VDP] and payload is None, "holds more than a proof")
    demand(size == result.tree_size, "signs another tree size than its proof is for")
    return {"origin": origin, "size": size, "index": result.leaf_index, "root": result.root}


def verify_growth(receipt: bytes, old_size: int, old_root: str, new_root: str, public_key: bytes) -> dict:
    """Verifies that the log signed the tree under `new_root`, and that it begins with the old one."""
    message = verify_sign1(receipt, public_key_pem=pem(public_key), detached_payload=bytes.fromhex(new_root))
    protected, unprotected, payload, _ = cbor2.loads(receipt).value
    origin, size = check_header(cbor2.loads(protected), public_key)
    demand(list(unprotected) == [VDP] and payload is None, "holds more than a proof")
    demand(list(message.unprotected[VDP]) == [CONSISTENCY], "has another kind of proof")
    [proof] = message.unprotected[VDP][CONSISTENCY]
    first, second, path = cbor2.loads(proof)
    demand(cbor2.dumps([first, second, path], canonical=True) == proof, "has a proof in another encoding")
    demand((first, second) == (old_size, size), "has a proof for other sizes")
    hexadecimal = [node.hex() for node in path]
    demand(verify_consistency(old_root, new_root, first, second, hexadecimal), "has a proof that does not hold")
    return {"origin": origin, "size": size}


def verify_cosignature(text: str, line: str, name: str, public_key: bytes) -> int:
    """Verifies one line under a checkpoint (C2SP tlog-cosignature); returns its time."""
    dash, named, blob = line.split(" ")
    demand((dash, named) == ("\u2014", name), "bears another name")
    blob = base64.b64decode(blob, validate=True)
    demand(len(blob) == 4 + 8 + 64, "has another length")
    demand(line == f"\u2014 {name} {base64.b64encode(blob).decode()}", "is written in another form")
    key_id = hashlib.sha256(name.encode() + b"\n" + COSIGNATURE_TYPE + public_key).digest()[:4]
    demand(blob[:4] == key_id, "names another key")
    time = int.from_bytes(blob[4:12], "big")
    Ed25519PublicKey.from_public_bytes(public_key).verify(blob[12:], f"cosignature/v1\ntime {time}\n{text}".encode())
    return time


def refuses(check, *arguments) -> bool:
    try:
        check(*arguments)
    except Exception:  # parsers raise many kinds on broken input; each is a refusal
        return True
    return False


def flipped(data: bytes, bit: int) -> bytes:
    return data[: bit // 8] + bytes([data[bit // 8] ^ (1 << bit % 8)]) + data[bit // 8 + 1 :]


def demand_no_other(check, data: bytes, *arguments) -> int:
    """Demands that no single-bit change of `data` passes; returns how many were tried."""
    for bit in range(len(data) * 8):
        demand(refuses(check, flipped(data, bit), *arguments), f"verifies with bit {bit} changed")
    return len(data) * 8


def expect(said: dict, vector: dict):
    written = {name: vector[name] for name in said}
    demand(said == written, f"says {said} where {written} is written")


def verify_vectors(folder: Path) -> None:
    """The golden receipts and cosignatures, and every single-bit change of them."""
    vector = json.loads((folder / "cose-receipt-inclusion.json").read_text())
    receipt, leaf, key = (bytes.fromhex(text) for text in (vector["receipt"], vector["leaf"], vector["key"]["public"]))
    expect(verify(receipt, leaf, key), vector)
    tried = demand_no_other(verify, receipt, leaf, key)
    demand(refuses(verify, receipt, flipped(leaf, 0), key), "verifies for another leaf")
    demand(refuses(verify, receipt, leaf, flipped(key, 0)), "verifies with another key")

    vector = json.loads((folder / "cose-receipt-consistency.json").read_text())
    receipt, key = bytes.fromhex(vector["receipt"]), bytes.fromhex(vector["key"]["public"])
    growth = (vector["old_size"], vector["old_root"], vector["root"], key)
    expect(verify_growth(receipt, *growth), vector)
    tried += demand_no_other(verify_growth, receipt, *growth)
    print(f"scitt-cose: 2 golden receipts verify, and none of {tried} single-bit changes of them")

    vector = json.loads((folder / "cosigned.json").read_text())
    text, _, lines = vector["note"].partition("\n\n")
    text += "\n"
    for witness in vector["witnesses"]:
        demand(witness["line"] in lines.splitlines(), "does not stand in the note")
        key = bytes.fromhex(witness["public"])
        time = verify_cosignature(text, witness["line"], witness["name"], key)
        demand(time == witness["time"], f"was made at {time}")
        changed = lambda line: verify_cosignature(text, line.decode(), witness["name"], key)
        demand_no_other(changed, witness["line"].encode())
    print(f"cryptography: {len(vector['witnesses'])} golden cosignatures verify, and nothing one bit beside them")


def verify_lines(file: Path) -> None:
    """Many receipts, each with some single-bit changes; the same ones in every run."""
    chance = random.Random(1)
    receipts = 0
    for line in file.read_text().splitlines():
        vector = json.loads(line)
        receipt, leaf, key = (bytes.fromhex(vector[name]) for name in ("receipt", "leaf", "public"))
        expect(verify(receipt, leaf, key), vector)
        for _ in range(MUTANTS):
            bit = chance.randrange(len(receipt) * 8)
            demand(refuses(verify, flipped(receipt, bit), leaf, key), f"{receipts} verifies with bit {bit} changed")
        receipts += 1
    demand(receipts, "file is empty")
    print(f"scitt-cose: {receipts} receipts verify, and none of {receipts * MUTANTS} single-bit changes of them")


def main(arguments: list) -> int:
    try:
        if len(arguments) == 2 and arguments[0] == "--vectors":
            verify_vectors(Path(arguments[1]))
        elif len(arguments) == 2 and arguments[0] == "--lines":
            verify_lines(Path(arguments[1]))
        elif len(arguments) == 3:
            receipt, leaf = (Path(name).read_bytes() for name in arguments[:2])
            said = verify(receipt, leaf, bytes.fromhex(arguments[2]))
            print(f"scitt-cose: entry {said['index']} of {said['size']} in {said['origin']}")
        else:
            print(__doc__.strip(), file=sys.stderr)
            return 2
    except Refused as reason:
        print(f"scitt-cose: the receipt {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
