"""Verifies an audit pack with tools that are not weegnet's: pycose, cbor2, cryptography (which pycose needs), hashlib and,
where it is installed, scitt-cose.

    verify-export.py PACK.zip [--oin OIN --statement-key HEX --checkpoint-key HEX]

Without keys, the pack's own are believed: that shows that nothing was changed since, not who made it. Take the keys from a
convenant or card that you already trust. `--mutants` also shows that no receipt survives a changed bit.
"""

import argparse
import base64
import hashlib
import json
import sys
import tomllib
import zipfile

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pycose.headers import Algorithm
from pycose.keys import OKPKey
from pycose.keys.curves import Ed25519
from pycose.messages import CoseMessage, Sign1Message

try:
    from scitt_cose import verify_receipt  # a second opinion on receipts (RFC 9942), where it is installed
except ImportError:
    verify_receipt = None

ALG, KID, CWT_CLAIMS, TYP, VDS, VDP = 1, 4, 15, 16, 395, 396
EDDSA, RFC9162_SHA256, INCLUSION = -8, 1, -1
ISS, SUB = 1, 2
PACK = "application/vnd.weegnet.audit-pack.v1+cose"
CONVENANT = "application/vnd.weegnet.convenant-signature.v2+cose"
AMENDMENT = "application/vnd.weegnet.convenant-amendment.v1+cose"


class Refused(Exception):
    """What does not hold."""


def demand(holds, what):
    if not holds:
        raise Refused(what)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def cose(data: bytes, key: bytes, payload: bytes | None = None) -> tuple[dict, dict, bytes]:
    """Verifies one COSE_Sign1 by one key with pycose; its protected and unprotected header and payload."""
    message = CoseMessage.decode(data)
    demand(isinstance(message, Sign1Message), "is no COSE_Sign1")
    protected, unprotected, held, _ = cbor2.loads(data).value
    header = cbor2.loads(protected)
    demand(header.get(ALG) == EDDSA and header.get(KID) == sha256(key), "names another algorithm or key")
    if payload is not None:
        demand(held is None, "carries its payload")
        message.payload = payload
    demand(message.get_attr(Algorithm).identifier == EDDSA, "shows pycose another algorithm")
    message.key = OKPKey(crv=Ed25519, x=key)
    demand(message.verify_signature(), "has a signature that does not verify")
    return header, unprotected, message.payload


