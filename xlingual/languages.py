"""Language codes, of two letters (XQuAD) and three (WebFAQ), and names."""

from __future__ import annotations

from difflib import get_close_matches

from xlingual.errors import DataError

XQUAD_LANGUAGES = ("en", "ar", "de", "el", "es", "hi", "ru", "th", "tr", "vi", "zh", "ro")
"""The languages of XQuAD (Artetxe et al. 2020, arXiv 1910.11856; Romanian was added later)."""

UNSPACED = frozenset({"bo", "dz", "ja", "km", "lo", "my", "th", "wuu", "yue", "zh"})
"""Languages written without spaces between words, where word F1 is all or nothing; Korean has spaces."""

NON_ENGLISH = tuple(code for code in XQUAD_LANGUAGES if code != "en")

# Two-letter code (ISO 639-1), three-letter code (ISO 639-3, used by WebFAQ), English name.
_TABLE = """
af afr Afrikaans  | am amh Amharic    | ar ara Arabic     | az aze Azerbaijani | be bel Belarusian | bg bul Bulgarian
bn ben Bengali    | bs bos Bosnian    | ca cat Catalan    | cs ces Czech       | cy cym Welsh      | da dan Danish
de deu German     | el ell Greek      | en eng English    | es spa Spanish     | et est Estonian   | eu eus Basque
fa fas Persian    | fi fin Finnish    | fr fra French     | ga gle Irish       | gl glg Galician   | gu guj Gujarati
he heb Hebrew     | hi hin Hindi      | hr hrv Croatian   | hu hun Hungarian   | hy hye Armenian   | id ind Indonesian
is isl Icelandic  | it ita Italian    | ja jpn Japanese   | ka kat Georgian    | kk kaz Kazakh     | km khm Khmer
kn kan Kannada    | ko kor Korean     | ky kir Kyrgyz     | lo lao Lao         | lt lit Lithuanian | lv lav Latvian
mk mkd Macedonian | ml mal Malayalam  | mn mon Mongolian  | mr mar Marathi     | ms msa Malay      | mt mlt Maltese
my mya Burmese    | ne nep Nepali     | nl nld Dutch      | no nor Norwegian   | pa pan Punjabi    | pl pol Polish
pt por Portuguese | ro ron Romanian   | ru rus Russian    | si sin Sinhala     | sk slk Slovak     | sl slv Slovenian
so som Somali     | sq sqi Albanian   | sr srp Serbian    | sv swe Swedish     | sw swa Swahili    | ta tam Tamil
te tel Telugu     | th tha Thai       | tl tgl Tagalog    | tr tur Turkish     | uk ukr Ukrainian  | ur urd Urdu
uz uzb Uzbek      | vi vie Vietnamese | xh xho Xhosa      | zh zho Chinese     | zu zul Zulu
"""
_ROWS = tuple(tuple(cell.split()) for line in _TABLE.strip().splitlines() for cell in line.split("|"))
_NAMES = {two: name for two, _, name in _ROWS}

ISO_639_3 = {two: three for two, three, _ in _ROWS}
"""Two-letter code to three-letter code, for example "de" to "deu"."""

_TWO_LETTER = {three: two for two, three in ISO_639_3.items()}
_BIBLIOGRAPHIC = {"ger": "deu", "gre": "ell", "rum": "ron", "chi": "zho", "fre": "fra", "dut": "nld", "per": "fas"}


def is_known(code: str) -> bool:
    """Whether a code is a two- or three-letter one of a known language."""
    return code in ISO_639_3 or code in _TWO_LETTER


def two_letter(code: str) -> str:
    """Return the two-letter form of a two- or three-letter language code.

    Raises DataError for an unknown code, suggesting the closest ones.
    """
    if code in ISO_639_3:
        return code
    if code in _TWO_LETTER:
        return _TWO_LETTER[code]
    raise DataError(f"unknown language {code!r}; {_remedy(code)}")


def name(code: str) -> str:
    """Return the English name of a language code in either form: "German" for "de" and "deu"."""
    return _NAMES[two_letter(code)]


def name_or_code(code: str) -> str:
    """Return the English name of a language, or the code itself where no language is known by it."""
    try:
        return name(code)
    except DataError:
        return code


def non(code: str) -> str:
    """All languages but one, in words: "non-English" for "en"."""
    return f"non-{name_or_code(code)}"


def _remedy(code: str) -> str:
    wanted = code.strip().lower()
    wanted = _BIBLIOGRAPHIC.get(wanted, wanted)
    exact = wanted if wanted in ISO_639_3 or wanted in _TWO_LETTER else None
    by_name = [two for two, full in _NAMES.items() if full.lower() == wanted]
    near = [exact] if exact else by_name or get_close_matches(wanted, [*ISO_639_3, *_TWO_LETTER], n=3)
    if not near:
        return 'write a two-letter code such as "de" or a three-letter code such as "deu"'
    return "did you mean " + " or ".join(f"{two!r} ({name(two)})" for two in near) + "?"
