from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlingual.data.faq.hosts import held_out_hosts, site
from xlingual.data.faq.set_splitting import two_sided
from xlingual.errors import DataError

HOSTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 50), min_size=1, max_size=6)
SIZES = st.dictionaries(st.sampled_from(["ar", "de", "el", "hi", "ru", "tr"]), HOSTS, min_size=1)


def can_be_divided(groups: list[set[str]]) -> bool:
    names = sorted(set().union(*groups))
    choices = (
        {n for n, taken in zip(names, taken, strict=True) if taken} for taken in product([0, 1], repeat=len(names))
    )
    return any(all(group & chosen and group - chosen for group in groups) for chosen in choices)


@settings(max_examples=200, deadline=None)
@given(SIZES, st.sampled_from([0.05, 0.1, 0.3, 0.5]), st.integers(0, 3))
def test_every_language_with_two_hosts_has_both_sides_wherever_that_is_possible(sizes, share, seed) -> None:
    groups = [set(counts) for counts in sizes.values() if len(counts) > 1]
    if groups and not can_be_divided(groups):
        with pytest.raises(DataError, match="found no split"):
            held_out_hosts(sizes, share, seed, development=[])
        return
    held = held_out_hosts(sizes, share, seed, development=[])
    assert all(group & held and group - held for group in groups)
    assert held <= set().union(*sizes.values())


@settings(max_examples=50, deadline=None)
@given(SIZES, st.integers(0, 3), st.randoms(use_true_random=False))
def test_the_order_of_languages_and_hosts_has_no_say(sizes, seed, random) -> None:
    def mixed(mapping):
        items = list(mapping.items())
        random.shuffle(items)
        return dict(items)

    def outcome(stated):
        try:
            return held_out_hosts(stated, 0.2, seed, development=[])
        except DataError as error:
            return str(error)

    assert outcome(sizes) == outcome(mixed({language: mixed(hosts) for language, hosts in sizes.items()}))


def test_about_the_share_of_each_languages_rows_is_held_out() -> None:
    sizes = {
        language: {f"site-{n}": 1 + (n * n + place) % 40 for n in range(place * 40, place * 40 + 300)}
        for place, language in enumerate(["de", "tr", "th"])
    }
    for share in (0.05, 0.2):
        held = held_out_hosts(sizes, share, seed=0)
        shares = [sum(rows for h, rows in hosts.items() if h in held) / sum(hosts.values()) for hosts in sizes.values()]
        assert all(abs(found - share) < 0.02 for found in shares), shares
    assert held_out_hosts(sizes, 0.2, seed=0) != held_out_hosts(sizes, 0.2, seed=1)


def test_of_a_small_language_the_smaller_site_is_held_out() -> None:
    assert held_out_hosts({"th": {"large.th": 60, "small.th": 40}}, 0.1, seed=0) == {"small.th"}
    assert held_out_hosts({"th": {"large.th": 60, "small.th": 40}}, 0.1, seed=1) == {"small.th"}


def test_a_site_with_and_without_www_is_one() -> None:
    sizes = {"de": {"www.a.de": 5, "A.de": 5, "b.de": 200}, "tr": {"a.de": 5, "c.tr": 100}}
    assert held_out_hosts(sizes, 0.1, seed=0) == {"www.a.de", "A.de", "a.de"}


def test_a_language_of_one_host_keeps_it_in_training_and_is_refused_a_development_set() -> None:
    sizes = {"de": {"a.de": 10, "b.de": 10}, "vi": {"a.de": 10}, "cs": {"c.cs": 3}}
    for seed in range(5):
        assert held_out_hosts(sizes, 0.5, seed, development=["de"]) == {"b.de"}
    with pytest.raises(DataError, match=r"at least two hosts per language, but cs has 1, vi has 1; leave cs, vi out"):
        held_out_hosts(sizes, 0.5, seed=0)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_share_of_nothing_or_all_is_refused(share: float) -> None:
    with pytest.raises(DataError, match="share is"):
        held_out_hosts({"de": {"a": 1, "b": 1}}, share, seed=0)


def test_three_languages_of_two_hosts_each_may_have_no_division() -> None:
    triangle = {"de": {"a": 1, "b": 1}, "tr": {"b": 1, "c": 1}, "el": {"a": 1, "c": 1}}
    with pytest.raises(DataError, match=r"no split .*de has 2, el has 2, tr has 2.*leave one of de, el, tr out"):
        held_out_hosts(triangle, 0.1, seed=0)


def test_many_entangled_groups_are_divided() -> None:
    groups = [[f"s{(n * 7 + k * k) % 60}" for k in range(3)] for n in range(80)]
    chosen = two_sided(groups, wish=set())
    assert chosen is not None
    assert all(set(group) & chosen and set(group) - chosen for group in groups)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("www.a.de", "a.de"),
        ("A.de", "a.de"),
        ("de.a.com", "a.com"),
        ("spa.a.com", "a.com"),
        ("www.de.m.a.com", "a.com"),
        ("a.de:443", "a.de"),
        ("a.de.", "a.de"),
        ("shop.a.de", "shop.a.de"),
        ("no.com", "no.com"),
        ("www.de", "www.de"),
        ("", ""),
    ],
)
def test_the_name_of_a_site_leaves_out_language_and_device(host: str, name: str) -> None:
    assert site(host) == name


@pytest.mark.parametrize("seed", range(10))
def test_the_languages_of_a_site_are_on_one_side(seed: int) -> None:
    sizes = {"de": {"de.a.com": 4, "www.b.de": 9, "c.de": 5}, "es": {"es.a.com": 4, "B.de": 9, "d.es": 5}}
    held = held_out_hosts(sizes, 0.4, seed)
    assert ("de.a.com" in held) == ("es.a.com" in held) and ("www.b.de" in held) == ("B.de" in held)
    assert not {site(host) for host in held} & {site(h) for counts in sizes.values() for h in counts if h not in held}
