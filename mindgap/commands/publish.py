"""publish: checks and uploads the Space."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mindgap import paths
from mindgap.commands.base import Command, add_json, print_json, say

if TYPE_CHECKING:
    from mindgap.space.publish import Plan


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="list what would be uploaded and check it, no more")
    parser.add_argument("--repo", metavar="OWNER/NAME", help="the Space to upload to; HF_TOKEN must be set")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    from mindgap.space.publish import check_repository, make_plan, upload

    if asked.repo or not asked.dry_run:
        check_repository(asked.repo)
    plan = make_plan(paths.ROOT)
    if not asked.json:
        _print(plan)
    address = None
    # with --json the findings must come out even where nothing is uploaded
    if not asked.dry_run and (plan.sound or not asked.json):
        address = upload(plan, asked.repo)
    if asked.json:
        print_json({"repo": asked.repo, "uploaded": address} | plan.to_json())
    elif address:
        print(f"uploaded: {address}")
    elif plan.sound:
        say("Nothing speaks against an upload; nothing was uploaded.")
    return 0 if plan.sound else 1


def _print(plan: Plan) -> None:
    report = plan.to_json()
    for file in report["files"]:
        print(f"{file['bytes']:>12,}  {file['path']}")
    print(
        f"\n{len(report['files']):,} files, {report['total_bytes']:,} bytes; left out: {', '.join(report['left_out'])}"
    )
    print("largest: " + ", ".join(report["largest"][:3]))
    for finding in plan.findings:
        print(f"{'error' if finding.error else 'warning'}: {finding.where}: {finding.sentence}")


PUBLISH = Command("publish", "Check what a Hugging Face Space would get, and upload it.", _arguments, _run)
