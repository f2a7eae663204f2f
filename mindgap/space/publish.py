"""A Space from this folder: what would be uploaded, what speaks against it, and the upload."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mindgap.errors import CallerError, Failure
from mindgap.space.finding import Files, Finding
from mindgap.space.front_matter import check_front_matter
from mindgap.space.links import check_links
from mindgap.space.requirements import check_requirements
from mindgap.space.secret_search import check_secrets
from mindgap.space.tree import LEFT_OUT, check_sizes, check_untracked, files_to_upload, total_bytes

_LISTED = 10
CHECKS: dict[str, Callable[[Files], Iterator[Finding]]] = {
    "sizes": check_sizes,
    "front matter": check_front_matter,
    "requirements": check_requirements,
    "secrets": check_secrets,
    "links": check_links,
}


@dataclass(frozen=True)
class Plan:
    """What would be uploaded, and every finding about it."""

    files: Files
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether no finding is an error."""
        return not any(finding.error for finding in self.findings)

    def largest(self) -> list[str]:
        """The names of the largest files, the largest first."""
        return sorted(self.files, key=lambda name: (-self.files[name].stat().st_size, name))[:_LISTED]

    def to_json(self) -> dict[str, Any]:
        """files, total_bytes, largest, left_out, findings."""
        sizes = [{"path": name, "bytes": path.stat().st_size} for name, path in self.files.items()]
        return {
            "files": sizes,
            "total_bytes": total_bytes(self.files),
            "largest": self.largest(),
            "left_out": list(LEFT_OUT),
            "findings": [
                {"file": f.file, "line": f.line, "error": f.error, "sentence": f.sentence} for f in self.findings
            ],
        }


def make_plan(root: Path) -> Plan:
    """Look through the folder with all checks. Nothing is uploaded and nothing fetched."""
    files = files_to_upload(root)
    found = [finding for check in CHECKS.values() for finding in check(files)]
    return Plan(files, (*found, *check_untracked(root)))


def check_repository(name: str | None) -> str:
    """OWNER/NAME as given. Raises CallerError for anything else."""
    if not name or not re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", name):
        raise CallerError(f"--repo is {(name or 'missing')[:80]!r}; name the Space as OWNER/NAME.")
    return name


def upload(plan: Plan, repository: str) -> str:
    """Make the Space `repository` equal to the plan's files, in one commit; returns the commit's address.

    Raises CallerError without HF_TOKEN, Failure where the plan has errors or the Hub refuses.
    """
    token = os.environ.get("HF_TOKEN")
    if not token:
        raise CallerError(
            "HF_TOKEN is not set; make a token with write access on https://huggingface.co/settings/tokens "
            "and put it into that environment variable."
        )
    if not plan.sound:
        raise Failure("Nothing was uploaded: put the errors above right first.")
    with tempfile.TemporaryDirectory() as folder:
        # a folder of exactly these files: the client looks through all that it is given
        for name, path in plan.files.items():
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, Path(folder) / name)
        return _send(folder, repository, token)


def _send(folder: str, repository: str, token: str) -> str:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

    try:
        done = HfApi(token=token).upload_folder(
            repo_id=repository,
            folder_path=folder,
            repo_type="space",
            commit_message="Publish",
            # what the folder no longer has shall not stay in the Space
            delete_patterns="*",
        )
    except RepositoryNotFoundError:
        raise Failure(
            f"There is no Space {repository} that this token may write to; make it on https://huggingface.co/new-space "
            "with the Gradio SDK, or check the token's rights."
        ) from None
    except (HfHubHTTPError, OSError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise Failure(f"The Hub did not take the upload to {repository} ({first}); try again.") from error
    return str(getattr(done, "commit_url", done))
