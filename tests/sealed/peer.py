"""The table of a sealed register beside OpenMined's private set intersection, in one run: `peer.py target/release/bench`.

Both set up the same number of items. OpenMined's set-up is one element of P-256 per item, on one core, and whoever holds
the client's key learns the intersection; weegnet's lets the responder decide, and uses every core there is.
"""

import re
import subprocess
import sys
import time

import private_set_intersection.python as psi

ROUNDS = 3


def peer(count):
    """Seconds and bytes per item; the raw set, which has no false answers, as weegnet's table has none."""
    items = [f"sleutel {number}" for number in range(count)]
    times = []
    for _ in range(ROUNDS):
        server = psi.server.CreateWithNewKey(True)
        started = time.perf_counter()
        setup = server.CreateSetupMessage(1e-9, 48, items, psi.DataStructure.RAW)
        times.append(time.perf_counter() - started)
    return sorted(times)[ROUNDS // 2] / count, len(setup.SerializeToString()) / count


def ours(bench):
    """Seconds per item on every core and on one, bytes per item, and how many items."""
    lines = subprocess.run([bench, "table"], check=True, capture_output=True, text=True).stdout
    rows, keys = map(int, re.search(r"table of (\d+) rows, (\d+) keys each", lines).groups())
    every, one = (float(re.search(rf"{cores}[^|]*\| ([\d.]+) s", lines).group(1)) for cores in ("all cores", "one core"))
    size = int(re.search(r"its bytes \| (\d+)", lines).group(1))
    count = rows * keys
    return every / count, one / count, size / count, count


every, one, size, count = ours(sys.argv[1])
theirs, their_size = peer(count)
print(f"{count} items               µs an item  bytes an item")
print(f"weegnet, every core      {every * 1e6:10.1f}  {size:13.1f}")
print(f"weegnet, one core        {one * 1e6:10.1f}")
print(f"OpenMined PSI, one core  {theirs * 1e6:10.1f}  {their_size:13.1f}")
print(f"weegnet's set-up is {theirs / every:.1f} times as fast, on one core {theirs / one:.1f} times")
