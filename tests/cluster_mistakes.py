"""Mistakes to plant in cluster files: each a small edit, with the one line that has to be told."""

from __future__ import annotations

from dataclasses import dataclass

from cluster_files import SHIPPED, Edit, edited, on_gcp, on_premises, with_storage

WIDE = ("training.batch_size=32", "training.micro_batch_size=2", "scaling.concurrent_trials=1")
GPU_STUDY = ("scaling.cpus_per_worker=4", "scaling.gpus_per_worker=1", "scaling.concurrent_trials=auto")
GPU_TYPE = SHIPPED[SHIPPED.index("  gpu_spot:\n") : SHIPPED.index("# Files copied to the nodes.")]
NODE_TYPES = SHIPPED[SHIPPED.index("available_node_types:\n") : SHIPPED.index("# Files copied to the nodes.")]
WORKER_START = SHIPPED[SHIPPED.index("worker_start_ray_commands:\n") : SHIPPED.index("# Not read by Ray.")]
AUTH = "export RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0; ulimit -n 65536;\n    ray start --"
IMAGE, HEAD_IMAGE = "  image: rayproject/ray:2.60.0-py311-gpu", "  head_image: rayproject/ray:2.60.0-py311-cpu"
LEAST_AND_MOST = "    min_workers: 0\n    max_workers: 8"
PIP = '"ray[default,train,tune]==2.60.0" -e ~/xlingual'
REGION = "  region: us-west-2\n"
GROUP = (
    "  security_group:\n    GroupName: mine\n    IpPermissions:\n"
    "      - {{FromPort: {0}, ToPort: {0}, IpProtocol: tcp, "
)


@dataclass(frozen=True)
class Mistake:
    """A mistake: what it is, its edits, and where it is told.

    Attributes:
        name: of the test's case.
        edits: what to replace in the file.
        marker: text of one line of the edited file: the one that has to be named.
        key: that has to be named.
        file: that is edited.
        study: overrides of the study that is meant to run there; None for no study.
        above: how many lines above the marked one the value begins.
    """

    name: str
    edits: tuple[Edit, ...]
    marker: str
    key: str
    file: str = SHIPPED
    study: tuple[str, ...] | None = None
    above: int = 0

    @property
    def text(self) -> str:
        """The file with the mistake."""
        text = edited(self.file, *self.edits)
        assert text != self.file or self.study is not None, "nothing is planted"
        return text

    @property
    def line(self) -> int:
        """The number of the line that has the marker."""
        (number,) = [at for at, line in enumerate(self.text.splitlines(), start=1) if self.marker in f"\n{line}"]
        return number - self.above


def one(name: str, old: str, new: str, key: str, marker: str = "", file: str = SHIPPED, above: int = 0) -> Mistake:
    """A mistake of one edit, told at its first line unless a marker says otherwise."""
    return Mistake(name, ((old, new),), marker or new.strip("\n").splitlines()[0], key, file, above=above)


