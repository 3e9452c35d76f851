"""Cluster files for tests: the shipped one, with shared storage, for GCP, for one's own hosts."""

from __future__ import annotations

import re
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = (ROOT / "cluster.yaml").read_text(encoding="utf-8")
Edit = tuple[str, str]


def edited(text: str, *edits: Edit) -> str:
    """Replace text that is there exactly once."""
    for old, new in edits:
        assert text.count(old) == 1, f"{text.count(old)} times: {old}"
        text = text.replace(old, new)
    return text


def with_storage(text: str = SHIPPED) -> str:
    """The shipped file with its lines for shared storage no longer comments."""
    mounts = "# - sudo mkdir -p /mnt/studies\n# - sudo mount -t nfs4"
    return edited(
        text,
        ("    # - -v /mnt/studies", "    - -v /mnt/studies"),
        ("initialization_commands: []\n", "initialization_commands:\n"),
        (mounts, mounts.replace("# - ", "- ")),
    )


def on_gcp() -> str:
    """The shipped file for GCP."""
    head, types = SHIPPED.index("provider:\n"), SHIPPED.index("available_node_types:\n")
    middle = SHIPPED[SHIPPED.index("auth:\n") : types]
    rest = SHIPPED[SHIPPED.index("# Files copied to the nodes.") :]
    provider = "  type: gcp\n  region: us-west1\n  availability_zone: us-west1-a\n  project_id: my-project\n\n"
    nodes = """available_node_types:
  head:
    resources: {CPU: 4}
    max_workers: 0
    node_config:
      machineType: n2-standard-4
  gpu_spot:
    resources: {CPU: 8, GPU: 1}
    max_workers: 8
    node_config:
      machineType: g2-standard-8
      scheduling:
        - provisioningModel: SPOT

"""
    return f"{SHIPPED[:head]}provider:\n{provider}{middle}{nodes}{rest}"


def on_premises() -> str:
    """The file for one's own hosts that the documents show."""
    text = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"```yaml\n(cluster_name:.*?)```", text, flags=re.DOTALL)
    return str(found)


def write_for_this_machine(folder: Path) -> Path:
    """Write the shipped file, with shared storage, so that it has no mistake on this machine, from any directory."""
    token = folder / "auth_token"
    token.write_text("secret", encoding="utf-8")
    token.chmod(0o600)
    text = edited(with_storage(), ("~/.ray/auth_token: ~/.ray/auth_token", f"~/.ray/auth_token: {token}"))
    text = re.sub(r"^(  ~/xlingual/\S+): (\S+)$", rf"\1: {ROOT}/\2", text, flags=re.MULTILINE)
    text = text.replace("-py311-", "-py{}{}-".format(*sys.version_info)).replace("2.60.0", version("ray"))
    path = folder / "cluster.yaml"
    path.write_text(text, encoding="utf-8")
    return path
