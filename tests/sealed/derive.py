"""The sealed uitvraag a second time, from protocol/SEALED.md: `derive.py protocol/vectors/sealed.json`.

Derives table, publication, question and opening from the inputs of the vector, with the group of libsodium (rbcl) and the
ciphers of `cryptography`; nothing of weegnet runs. Ends with 1 when anything differs.
"""

import hashlib
import hmac
import json
import struct
import sys

import cbor2
import rbcl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ORDER = 2**252 + 27742317777372353535851937790883648493
ZERO_NONCE = bytes(12)
MAX_WALK = 1000


def demand(holds, what):
    if not holds:
        sys.exit(f"sealed: {what} is another one than in the vector")


def hkdf(salt, material, info, length):
    return HKDF(algorithm=SHA512(), length=length, salt=salt, info=info).derive(material)


def extract(salt, material):
    """The first half of HKDF-Extract."""
    return hmac.digest(salt, material, "sha512")[:32]


def scalar(value):
    return (value % ORDER).to_bytes(32, "little")


def wide(data):
    return int.from_bytes(data, "little") % ORDER


def expand(message, dst):
    """RFC 9380, 5.3.1, with SHA-512 and 64 bytes."""
    dst += bytes([len(dst)])
    first = hashlib.sha512(bytes(128) + message + struct.pack(">H", 64) + b"\0" + dst).digest()
    return hashlib.sha512(first + b"\1" + dst).digest()


def element(message, dst):
    return rbcl.crypto_core_ristretto255_from_hash(expand(message, dst))


def times(value, point):
    return rbcl.crypto_scalarmult_ristretto255(scalar(value), point)


def base(value):
    return rbcl.crypto_scalarmult_ristretto255_base(scalar(value))


def plus(one, other):
    return rbcl.crypto_core_ristretto255_add(one, other)


def hashed(key):
    return element(key, b"weegnet sealed v1 link key")


def places(context, key, cells):
    found = []
    for turn in range(256):
        data = b"weegnet sealed v1 places" + bytes([turn]) + struct.pack(">Q", len(context)) + context + key
        digest = hashlib.sha512(data).digest()
        for word in struct.unpack(">16I", digest):
            place = word & (cells - 1)
            if len(found) < 3 and place not in found:
                found.append(place)
        if len(found) == 3:
            return found
    raise AssertionError("no places")


def lay(context, keys, cells):
    """Which of the keys, sorted by their cells, stands where."""
    taken, turns = {}, [0] * len(keys)
    for homeless in range(len(keys)):
        for _ in range(MAX_WALK + 1):
            own = places(context, keys[homeless], cells)
            free = next((place for place in own if place not in taken), None)
            if free is not None:
                taken[free] = homeless
                break
            place = own[turns[homeless] % 3]
            turns[homeless] += 1
            taken[place], homeless = homeless, taken[place]
        else:
            return None
    return taken


def merkle(leaves):
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return hashlib.sha256(b"\1" + merkle(leaves[:middle]) + merkle(leaves[middle:])).digest()


def publish(vector):
    context = bytes.fromhex(vector["table_id"])
    material = bytes.fromhex(vector["random"]) + context
    derive = lambda info, length=64: hkdf(b"weegnet sealed v1 secret", material, info, length)
    alpha, empties = wide(derive(b"alpha")), derive(b"empty cells", 32)
    register = [bytes.fromhex(key) for key in vector["register"]]
    cell = {key: times(alpha, hashed(key)) for key in register}
    keys = sorted(register, key=cell.get)
    cells = next(1 << bits for bits in range(10, 25) if len(keys) * 5 <= (1 << bits) * 4)
    while (taken := lay(context, keys, cells)) is None:
        cells *= 2
    def empty(place):
        half = rbcl.crypto_core_ristretto255_from_hash(
            hkdf(b"weegnet sealed v1 empty", empties, struct.pack(">I", place), 64))
        return plus(half, half)

    table = [cell[keys[taken[place]]] if place in taken else empty(place) for place in range(cells)]
    root = merkle([b"".join(table[at:at + 512]) for at in range(0, cells, 512)])
    demand(cells == vector["cells"], "the size of the table")
    demand(hashlib.sha256(b"".join(table)).hexdigest() == vector["table_sha256"], "the table")
    published = cbor2.loads(bytes.fromhex(vector["publication"]))
    link = base(alpha)
    nonce = wide(derive(b"knows" + root + struct.pack(">I", cells) + context))
    commitment = base(nonce)
    message = link + commitment + root + struct.pack(">I", cells) + context
    challenge = wide(expand(message, b"weegnet sealed v1 knows"))
    demand((published["link"], published["root"], published["cells"]) == (link, root, cells), "the publication")
    knows = {"commitment": commitment, "response": scalar(nonce + challenge * alpha)}
    demand(published["knows"] == knows, "the proof of knowledge")
    disclosed(vector, keys, taken, table, alpha, link, empties)
    return context, alpha, link, table, root


