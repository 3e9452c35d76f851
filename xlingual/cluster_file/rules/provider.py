"""The provider: its type, the keys that Ray reads for it, the cluster's name, and hosts of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xlingual.cluster_file.cluster import TYPES, ClusterFile
from xlingual.cluster_file.finding import Finding
from xlingual.study.messages import did_you_mean

TYPES_OF_PROVIDER = ("local", "aws", "gcp", "azure", "aliyun", "vsphere", "kuberay", "spark", "external", "readonly",
                     "fake_multinode", "fake_multinode_docker")  # fmt: skip
OF_ALL = ("type", "use_internal_ips", "use_external_head_ip", "disable_node_updaters", "disable_launch_config_check",
          "foreground_node_launch", "worker_liveness_check")  # fmt: skip
READ = {
    "aws": ("region", "availability_zone", "cache_stopped_nodes", "key_pair", "aws_credentials", "security_group",
            "cloudwatch"),
    "gcp": ("region", "availability_zone", "project_id", "gcp_credentials", "cache_stopped_nodes"),
    "local": ("head_ip", "worker_ips", "external_head_ip", "coordinator_address"),
}  # fmt: skip
"""Keys that Ray 2.60.0 reads below `provider`, besides those of all providers."""

_NEEDED = {
    "aws": {"region": "us-west-2"},
    "gcp": {"region": "us-west1", "availability_zone": "us-west1-a", "project_id": "my-project"},
    "local": {"head_ip": "192.0.2.1", "worker_ips": "[192.0.2.2, 192.0.2.3]"},
}
_LONGEST_NAME = 44
"""GCP names a machine ray-NAME-worker-8 letters-compute, in at most 63 letters."""


def provider_type(cluster: ClusterFile) -> Iterator[Finding]:
    """Ray has such a provider."""
    found = cluster.provider
    if found and found not in TYPES_OF_PROVIDER:
        remedy = did_you_mean(found, TYPES_OF_PROVIDER, "write aws, gcp or local")
        yield cluster.finding(("provider", "type"), f"Ray has no provider {found!r}", remedy)


def unread_keys(cluster: ClusterFile) -> Iterator[Finding]:
    """Ray reads every key: its schema lets any pass."""
    known = READ.get(cluster.provider)
    if known is None:
        return
    for key in cluster.mapping("provider"):
        if key not in known and key not in OF_ALL:
            remedy = did_you_mean(key, (*known, *OF_ALL), "delete it")
            found = f"Ray's {cluster.provider} provider does not read {key!r}"
            yield cluster.finding(("provider", key), found, remedy)


def missing_keys(cluster: ClusterFile) -> Iterator[Finding]:
    """What the provider cannot do without is written."""
    if cluster.is_local and cluster.writes("provider", "coordinator_address"):
        if not cluster.writes("max_workers"):
            found = "is missing, and a coordinator_address needs it"
            yield cluster.finding(("max_workers",), found, "write the number of workers")
        return
    for key, example in _NEEDED.get(cluster.provider, {}).items():
        if not cluster.writes("provider", key) or cluster.is_empty("provider", key):
            found = f"is missing, and Ray's {cluster.provider} provider needs it"
            yield cluster.finding(("provider", key), found, f"write for example {key}: {example}")


def name(cluster: ClusterFile) -> Iterator[Finding]:
    """The provider can name machines after the cluster."""
    found = cluster.text("cluster_name")
    if found is None:
        return
    if cluster.provider == "gcp":
        fits = re.fullmatch(rf"[a-z0-9-]{{1,{_LONGEST_NAME}}}", found)
        remedy = f"write lower-case letters, digits and hyphens, {_LONGEST_NAME} at most"
    else:
        fits = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", found)
        remedy = "write letters, digits, hyphens, underscores and dots, 100 at most"
    if not fits:
        part = "a GCP machine's name" if cluster.provider == "gcp" else "the name of a file or a security group"
        yield cluster.finding(("cluster_name",), f"{found!r} cannot be part of {part}", remedy)


def keys_of_clouds(cluster: ClusterFile) -> Iterator[Finding]:
    """With hosts of one's own there are no node types."""
    if not cluster.is_local:
        return
    remedy = "delete it: the hosts are provider.head_ip and worker_ips, and resources are options of `ray start`"
    if cluster.writes(TYPES):
        yield cluster.finding((TYPES,), "the local provider has no node types, and `ray up` stops at this key", remedy)
    elif cluster.writes("head_node_type"):
        yield cluster.finding(("head_node_type",), "the local provider has no node types", remedy)


def last_worker(cluster: ClusterFile) -> Iterator[Finding]:
    """Ray's newer autoscaler starts all hosts but one."""
    workers = cluster.most_workers
    is_off = cluster.here.environment.get("RAY_UP_enable_autoscaler_v2", "1") != "1"
    if not cluster.is_local or is_off or not workers or cluster.writes("provider", "coordinator_address"):
        return
    which = f"only {workers - 1} of the {workers} workers" if workers > 1 else "no worker"
    yield cluster.finding(
        ("provider", "worker_ips"),
        f"`ray up` would start {which}: autoscaler v2, its default, leaves one host out",
        "run `export RAY_UP_enable_autoscaler_v2=0` before `ray up`, and before this check",
    )


RULES = (provider_type, unread_keys, missing_keys, name, keys_of_clouds, last_worker)
