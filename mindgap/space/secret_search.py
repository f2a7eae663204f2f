"""Secrets that must not be uploaded. Only the kind is told, never the secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from mindgap.space.finding import Files, Finding, read_text

_KINDS = {
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{30,}\b",
    "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "an AWS secret key": r"(?i)aws_?secret_?(?:access_?)?key\W{1,4}[A-Za-z0-9/+=]{40}\b",
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{50,})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20}",
    "a Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    "a Google key": r"\bAIza[A-Za-z0-9_-]{35}\b",
    "a PyPI token": r"\bpypi-[A-Za-z0-9_-]{50,}",
    "a key of a language model's provider": r"\bsk-[A-Za-z0-9_-]{20,}",
}
_COMPILED = {kind: re.compile(pattern) for kind, pattern in _KINDS.items()}
_ASSIGNED = re.compile(
    r"(?i)(?:api_?key|secret|passw(?:or)?d|token)[A-Za-z_]*[\"']?\s*[:=]\s*[\"']([A-Za-z0-9+/_=.-]{20,})[\"']"
)
_NAMES = re.compile(
    r"(?i)^(?:\.env(?:\..+)?|\.netrc|\.npmrc|\.pypirc|id_(?:rsa|dsa|ecdsa|ed25519)|.+\.(?:pem|p12|pfx))$"
)


def check_secrets(files: Files) -> Iterator[Finding]:
    """Tokens and keys in the text of the files, and files that by their name hold one."""
    for name, path in files.items():
        if _NAMES.match(PurePosixPath(name).name):
            yield Finding(name, None, "A file of this name usually holds secrets; take it out of the repository.")
        for number, line in enumerate((read_text(path) or "").splitlines(), 1):
            if kind := secret_in(line):
                yield Finding(name, number, f"This looks like {kind}; remove it, and revoke it where it was real.")


def secret_in(line: str) -> str | None:
    """What kind of secret a line holds, in words; None for none."""
    for kind, pattern in _COMPILED.items():
        if pattern.search(line):
            return kind
    assigned = _ASSIGNED.search(line)
    # a name or a sentence is no secret: those have letters alone
    if assigned and re.search(r"\d", assigned[1]) and re.search(r"[A-Za-z]", assigned[1]):
        return "a password or token"
    return None