def disclosed(vector, keys, taken, table, alpha, link, empties):
    """That the table holds the register and nothing else, checked without alpha."""
    shown = cbor2.loads(bytes.fromhex(vector["disclosure"]))
    order = [keys.index(bytes.fromhex(key)) for key in vector["register"]]
    where = {number: place for place, number in taken.items()}
    demand(shown["places"] == [where[number] for number in order], "the places that are disclosed")
    demand(shown["empties"] == empties, "what the empty cells come from")
    pairs = [hashed(keys[number]) + table[where[number]] for number in order]
    seed = hashlib.sha256(link + b"".join(pairs)).digest()
    both = [rbcl.crypto_core_ristretto255_sub(link, link)] * 2
    for number, pair in enumerate(pairs):
        weight = wide(expand(seed + struct.pack(">Q", number) + pair, b"weegnet sealed v1 weight"))
        both = [plus(total, times(weight, half)) for total, half in zip(both, (pair[:32], pair[32:]))]
    challenge, response = (int.from_bytes(shown["equal"][name], "little") for name in ("challenge", "response"))
    left = plus(base(response), times(challenge, link))
    right = plus(times(response, both[0]), times(challenge, both[1]))
    again = wide(expand(link + both[0] + both[1] + left + right, b"weegnet sealed v1 equal"))
    demand(again == challenge, "the proof of equal logarithms")


def ask(vector, context, link, table, root):
    uitvraag, seed = bytes.fromhex(vector["uitvraag_id"]), bytes.fromhex(vector["seed"])
    subject = bytes.fromhex(vector["subject"])
    material = seed + uitvraag + bytes.fromhex(vector["commitment"])
    derive = lambda info, length=64: hkdf(b"weegnet sealed v1 seed", material, info, length)
    key, slope = wide(derive(b"key" + root)), wide(derive(b"slope" + root))
    vouchers = []
    for number in range(16):
        if number < len(vector["link_keys"]):
            own = vector["link_keys"][number]
            link_key, strong = bytes.fromhex(own["key"]), own["strong"]
        else:
            link_key, strong = derive(b"dummy" + bytes([number]), 32), False
        tag = 0 if strong else number + 1
        share = bytes([tag]) + scalar(key if strong else key + slope * tag)
        for turn, place in enumerate(places(context, link_key, len(table))):
            at = bytes([number, turn])
            beta, gamma = wide(derive(b"beta" + at + root)), wide(derive(b"gamma" + at + root))
            q = plus(times(beta, hashed(link_key)), base(gamma))
            s = plus(times(beta, table[place]), times(gamma, link))
            cipher = extract(root, s + q + uitvraag + b"voucher")
            vouchers.append(q + ChaCha20Poly1305(cipher).encrypt(ZERO_NONCE, share, b""))
    content = b"\xa2" + cbor2.dumps("seed") + cbor2.dumps(seed) + cbor2.dumps("subject") + subject
    padded = (struct.pack(">H", len(content)) + content).ljust(4096, b"\0")
    cipher = extract(root, scalar(key) + uitvraag + b"content")
    sealed = cbor2.loads(bytes.fromhex(vector["sealed"]))
    demand(sealed["root"] == root, "the root of the question")
    demand(sealed["vouchers"] == b"".join(sorted(vouchers)), "the vouchers")
    demand(sealed["content"] == ChaCha20Poly1305(cipher).encrypt(ZERO_NONCE, padded, b""), "the content")
    return uitvraag, sealed


def open_it(uitvraag, sealed, alpha, root):
    opened = []
    for at in range(0, len(sealed["vouchers"]), 81):
        q, share = sealed["vouchers"][at:at + 32], sealed["vouchers"][at + 32:at + 81]
        cipher = extract(root, times(alpha, q) + q + uitvraag + b"voucher")
        try:
            opened.append(ChaCha20Poly1305(cipher).decrypt(ZERO_NONCE, share, b""))
        except InvalidTag:
            pass
    return opened


def main():
    with open(sys.argv[1]) as file:
        vector = json.load(file)
    context, alpha, link, table, root = publish(vector)
    uitvraag, sealed = ask(vector, context, link, table, root)
    opened = open_it(uitvraag, sealed, alpha, root)
    demand(len(opened) == len(vector["link_keys"]), "the number of vouchers that open")
    demand(open_it(uitvraag, sealed, alpha + 1, root) == [], "what opens with another secret")
    print(f"sealed: table of {len(table)} cells, publication, disclosure and a question of 48 vouchers derived again; "
          f"{len(opened)} of them open")


if __name__ == "__main__":
    main()