YAML = (
    one(
        "a key twice",
        "\nupscaling_speed: 1.0\n",
        "\nupscaling_speed: 1.0\nupscaling_speed: 2.0\n",
        "",
        "upscaling_speed: 2.0",
    ),
    one("a tab", "\n  type: aws", "\n\ttype: aws", "", "\ttype: aws"),
    one("a number that is text", "upscaling_speed: 1.0", "upscaling_speed: 3e-4", "upscaling_speed"),
    one("no", "cache_stopped_nodes: false", "cache_stopped_nodes: no", "provider.cache_stopped_nodes"),
    one("a key that is false", "metadata:\n", "metadata:\n  off: 1\n", "metadata.off", "  off: 1"),
)
SCHEMA = (
    one("unknown key", "    resources: {CPU: 4}", "    resource: {CPU: 4}\n    resources: {CPU: 4}",
        "available_node_types.head.resource"),
    one("unknown key at the top", "head_node_type: head", "head_node_type: head\nsetup_command: []", "setup_command",
        "setup_command: []"),
    one("text for a number", "\nmax_workers: 8", '\nmax_workers: "8"', "max_workers"),
    one("a number for text", "ssh_user: ubuntu", "ssh_user: 1000", "auth.ssh_user"),
    one("text for a list", "rsync_exclude:\n  - __pycache__", "rsync_exclude: __pycache__", "rsync_exclude"),
    one("below zero", "\nupscaling_speed: 1.0", "\nupscaling_speed: -1", "upscaling_speed"),
    one("no resources", "    resources: {CPU: 8, GPU: 1}\n", "", "available_node_types.gpu_spot.resources",
        "  gpu_spot:"),
)  # fmt: skip
PROVIDER = (
    one("unknown provider", "\n  type: aws", "\n  type: amazon", "provider.type"),
    one("a key that AWS does not read", "  availability_zone: us", "  availability_zones: us",
        "provider.availability_zones"),
    one("a key that GCP does not read", "  project_id: my-project\n", "  project_id: my-project\n  zone: a\n",
        "provider.zone", "  zone: a", on_gcp()),
    one("a key of hosts misspelt", "  head_ip: 192", "  external_ip: 192.0.2.9\n  head_ip: 192", "provider.external_ip",
        "external_ip", on_premises()),
    one("no region", REGION, "", "provider.region", "provider:"),
    one("no project", "  project_id: my-project\n", "  project_id: null\n", "provider.project_id", file=on_gcp()),
    one("a name with a slash", "cluster_name: xlingual", "cluster_name: my/cluster", "cluster_name"),
    one("a name with capitals on GCP", "cluster_name: xlingual", "cluster_name: My_Cluster", "cluster_name",
        file=on_gcp()),
    one("node types of one's own hosts", "provider:\n", NODE_TYPES + "provider:\n", "available_node_types",
        "available_node_types:", on_premises()),
    one("a head type of one's own hosts", "provider:\n", "head_node_type: head\nprovider:\n", "head_node_type",
        file=on_premises()),
)  # fmt: skip
NODES = (
    one("no such head", "head_node_type: head", "head_node_type: heads", "head_node_type"),
    one("more at the start than allowed", LEAST_AND_MOST, "    min_workers: 9\n    max_workers: 8",
        "available_node_types.gpu_spot.min_workers"),
    Mistake("more at the start than allowed in all",
            (("\nmax_workers: 8", "\nmax_workers: 1"), (LEAST_AND_MOST, "    min_workers: 2\n    max_workers: 2")),
            "max_workers: 1", "max_workers"),
    one("more of a type than in all", "\nmax_workers: 8", "\nmax_workers: 4",
        "available_node_types.gpu_spot.max_workers", "    max_workers: 8"),
    one("min_workers at the top", "\nmax_workers: 8", "\nmin_workers: 1\nmax_workers: 8", "min_workers",
        "min_workers: 1"),
    one("a spot head", "      InstanceType: m7i.xlarge\n",
        "      InstanceType: m7i.xlarge\n      InstanceMarketOptions: {MarketType: spot}\n",
        "available_node_types.head.node_config.InstanceMarketOptions", "InstanceMarketOptions: {"),
    one("a head that is taken away on GCP", "      machineType: n2-standard-4\n",
        "      machineType: n2-standard-4\n      scheduling: {preemptible: true}\n",
        "available_node_types.head.node_config.scheduling", "preemptible", on_gcp()),
    one("GPUs that are not there", "InstanceType: g6.2xlarge", "InstanceType: m7i.2xlarge",
        "available_node_types.gpu_spot.resources.GPU", "CPU: 8, GPU: 1"),
    one("GPUs that are not told on GCP", "    resources: {CPU: 8, GPU: 1}", "    resources: {CPU: 8}",
        "available_node_types.gpu_spot.resources", file=on_gcp()),
    one("a short idle time", "idle_timeout_minutes: 15", "idle_timeout_minutes: 5", "idle_timeout_minutes"),
    one("no idle time", "idle_timeout_minutes: 15\n", "", "idle_timeout_minutes", "cluster_name: xlingual"),
    one("a short idle time of a type", "    max_workers: 8\n", "    max_workers: 8\n    idle_timeout_s: 120\n",
        "available_node_types.gpu_spot.idle_timeout_s", "idle_timeout_s: 120"),
    one("no node types", NODE_TYPES, "", "available_node_types", "cluster_name: xlingual"),
)  # fmt: skip
IMAGES = (
    one("latest", IMAGE, "  image: rayproject/ray:latest-gpu", "docker.image"),
    one("latest for no device", IMAGE, "  image: rayproject/ray:latest", "docker.image"),
    one("no tag", HEAD_IMAGE, "  head_image: localhost:5000/rayproject/ray", "docker.head_image"),
    one("nightly", IMAGE, "  image: rayproject/ray:nightly-py311-gpu", "docker.image"),
    one("latest of one's own", IMAGE, "  image: me/study:latest", "docker.image"),
    one("another Ray", HEAD_IMAGE, "  head_image: rayproject/ray:2.59.0-py311-cpu", "docker.head_image"),
    one("another Python", IMAGE, "  image: rayproject/ray:2.60.0-py310-gpu", "docker.image"),
    one("no Python", IMAGE, "  image: rayproject/ray:2.60.0-gpu", "docker.image"),
    one("no CUDA", IMAGE, "  image: rayproject/ray:2.60.0-py311-cpu", "docker.image", "  image: "),
    Mistake("two versions", ((IMAGE, "  image: me/study:1.1-gpu"), (HEAD_IMAGE, "  head_image: me/study:1.0-cpu")),
            "me/study:1.1", "docker.image"),
    one("no container name", "  container_name: xlingual\n", "", "docker.container_name", "docker:"),
    one("PyTorch of any version", PIP, f"{PIP} 'torch>=2.8'", "setup_commands[2]", "torch>=2.8"),
    one("Ray of any version", PIP, PIP.replace("==2.60.0", ""), "setup_commands[2]"),
    one("Ray of another version", PIP, PIP.replace("2.60.0", "2.59.0"), "setup_commands[2]"),
)  # fmt: skip
START = (
    one("no commands for workers", WORKER_START, "", "worker_start_ray_commands", "cluster_name: xlingual"),
    one("no ray start", WORKER_START, "worker_start_ray_commands:\n  - ray stop\n", "worker_start_ray_commands"),
    one("no token for workers", AUTH + "address", AUTH.replace("RAY_AUTH_MODE=token ", "") + "address",
        "worker_start_ray_commands[1]", above=1),
    one("usage statistics", AUTH + "head", AUTH.replace(" RAY_USAGE_STATS_ENABLED=0", "") + "head",
        "head_start_ray_commands[1]", above=1),
    one("an open dashboard", "--dashboard-host=127.0.0.1", "--dashboard-host=0.0.0.0",
        "head_start_ray_commands[1]", above=2),
    one("no autoscaler", "    --autoscaling-config=~/ray_bootstrap_config.yaml\n", "", "head_start_ray_commands[1]",
        "--dashboard-host", above=2),
    one("another port", "--address=$RAY_HEAD_IP:6379", "--address=$RAY_HEAD_IP:6380",
        "worker_start_ray_commands[1]", above=2),
    one("ray stop on a shared host", "head_start_ray_commands:\n", "head_start_ray_commands:\n  - ray stop\n",
        "head_start_ray_commands[0]", "- ray stop", on_premises()),
    one("the token in the file", AUTH + "head", AUTH.replace("MODE=token", "MODE=token RAY_AUTH_TOKEN=abc") + "head",
        "head_start_ray_commands[1]", above=1),
)  # fmt: skip
FILES = (
    one("a source that is not here", "~/xlingual/studies: studies", "~/xlingual/studies: nowhere",
        "file_mounts.~/xlingual/studies"),
    one("a key that is not here", "  ssh_private_key: ~/.ssh/id_ed25519", "  ssh_private_key: ~/.ssh/nowhere",
        "auth.ssh_private_key", file=on_premises()),
    one("no token copied", "  ~/.ray/auth_token: ~/.ray/auth_token\n", "", "file_mounts", "file_mounts:"),
    one("a token that is not here", "~/.ray/auth_token: ~/.ray/auth_token", "~/.ray/auth_token: ~/token",
        "file_mounts.~/.ray/auth_token"),
    one("a part of the project", "  ~/xlingual/README.md: README.md\n", "", "file_mounts", "file_mounts:"),
    one("the project elsewhere", "-e ~/xlingual", "-e ~/project/xlingual", "setup_commands[2]"),
    one("nothing installs the project", " -e ~/xlingual", "", "setup_commands", "setup_commands:"),
)  # fmt: skip
NETWORK = (
    one("an open port", REGION, REGION + GROUP.format(8265) + "IpRanges: [{CidrIp: 0.0.0.0/0}]}\n",
        "provider.security_group.IpPermissions[0]", "FromPort"),
    one("all ports open over IPv6", REGION,
        REGION + GROUP.format(-1).replace("tcp", "-1") + "Ipv6Ranges: [{CidrIpv6: '::/0'}]}\n",
        "provider.security_group.IpPermissions[0]", "FromPort"),
    one("ssh that stays open", REGION, REGION + GROUP.format(22) + "IpRanges: [{CidrIp: 203.0.113.7/32}]}\n",
        "provider.security_group.IpPermissions[0]", "FromPort"),
)  # fmt: skip
STUDY = (
    Mistake("no GPU", (("InstanceType: g6.2xlarge", "InstanceType: m7i.2xlarge"), ("{CPU: 8, GPU: 1}", "{CPU: 8}")),
            "available_node_types:", "available_node_types", with_storage(), GPU_STUDY),
    Mistake("a trial of too many workers", (), "    max_workers: 8", "available_node_types.gpu_spot.max_workers",
            with_storage(), (*GPU_STUDY, *WIDE, "scaling.workers_per_trial=16")),
    Mistake("too many trials", (), "    max_workers: 8", "available_node_types.gpu_spot.max_workers",
            with_storage(), (*GPU_STUDY, "scaling.concurrent_trials=12")),
    Mistake("too few workers in all",
            ((GPU_TYPE, GPU_TYPE + GPU_TYPE.replace("gpu_spot", "gpu_more")),), "\nmax_workers: 8", "max_workers",
            with_storage(), (*GPU_STUDY, "scaling.concurrent_trials=12")),
    Mistake("too many CPUs for a worker", (), "    resources: {CPU: 8, GPU: 1}",
            "available_node_types.gpu_spot.resources", with_storage(), (*GPU_STUDY, "scaling.cpus_per_worker=16")),
    Mistake("room on the head alone", (("{CPU: 8, GPU: 1}", "{CPU: 2, GPU: 1}"),), "available_node_types:",
            "available_node_types", with_storage(),
            (*WIDE, "scaling.cpus_per_worker=4", "scaling.workers_per_trial=2")),
    Mistake("no GPU on one's own hosts", (("--num-gpus=1", "--num-gpus=0"),), "  worker_ips:", "provider.worker_ips",
            on_premises(), GPU_STUDY),
    Mistake("too few hosts", (), "  worker_ips:", "provider.worker_ips", on_premises(),
            (*GPU_STUDY, *WIDE, "scaling.workers_per_trial=4")),
    Mistake("no storage in the container", (("    - -v /mnt/studies:/mnt/studies\n", ""),), "  run_options:",
            "docker.run_options", with_storage(), GPU_STUDY),
    Mistake("no storage on the host", (("mount -t nfs4", "ls"),), "initialization_commands:", "initialization_commands",
            with_storage(), GPU_STUDY),
    Mistake("a URL", (), "  run_options:", "docker.run_options", with_storage(), (*GPU_STUDY, "storage=file:///mnt/studies")),
)  # fmt: skip
MISTAKES = (*YAML, *SCHEMA, *PROVIDER, *NODES, *IMAGES, *START, *FILES, *NETWORK, *STUDY)
