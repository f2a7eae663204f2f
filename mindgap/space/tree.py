"""Which files a Space consists of, and whether they are small enough."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from mindgap.errors import Failure
from mindgap.space.finding import Files, Finding

LEFT_OUT = ("tests/", "benchmarks/", ".ci/", ".github/", "requirements-dev.txt")
"""What only somebody who changes the code needs. All else goes along: who clones the Space can run and read it."""
MOST_BYTES = 10_000_000
"""Of one file; a larger one needs LFS or Xet."""
MOST_TOTAL = 1_000_000_000
"""Of a Space's repository."""
_NEVER = ("__pycache__", "node_modules", "runs")


def files_to_upload(root: Path) -> Files:
    """The tracked files of the repository in `root` without LEFT_OUT, sorted; never an ignored one.

    Without a repository: every file outside hidden and cache folders.

    Raises Failure where there is a repository and no git to read it.
    """
    names = _git(root) if (root / ".git").exists() else _walk(root)
    kept = sorted(name for name in names if not name.startswith(LEFT_OUT) and (root / name).is_file())
    return {name: root / name for name in kept}


def check_untracked(root: Path) -> Iterator[Finding]:
    """A warning where new files would stay here because nobody has added them to the repository."""
    others = _git(root, "--others", "--exclude-standard") if (root / ".git").exists() else []
    if new := [name for name in others if not name.startswith(LEFT_OUT)]:
        yield Finding(new[0], None, f"{len(new)} files are not tracked by git and stay here, this first.", error=False)


def _git(root: Path, *which: str) -> list[str]:
    try:
        done = subprocess.run(["git", "-C", str(root), "ls-files", "-z", *which], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"git cannot say which files belong to {root} ({error}). Install git and try again.") from error
    return [name for name in done.stdout.decode("utf-8").split("\0") if name]


def _walk(root: Path) -> Iterator[str]:
    for path in root.rglob("*"):
        inside = path.relative_to(root)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and not set(_NEVER) & set(inside.parts):
            yield inside.as_posix()


def check_sizes(files: Files) -> Iterator[Finding]:
    """No file over MOST_BYTES, not more than MOST_TOTAL together, no symbolic link."""
    for name, path in files.items():
        if path.is_symlink():
            yield Finding(name, None, "It is a symbolic link, and what it points at would be uploaded; copy the file.")
        elif (size := path.stat().st_size) > MOST_BYTES:
            yield Finding(
                name, None, f"It has {size:,} bytes; without LFS or Xet at most {MOST_BYTES:,} can be uploaded."
            )
    if (total := total_bytes(files)) > MOST_TOTAL:
        yield Finding(".", None, f"All files together have {total:,} bytes; a Space takes {MOST_TOTAL:,}.")


def total_bytes(files: Files) -> int:
    """Size of all files together."""
    return sum(path.stat().st_size for path in files.values())