def inclusion_root(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that an inclusion path leads to: RFC 9162, section 2.1.3.2, written from the RFC."""
    demand(0 <= index < size, "is at a place outside of its tree")
    fn, sn, r = index, size - 1, sha256(b"\x00" + leaf)
    for p in path:
        demand(sn != 0, "has a path that is too long")
        if fn & 1 or fn == sn:
            r = sha256(b"\x01" + p + r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\x01" + r + p)
        fn, sn = fn >> 1, sn >> 1
    demand(sn == 0, "has a path that is too short")
    return r


def grew(first: int, first_root: bytes, second: int, second_root: bytes, path: list[bytes]) -> None:
    """That a tree begins with a smaller one: RFC 9162, section 2.1.4.2, written from the RFC."""
    demand(0 < first <= second, "has a witnessed tree of another size")
    if first == second:
        demand(not path and first_root == second_root, "was witnessed with another root")
        return
    nodes = list(path)
    if first & (first - 1) == 0:
        nodes.insert(0, first_root)
    demand(nodes, "has a consistency proof that is too short")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = nodes[0]
    for c in nodes[1:]:
        demand(sn != 0, "has a consistency proof that is too long")
        if fn & 1 or fn == sn:
            fr, sr = sha256(b"\x01" + c + fr), sha256(b"\x01" + c + sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha256(b"\x01" + sr + c)
        fn, sn = fn >> 1, sn >> 1
    demand(sn == 0 and (fr, sr) == (first_root, second_root), "did not only grow since it was witnessed")


def cosignatures(note: str, keys: list[bytes]) -> int:
    """How many witnesses with these keys cosigned a checkpoint (C2SP tlog-cosignature), each counted once."""
    text, signatures = note.split("\n\n", 1)
    text += "\n"
    found = set()
    for line in signatures.splitlines():
        dash, name, blob = line.split(" ")
        blob = base64.b64decode(blob, validate=True)
        for key in keys:
            if dash == "\u2014" and len(blob) == 76 and blob[:4] == sha256(name.encode() + b"\n\x04" + key)[:4]:
                signed = f"cosignature/v1\ntime {int.from_bytes(blob[4:12], 'big')}\n{text}".encode()
                try:
                    Ed25519PublicKey.from_public_bytes(key).verify(blob[12:], signed)
                except InvalidSignature:
                    raise Refused("has a cosignature that does not verify") from None
                found.add(key)
    return len(found)


def checkpoint(note: str, key: bytes) -> tuple[str, int, bytes]:
    """Origin, size and root of a C2SP checkpoint whose signed note verifies under the key."""
    text, signatures = note.split("\n\n", 1)
    text += "\n"
    origin, size, root = text.splitlines()
    wanted = sha256(origin.encode() + b"\n\x01" + key)[:4]
    for line in signatures.splitlines():
        dash, name, blob = line.split(" ")
        blob = base64.b64decode(blob, validate=True)
        if dash == "\u2014" and name == origin and blob[:4] == wanted:
            try:
                Ed25519PublicKey.from_public_bytes(key).verify(blob[4:], text.encode())
            except InvalidSignature:
                raise Refused("has a signature that does not verify") from None
            return origin, int(size), base64.b64decode(root, validate=True)
    raise Refused("is not signed by the checkpoint key")


def receipt(data: bytes, leaf: bytes, log: tuple[str, int, bytes], index: int, key: bytes) -> None:
    """A COSE receipt (RFC 9942) for this leaf at this place, under exactly this checkpoint."""
    origin, size, root = log
    if verify_receipt:
        public = Ed25519PublicKey.from_public_bytes(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        result = verify_receipt(data, leaf_entry_hex=leaf.hex(), log_public_key_pem=public)
        demand(result.ok, f"is refused by scitt-cose: {'; '.join(result.errors)}")
    unprotected = cbor2.loads(data).value[1]
    demand(list(unprotected) == [VDP] and list(unprotected[VDP]) == [INCLUSION], "has no inclusion proof, or more")
    (proof,) = unprotected[VDP][INCLUSION]
    proof_size, proof_index, path = cbor2.loads(proof)
    demand((proof_size, proof_index) == (size, index), "is about another place or size")
    demand(cbor2.dumps([proof_size, proof_index, path]) == proof, "has a proof in another encoding")
    header, _, _ = cose(data, key, inclusion_root(leaf, index, size, path))
    demand(inclusion_root(leaf, index, size, path) == root, "leads to another root than the checkpoint's")
    demand(header[VDS] == RFC9162_SHA256 and header["weegnet-tree-size"] == size, "does not sign the tree's size")
    claims = header[CWT_CLAIMS]
    demand(claims == {ISS: origin.split("/")[1], SUB: origin}, "does not sign its issuer and log")
    # Ed25519 and the one encoding leave nothing to change; pycose alone would let some encodings pass.
    demand(cbor2.dumps(cbor2.loads(data)) == data, "is in another encoding")


class Pack:
    """The files of a pack, each checked against the manifest; the manifest against its signature."""

    def __init__(self, path: str, oin: str | None, statement: bytes | None):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            demand(len(names) == len(set(names)), "names a file twice")
            self.files = {name: archive.read(name) for name in names}
        manifest = self.take("manifest.json")
        self.manifest = json.loads(manifest)
        demand(self.manifest["format"] == "weegnet-audit-pack-1", "is of an unknown format")
        self.oin = oin or self.manifest["organisation"]
        demand(self.manifest["organisation"] == self.oin, "is of another organisation")
        self.statement = statement or bytes.fromhex(self.manifest["keys"]["statement"])
        header, unprotected, payload = cose(self.take("manifest.cose"), self.statement)
        demand(unprotected == {} and header[TYP] == PACK, "is signed as something else")
        demand(header[CWT_CLAIMS][ISS] == self.oin, "is signed by another organisation")
        demand(payload == sha256(manifest), "has a signature over another manifest")
        listed = {file["path"]: file for file in self.manifest["files"]}
        demand(set(listed) == set(self.files), "has other files than its manifest lists")
        for name, data in self.files.items():
            same = len(data) == listed[name]["bytes"] and sha256(data).hex() == listed[name]["sha256"]
            demand(same, f"has another {name} than its manifest lists")

    def take(self, name: str) -> bytes:
        demand(name in self.files, f"lacks {name}")
        return self.files.pop(name)


def convenanten(pack: Pack) -> tuple[dict[tuple[str, bytes], bytes], list[bytes]]:
    """Statement keys by OIN and key id, and witness keys of the others, from the convenanten in the pack; each must bear a
    signature of every founding party in the office that it names. A former key stays: what was said with it goes on to verify."""
    keys: dict[tuple[str, bytes], bytes] = {}
    witnesses: list[bytes] = []
    parties: dict[str, bytes] = {}
    for name, data in pack.files.items():
        if not name.endswith(".toml"):
            continue
        document = tomllib.loads(data.decode())
        for party in document["partijen"]:
            statement = bytes.fromhex(party["sleutels"]["statement"])
            keys[party["oin"], sha256(statement)] = statement
            if party["oin"] != pack.oin:
                witnesses.append(bytes.fromhex(party["sleutels"]["witness"]))
            parties[party["oin"]] = bytes.fromhex(party["sleutels"]["party"])
            if party.get("toetreder"):  # it accedes by an amendment of its own
                continue
            signature = pack.files.get(f"{name.removesuffix('.toml')}.sigs/{party['oin']}")
            demand(signature is not None, f"lacks the signature of {party['oin']} under {name}")
            header, _, _ = cose(signature, bytes.fromhex(party["sleutels"]["party"]))
            demand(header[TYP] == CONVENANT and header[CWT_CLAIMS][ISS] == party["oin"], "is signed as something else")
            office = {name: header[CWT_CLAIMS].get(name) for name in ("functie", "mandaat")}
            demand(office == party["ondertekenaar"], "is signed in another office than the convenant names")
    for name, data in pack.files.items():
        if name.endswith(".amendment"):
            amendment = cbor2.loads(data)
            change, oin = amendment["change"], amendment["party"]
            cose_key = parties.get(oin)
            demand(cose_key is not None, f"has an amendment of {oin}, which is no party")
            header, _, digest = cose(pack.files[f"{name}.cose"], cose_key)
            demand(header[TYP] == AMENDMENT and digest == sha256(data), "has an amendment that its party did not sign")
            if statement := (change.get("keys") or {}).get("statement"):
                keys[oin, sha256(statement)] = statement
    return keys, witnesses


def mutants(data: bytes, leaf: bytes, log: tuple[str, int, bytes], index: int, key: bytes) -> int:
    """Changes every bit of a receipt, one at a time; none may be accepted."""
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            receipt(bytes(changed), leaf, log, index, key)
        except Exception:  # pycose and cbor2 raise many kinds on broken input; each is a refusal
            continue
        raise Refused(f"has a receipt that is accepted with bit {bit} changed")
    return len(data) * 8


def verify(arguments: argparse.Namespace) -> None:
    key = lambda text: bytes.fromhex(text) if text else None
    pack = Pack(arguments.pack, arguments.oin, key(arguments.statement_key))
    checkpoint_key = key(arguments.checkpoint_key) or bytes.fromhex(pack.manifest["keys"]["checkpoint"])
    statement_keys, witnesses = convenanten(pack)
    cosigned = 0
    own = [key for (oin, _), key in statement_keys.items() if oin == pack.oin]
    demand(not own or pack.statement in own, "is signed by another key than its convenanten name")
    former = {bytes.fromhex(key) for key in pack.manifest["keys"].get("former_statement", [])}
    demand(former <= set(own) - {pack.statement}, "names a former key that its convenanten and amendments do not")
    entries = statements = changed = 0
    for part in pack.manifest["logs"]:
        log = checkpoint(pack.files[f"{part['log']}/checkpoint"].decode(), checkpoint_key)
        demand(log == (part["origin"], part["size"], bytes.fromhex(part["root"])), "lists another checkpoint")
        demand(log[0].split("/")[1:3] == [pack.oin, part["log"]], "has the checkpoint of another log")
        if witnessed := pack.files.get(f"{part['log']}/witnessed"):
            old = checkpoint(witnessed.decode(), checkpoint_key)
            proof = json.loads(pack.files[f"{part['log']}/consistency.json"])
            demand((old[0], old[1], log[1]) == (log[0], proof["first"], proof["second"]), "was witnessed as another log")
            grew(old[1], old[2], log[1], log[2], [bytes.fromhex(node) for node in proof["path"]])
            cosigned = cosignatures(witnessed.decode(), witnesses)
            demand(cosigned, "calls a checkpoint witnessed that nobody cosigned")
        places, times = [], []
        for line in pack.files[f"{part['log']}/entries.jsonl"].decode().splitlines():
            entry = json.loads(line)
            place = f"{entry['log']}/{entry['index']}"
            try:
                leaf = base64.b64decode(entry["leaf"], validate=True)
                fields = cbor2.loads(leaf)
                path = [bytes.fromhex(node) for node in entry["proof"]]
                demand(inclusion_root(leaf, entry["index"], log[1], path) == log[2], "is not under the checkpoint")
                receipted = base64.b64decode(entry["receipt"], validate=True)
                receipt(receipted, leaf, log, entry["index"], checkpoint_key)
                demand(fields["kind"] == entry["kind"], "is of another kind than its leaf says")
                demand(fields["id"].hex() == entry["id"].replace("-", ""), "has another name than its leaf says")
                for name in ("body", "statement"):
                    hashed = fields.get(name)
                    demand((hashed and hashed.hex()) == entry.get(name), f"has another {name} than its leaf says")
                if "envelope" in entry:
                    envelope = base64.b64decode(entry["envelope"], validate=True)
                    demand(sha256(envelope) == fields["statement"], "carries another statement than its leaf says")
                    claimed = cbor2.loads(cbor2.loads(envelope).value[0])
                    issuer = claimed[CWT_CLAIMS][ISS], claimed[KID]
                    demand(issuer[0] == entry["issuer"] and issuer in statement_keys, "is said by a stranger")
                    _, unprotected, payload = cose(envelope, statement_keys[issuer])
                    demand(unprotected == {} and payload == fields["body"], "hashes another body than its leaf says")
                    statements += 1
                if arguments.mutants and entries % 16 == 0:
                    changed += mutants(receipted, leaf, log, entry["index"], checkpoint_key)
            except Refused as reason:
                raise Refused(f"has an entry {place} that {reason}") from None
            places.append(entry["index"])
            times.append(fields["time"])
            entries += 1
        demand(len(places) == part["entries"], f"lists another number of entries in {part['log']}")
        demand(places == list(range(places[0], places[0] + len(places))) if places else True, "leaves entries out")
        # A journal that was begun again after a loss has its new first entry before older ones.
        times = times[1:] if places[:1] == [0] else times
        demand(times == sorted(times), "has entries out of time")
    believed = "" if arguments.statement_key and arguments.checkpoint_key else " (keys taken from the pack itself)"
    print(f"verify-export: {pack.manifest['name']}, {pack.manifest['period']}: {entries} entries with proofs and receipts, "
          f"{statements} statements, {len(pack.files)} files verify{believed}; receipts by pycose"
          f"{' and scitt-cose' if verify_receipt else ' (scitt-cose is not installed)'}")
    print(f"verify-export: the witnessed checkpoint bears {cosigned} cosignatures of other parties, and the log only grew since"
          if cosigned else "verify-export: there is no witnessed checkpoint yet")
    if changed:
        print(f"verify-export: none of {changed} receipts with one bit changed is accepted")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack")
    parser.add_argument("--oin")
    parser.add_argument("--statement-key", metavar="HEX")
    parser.add_argument("--checkpoint-key", metavar="HEX")
    parser.add_argument("--mutants", action="store_true")
    try:
        verify(parser.parse_args())
    except Refused as reason:
        print(f"verify-export: the pack {reason}", file=sys.stderr)
        return 1
    except (OSError, zipfile.BadZipFile) as error:
        print(f"verify-export: the pack cannot be read: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
