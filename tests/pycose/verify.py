"""Checks statements with tools that are not ours: pycose and hashlib.

    verify.py ENVELOPE BODY PUBLIC_KEY    one statement: two files, and the issuer's statement key in hexadecimal
    verify.py --vectors FOLDER            every statement-*.json below protocol/vectors, and that broken ones fail
"""

import hashlib
import json
import sys
from pathlib import Path

import cbor2
from pycose.headers import Algorithm
from pycose.keys import OKPKey
from pycose.keys.curves import Ed25519
from pycose.messages import CoseMessage, Sign1Message

ALG, KID, CWT_CLAIMS, TYP, PAYLOAD_HASH_ALG, PREIMAGE_CONTENT_TYPE = 1, 4, 15, 16, 258, 259
LABELS = [ALG, KID, CWT_CLAIMS, TYP, PAYLOAD_HASH_ALG, PREIMAGE_CONTENT_TYPE]
EDDSA, SHA_256 = -8, -16
ISS, AUD, EXP, IAT, CTI = 1, 3, 4, 6, 7
KINDS = ("draft", "approval", "uitvraag", "answer", "refusal", "withdrawal", "correction", "publication")


class Refused(Exception):
    """What does not hold."""


def demand(holds, what):
    if not holds:
        raise Refused(what)


def verify(envelope: bytes, body: bytes, public_key: bytes) -> dict:
    """Verifies one statement and returns its protected header; raises Refused."""
    message = CoseMessage.decode(envelope)
    demand(isinstance(message, Sign1Message), "is no COSE_Sign1")
    protected, unprotected, payload, _ = cbor2.loads(envelope).value
    demand(unprotected == {}, "has an unprotected header")

    header = cbor2.loads(protected)
    demand(list(header) == LABELS, f"has the header labels {list(header)}")
    demand(header[ALG] == EDDSA, "is not signed with EdDSA")
    demand(header[KID] == hashlib.sha256(public_key).digest(), "names another key")
    demand(header[TYP] in [f"application/vnd.weegnet.{kind}.v1+cose" for kind in KINDS], "is of an unknown kind")
    demand(header[PAYLOAD_HASH_ALG] == SHA_256, "is not over a SHA-256")
    demand(header[PREIMAGE_CONTENT_TYPE] == "application/cbor", "hashes another content type")
    claims = header[CWT_CLAIMS]
    demand(list(claims) == [ISS, AUD, EXP, IAT, CTI, "convenant"], f"makes the claims {list(claims)}")
    for party in (claims[ISS], claims[AUD]):
        demand(isinstance(party, str) and len(party) == 20 and party.isdigit(), "names a party without OIN")
    demand(len(claims[CTI]) == 16 and claims[CTI][6] >> 4 == 7, "has no UUIDv7 for a name")
    demand(claims[IAT] < claims[EXP], "expires before it is issued")
    convenant, base, amendment = claims["convenant"]
    demand(convenant and len(base) == 32 and amendment >= 0, "cites no convenant")

    demand(message.get_attr(Algorithm).identifier == EDDSA, "shows pycose another algorithm")
    message.key = OKPKey(crv=Ed25519, x=public_key)
    demand(message.verify_signature(), "has a signature that does not verify")

    demand(hashlib.sha256(body).digest() == payload == message.payload, "hashes another body")
    nonce, _content = cbor2.loads(body)
    demand(len(nonce) == 32, "has a body without 32 random bytes")
    return header


def refuses(envelope: bytes, body: bytes, public_key: bytes) -> bool:
    try:
        verify(envelope, body, public_key)
    except Exception:  # pycose and cbor2 raise many kinds on broken input; each is a refusal
        return True
    return False


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def verify_vectors(folder: Path) -> int:
    """Verifies every golden statement, and that none verifies with one bit of it changed."""
    files = sorted(folder.glob("statement-*.json"))
    demand(len(files) >= len(KINDS), f"{folder} holds {len(files)} statements")
    for file in files:
        vector = json.loads(file.read_text())
        envelope, body = bytes.fromhex(vector["envelope"]), bytes.fromhex(vector["body"])
        key = bytes.fromhex(vector["key"]["public"])
        header = verify(envelope, body, key)
        claims = header[CWT_CLAIMS]
        said = (header[TYP], claims[ISS], claims[AUD], claims[IAT], claims[EXP])
        written = tuple(vector[name] for name in ("kind", "issuer", "audience", "issued", "expires"))
        demand(said == written, f"says {said} where {file.name} says {written}")
        demand(claims[CTI].hex() == vector["id"].replace("-", ""), "has another id than written")
        demand(hashlib.sha256(envelope).hexdigest() == vector["statement_hash"], "has another hash than written")
        for at in range(len(envelope)):
            demand(refuses(flipped(envelope, at), body, key), f"verifies with byte {at} changed")
        demand(refuses(envelope, flipped(body, len(body) - 1), key), "verifies with another body")
        demand(refuses(envelope, body, flipped(key, 0)), "verifies with another key")
        print(f"pycose: {file.name} verifies, and nothing one bit beside it")
    return len(files)


def main(arguments: list) -> int:
    try:
        if len(arguments) == 2 and arguments[0] == "--vectors":
            print(f"pycose: {verify_vectors(Path(arguments[1]))} statements verified")
        elif len(arguments) == 3:
            envelope, body = (Path(name).read_bytes() for name in arguments[:2])
            header = verify(envelope, body, bytes.fromhex(arguments[2]))
            print(f"pycose: {header[TYP]} verifies")
        else:
            print(__doc__.strip(), file=sys.stderr)
            return 2
    except Refused as reason:
        print(f"pycose: the statement {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
