from __future__ import annotations

import unicodedata

import pytest
from faq_filter_rows import kept, row

from xlingual.data.faq.filters.language_scripts import has_own_letter, script_share, scripts_of
from xlingual.languages import ISO_639_3

SAMPLES = {
    "am": "ሰላም", "ar": "مرحبا", "az": "Salam", "be": "Прывітанне", "bg": "Здравей", "bn": "হ্যালো",
    "de": "Grüße", "el": "Γεια", "fa": "سلام", "gu": "નમસ્તે", "he": "שלום", "hi": "नमस्ते",
    "hy": "Բարեւ", "ja": "こんにちは日本", "ka": "გამარჯობა", "kk": "Сәлем", "km": "សួស្តី",
    "kn": "ನಮಸ್ಕಾರ", "ko": "안녕하세요", "ky": "Салам", "lo": "ສະບາຍດີ", "mk": "Здраво",
    "ml": "നമസ്കാരം", "mn": "Сайн", "mr": "नमस्कार", "my": "မင်္ဂလာပါ", "ne": "नमस्ते", "pa": "ਸਤ",
    "ru": "Привет", "si": "ආයුබෝවන්", "sr": "Здраво", "ta": "வணக்கம்", "te": "నమస్కారం",
    "th": "สวัสดี", "tr": "Günaydın", "uk": "Привіт", "ur": "سلام", "uz": "Salom",
    "vi": "Tiếng Việt", "zh": "你好",
}  # fmt: skip


@pytest.mark.parametrize("language", sorted(SAMPLES))
def test_a_language_is_written_in_its_scripts_alone(language):
    assert script_share(SAMPLES[language], language) == 1.0
    others = [code for code in SAMPLES if not set(scripts_of(code)) & set(scripts_of(language))]
    assert others
    assert {code for code in others if has_own_letter(SAMPLES[code], language)} == set()


def test_every_language_has_scripts():
    assert all(scripts_of(code) for code in ISO_639_3)
    assert scripts_of("sr") == ("Cyrillic", "Latin")


@pytest.mark.parametrize(
    ("language", "name"),
    [("de", "LATIN"), ("el", "GREEK"), ("ru", "CYRILLIC"), ("ar", "ARABIC"), ("he", "HEBREW"), ("hi", "DEVANAGARI"),
     ("th", "THAI"), ("ka", "GEORGIAN"), ("hy", "ARMENIAN"), ("ko", "HANGUL"), ("bn", "BENGALI"), ("km", "KHMER")],
)  # fmt: skip
def test_letters_of_a_block_belong_to_the_script_that_their_names_say(language, name):
    first, *_ = SAMPLES[language]
    block = range(ord(first) & ~0x7F, (ord(first) & ~0x7F) + 0x80)
    letters = [chr(code) for code in block if chr(code).isalpha() and unicodedata.name(chr(code), "").startswith(name)]
    assert len(letters) > 20
    assert [letter for letter in letters if not has_own_letter(letter, language)] == []


def test_marks_digits_and_punctuation_are_no_letters():
    assert script_share("हिन्दी 100% (2024) !?", "hi") == 1.0
    assert script_share("12:30 – 14:00", "ru") == 0.0


def test_a_latin_brand_name_in_chinese_counts_by_meaning():
    text = "您的团队能否自定义Adobe Experience Manager以满足我们的需求?"
    assert script_share(text, "zh") > 0.7
    assert script_share(text, "ru") == 0.0


def test_chinese_is_no_japanese():
    assert script_share("我们已经接受您的订单。", "ja") == 0.0
    assert script_share("ご注文を承りました。", "zh") < 1.0


@pytest.mark.parametrize(
    ("language", "question", "answer", "stays"),
    [
        ("ar", "Is Monero magic?", "Monero is not magic.", False),
        ("ar", "ما هو مونيرو؟", "Monero هي عملة رقمية تحافظ على خصوصية المستخدمين.", True),
        ("ru", "How to pay?", "Оплата производится картой или наличными при получении заказа.", False),
        ("ru", "Что такое VPN?", "VPN скрывает ваш IP-адрес.", True),
        ("ja", "東京駅の住所", "東京都千代田区にあります。", True),
        ("de", "Was kostet das?", "Бесплатно для всех клиентов.", False),
        ("sr", "Koliko košta?", "Бесплатно је за све.", True),
        ("de", "Telefon?", "030 123456", True),
    ],
)
def test_rows_in_another_script_are_dropped(language, question, answer, stays):
    assert bool(kept([row(question, answer, language=language)], language, script=0.5)) is stays
