"""Check the file that `ray up` reads before anything is started, or paid for."""

from xlingual.cluster_file.check import CHECKS, Checked, check_cluster_file
from xlingual.cluster_file.cluster import ClusterFile
from xlingual.cluster_file.finding import Finding
from xlingual.cluster_file.here import Here

__all__ = ["CHECKS", "Checked", "ClusterFile", "Finding", "Here", "check_cluster_file"]
