"""What tells a study, and an instance, from every other, without a patient's data in it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy

IDENTITY = re.compile("[0-9a-f]{32}")  # what `study_identity` returns, and so the name of a study's folder in the store


def study_identity(found: FoundStudy, store: Path) -> str:
    """Return what a study is known by: a hash of study UID, patient ID and name.

    Two patients whose studies carry one UID stay apart; a study without UID is known by its folder, too. Copies in the
    store lie in a folder that bears the identity.
    """
    from medview.files.scanning.findings import owner_of

    facts = found.facts
    parts = list(owner_of(facts))
    if not facts.study_instance_uid:
        folders = {i.path.parent for s in found.series for i in s.instances} | {o.path.parent for o in found.objects}
        copied = sorted(folder.name for folder in folders if folder.parent == store and IDENTITY.fullmatch(folder.name))
        if copied:
            return copied[0]
        parts.append(str(min(folders)) if folders else "")
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def sop_number(sop_instance_uid: str) -> int | None:
    """Return a number that stands for a SOP Instance UID in an index; None where there is no UID."""
    if not sop_instance_uid:
        return None
    digest = hashlib.blake2b(sop_instance_uid.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
