"""Shows that deploy/verify-export.py refuses a pack in which anything was changed: `broken_packs.py PYTHON PACK.zip`."""

import io
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "deploy" / "verify-export.py"


def verifies(python: str, files: dict[str, bytes]) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pack.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return subprocess.run([python, SCRIPT, path], capture_output=True, check=False).returncode == 0


def changed(files: dict[str, bytes], name: str) -> dict[str, bytes]:
    middle = len(files[name]) // 2
    data = files[name][:middle] + bytes([files[name][middle] ^ 1]) + files[name][middle + 1 :]
    return {**files, name: data}


def main(python: str, pack: str) -> int:
    with zipfile.ZipFile(io.BytesIO(Path(pack).read_bytes())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert verifies(python, files), "the pack itself does not verify"
    broken = {f"{name} changed": changed(files, name) for name in files}
    broken |= {f"{name} left out": {n: d for n, d in files.items() if n != name} for name in files}
    broken["a file added"] = {**files, "meer.json": b"{}"}
    manifest = json.loads(files["manifest.json"])
    manifest["name"] = "Een ander"
    broken["manifest rewritten"] = {**files, "manifest.json": json.dumps(manifest).encode()}
    for what, variant in broken.items():
        assert not verifies(python, variant), f"accepted with {what}"
    print(f"verify-export: the pack verifies, and none of {len(broken)} changed ones")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
