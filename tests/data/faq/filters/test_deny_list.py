from __future__ import annotations

import pytest
from faq_filter_rows import kept, row

from xlingual.data.faq.filters.deny_list import DenyList

SPAM = [
    "ultrabet.com", "1xbet.tr", "www.betist123.com", "bet365.com", "bets10giris.net",
    "tipobet-giris.com", "canlibahis.org", "best-casino-online.eu", "casinomaxi88.com",
    "static.bodog.com", "91diploma.com", "buy-diploma.net", "kupit-diplom.ru", "diplom24.com",
    "situsjudi.id", "slot-gacor.id", "betting-tips.co.uk", "sportsbook.ag", "xyzbet9.com",
    "betway.com",
]  # fmt: skip

HONEST = [
    "hitabet.net", "savetibet.org", "betalingsbelobet.dk",
    "alphabet.com", "diplomatie.gouv.fr", "tibet.org", "better.com", "elisabeth-klinik.de",
    "betonwerk.de", "bethesda.net", "betriebsrat.de", "sohbet.com.tr", "rekabet.gov.tr",
    "nobet-eczane.com", "diabetes.org", "diyabet.org", "alfabet.se", "sorbet.fr", "bettina.at",
    "bettingen.ch", "betty-barclay.com", "groupe-casino.fr", "cassino.it", "selskabet.dk",
    "diplomat.com", "uni-diplomarbeit.de", "elbet.com", "debet.nl", "muhabbet.org", "lisbet.no",
    "kobet.dk", "togelgemeinde.de", "fotogel.de", "abet.org", "betsy.com", "quodlibet.ch",
    "analphabet.de", "beta.gouv.fr",
]  # fmt: skip


@pytest.mark.parametrize("host", SPAM)
def test_spam_hosts_are_denied(host):
    assert DenyList(["default"]).denies(host, f"https://{host}/faq")


@pytest.mark.parametrize("host", HONEST)
def test_hosts_that_share_letters_with_spam_are_not(host):
    assert not DenyList(["default"]).denies(host, f"https://{host}/faq")


@pytest.mark.parametrize(
    ("url", "denied"),
    [
        ("http://caveartproject.org/ultrabet", True),
        ("http://caveartproject.org/canli-bahis?x=1", True),
        ("http://caveartproject.org/alphabet", False),
        ("http://caveartproject.org/help/gambling", False),
        ("http://caveartproject.org/casino", False),
        ("http://caveartproject.org/", False),
        ("", False),
    ],
)
def test_betting_pages_on_an_innocent_host_are_denied(url, denied):
    assert DenyList(["default"]).denies("caveartproject.org", url) is denied


def test_a_list_replaces_the_built_in_patterns_unless_it_names_them():
    rows = [row(origin=host) for host in ("ultrabet.com", "Spam.Example", "shop.example")]
    assert [each.origin for each in kept(rows, deny_hosts=[r"^spam\."])] == ["ultrabet.com", "shop.example"]
    assert [each.origin for each in kept(rows, deny_hosts=["default", r"^spam\."])] == ["shop.example"]
    assert len(kept(rows, deny_hosts=[])) == 3
