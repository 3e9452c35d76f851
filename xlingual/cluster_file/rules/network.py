"""Ports that are open to the world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xlingual.cluster_file.cluster import ClusterFile
from xlingual.cluster_file.finding import Finding

_WORLD = ("0.0.0.0/0", "::/0")
_RULES = ("provider", "security_group", "IpPermissions")


def open_ports(cluster: ClusterFile) -> Iterator[Finding]:
    """No rule of the security group lets everybody in."""
    for position, rule in _permissions(cluster):
        world = next((network for network in _networks(rule) if network in _WORLD), None)
        if world is not None:
            found = f"{_ports(rule)} open to the world ({world})"
            yield cluster.finding((*_RULES, position), found, "write your own address, such as 203.0.113.7/32")


def ssh_is_open_nevertheless(cluster: ClusterFile) -> Iterator[Finding]:
    """Ray adds a rule of its own to those of a group that it makes: ssh from everywhere."""
    for position, rule in _permissions(cluster):
        networks = _networks(rule)
        if networks and not set(networks) & set(_WORLD) and rule.get("FromPort") == 22 and _makes_group(cluster):
            found = "this does not close ssh to others, as Ray adds a rule that opens port 22 to the world"
            remedy = "create a security group yourself, and write SecurityGroupIds: [sg-...] in each node_config"
            yield cluster.finding((*_RULES, position), found, remedy)


def open_ssh_note(cluster: ClusterFile) -> str | None:
    """Say that Ray's own security group opens ssh; None where the nodes have another."""
    if cluster.provider != "aws" or not _makes_group(cluster):
        return None
    return "Ray opens ssh (port 22) to the world unless every node_config has SecurityGroupIds of your own"


def _makes_group(cluster: ClusterFile) -> bool:
    return any("SecurityGroupIds" not in each.config for each in cluster.node_types)


def _permissions(cluster: ClusterFile) -> Iterator[tuple[int, dict[str, Any]]]:
    rules = cluster.at(*_RULES)
    for position, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, dict):
            yield position, rule


def _networks(rule: dict[str, Any]) -> list[str]:
    found = [(rule.get(key), name) for key, name in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"))]
    ranges = [(each, name) for listed, name in found if isinstance(listed, list) for each in listed]
    return [str(each[name]) for each, name in ranges if isinstance(each, dict) and name in each]


def _ports(rule: dict[str, Any]) -> str:
    first, last = rule.get("FromPort"), rule.get("ToPort")
    if str(rule.get("IpProtocol")) == "-1" or first is None:
        return "all ports are"
    return f"port {first} is" if first == last else f"ports {first} to {last} are"


RULES = (open_ports, ssh_is_open_nevertheless)
