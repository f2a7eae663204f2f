"""French nouns and adjectives: gender, plural, agreement, elision."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

ARTICLES = (
    ("desf ", "f", "p"), ("des ", "m", "p"), ("dela ", "f", "m"), ("du ", "m", "m"), ("une ", "f", "s"), ("un ", "m",
    "s"),
)  # fmt: skip
# words with h that keeps the article apart
ASPIRATED = re.compile(
    r"(?:hach|hai[ens]|hall|halt|hamac|hameau|hamster|hanche|handball|handicap|hangar|hareng|haricot|harnais|"
    r"harpe|hasard|hât|hauss|haut|"
    r"hérisson|héron|héros|hêtre|heurt|hibou|hid|hiss|hockey|homard|hong|honte|honteu|houe|houle|housse|"
    r"hublot|huit\b|Hambourg|hurl|hurler|hutte|halle)",
    re.IGNORECASE,
)
APART = re.compile(r"(?:onz|oui\b|yaourt|yacht|yoga|ouistiti|Yémen|Yougo|Yasmine)", re.IGNORECASE)
VOWEL = re.compile(r"[aeiouyàâäéèêëîïôöùûüœæh]", re.IGNORECASE)
PLURALS = {
    "œil": "yeux", "travail": "travaux", "vitrail": "vitraux", "ail": "aulx", "bétail": "bétail", "pneu": "pneus",
    "bijou": "bijoux", "caillou": "cailloux", "chou": "choux", "genou": "genoux", "hibou": "hiboux", "bal": "bals",
    "carnaval": "carnavals", "festival": "festivals", "récital": "récitals", "régal": "régals", "cheval": "chevaux",
    "bleu": "bleus", "madame": "mesdames", "bleuet": "bleuets", "perce-neige": "perce-neige", "landau": "landaus",
    "lave-vaisselle": "lave-vaisselle", "grille-pain": "grille-pain", "arc-en-ciel": "arcs-en-ciel",
    "banal": "banals", "bancal": "bancals", "appareil photo": "appareils photo",
    "gratte-ciel": "gratte-ciel", "porte-parole": "porte-parole", "abribus": "abribus", "cerf-volant": "cerfs-volants",
    "garde-chasse": "gardes-chasse", "coffre-fort": "coffres-forts", "haut-parleur": "haut-parleurs", "final": "finals",
    "plate-bande": "plates-bandes", "grand-père": "grands-pères", "grand-mère": "grands-mères",
    "sage-femme": "sages-femmes",
    "belle-mère": "belles-mères", "vide-grenier": "vide-greniers", "bas-relief": "bas-reliefs",
    "cessez-le-feu": "cessez-le-feu",
    "petite-fille": "petites-filles", "nouveau-né": "nouveau-nés", "pare-brise": "pare-brise", "bonhomme": "bonshommes",
    "rond-point": "ronds-points", "beau-père": "beaux-pères", "marteau-piqueur": "marteaux-piqueurs",
}  # fmt: skip
FEMININES = {
    "vieux": "vieille", "beau": "belle", "nouveau": "nouvelle", "blanc": "blanche", "faux": "fausse", "bas": "basse",
    "long": "longue", "sec": "sèche", "frais": "fraîche", "fou": "folle", "doux": "douce", "épais": "épaisse",
    "gros": "grosse", "gras": "grasse", "las": "lasse", "public": "publique", "grec": "grecque", "creux": "creuse",
    "gentil": "gentille", "bref": "brève", "favori": "favorite", "muet": "muette", "net": "nette", "roux": "rousse",
    "record": "record", "nul": "nulle", "juif": "juive", "menteur": "menteuse", "protecteur": "protectrice",
    "désuet": "désuète",
    "distinct": "distincte", "malin": "maligne", "inférieur": "inférieure", "supérieur": "supérieure",
    "porteur": "porteuse",
}  # fmt: skip
BEFORE = {"vieux", "beau", "nouveau", "petit", "grand", "gros", "bon", "mauvais", "joli", "jeune", "vieil"}
BEFORE_VOWEL = {"vieux": "vieil", "beau": "bel", "nouveau": "nouvel"}
LINK = re.compile(r" (?:de|d'|à|en|aux?|du|des|pour|sur)(?: |(?<='))")


@dataclass(frozen=True)
class Noun:
    """A noun of the lexicon with its gender ("m" or "f") and kind ("s" countable, "m" mass, "p" plural only)."""

    word: str
    gender: str
    kind: str


@cache
def noun(entry: str) -> Noun:
    """The noun of an entry such as `une gare`, `dela farine`, `des ciseaux`, `desf pâtes`."""
    for start, gender, kind in ARTICLES:
        if entry.startswith(start):
            return Noun(entry[len(start) :], gender, kind)
    raise ValueError(f"Lexicon entry {entry!r} has no article.")


@cache
def begins_with_vowel(word: str) -> bool:
    """Whether the article before the word is elided: l'été, l'huile, but le hibou and le onze."""
    return bool(VOWEL.match(word)) and not ASPIRATED.match(word) and not APART.match(word)


@cache
def plural_word(word: str) -> str:
    """The plural of one noun or adjective."""
    if word in PLURALS:
        return PLURALS[word]
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith(("eau", "eu", "au")):
        return word + "x"
    if word.endswith("al"):
        return word[:-2] + "aux"
    return word + "s"


@cache
def plural(word: str) -> str:
    """The plural of a compound: all words before the first preposition agree."""
    if word in PLURALS:
        return PLURALS[word]
    link = LINK.search(word)
    head, rest = (word[: link.start()], word[link.start() :]) if link else (word, "")
    return " ".join(plural_word(part) for part in head.split(" ")) + rest


@cache
def feminine(adjective: str) -> str:
    """The feminine of an adjective or participle."""
    if adjective in FEMININES:
        return FEMININES[adjective]
    for ending, form in (
        ("teux", "teuse"), ("eux", "euse"), ("er", "ère"), ("f", "ve"), ("ateur", "atrice"), ("eur", "euse"),
        ("ien", "ienne"), ("on",
        "onne"),
        ("el", "elle"), ("eil", "eille"), ("et", "ette"),
    ):  # fmt: skip
        if adjective.endswith(ending) and adjective not in ("inquiet", "complet", "discret", "secret", "concret"):
            return adjective[: -len(ending)] + form
    if adjective.endswith("et"):
        return adjective[:-2] + "ète"
    return adjective if adjective.endswith("e") else adjective + "e"


def agree(adjective: str, gender: str, many: bool) -> str:
    """An adjective in gender and number."""
    form = feminine(adjective) if gender == "f" else adjective
    return form if adjective == "record" else plural_word(form) if many else form


ELIDED = re.compile(r"(?<![\w'-])(le|la|de|que|je|ne|se|me|te|lorsque|puisque|jusque) (?=([\w-]+))", re.IGNORECASE)
HARD = re.compile(r"(?<![\w'-])(ma|ta|sa|ce) (?=([\w-]+))", re.IGNORECASE)
OPENED = {"ma": "mon ", "ta": "ton ", "sa": "son ", "ce": "cet "}


def elide(text: str) -> str:
    """Elision over a whole text: l'école, qu'elle, s'il, mon école, cet hôtel."""
    text = ELIDED.sub(lambda m: m[1][:-1] + "'" if begins_with_vowel(m[2]) and not m[2].isdigit() else m[0], text)
    text = HARD.sub(lambda m: m[1][0] + OPENED[m[1].lower()][1:] if begins_with_vowel(m[2]) else m[0], text)
    return re.sub(r"\b([Ss])i (ils?)\b", r"\1'\2", text)


def after(preposition: str, phrase: str) -> str:
    """`à` or `de` and a noun phrase, contracted: du port, aux échecs, à la gare."""
    for article, joined in (("le ", {"à": "au ", "de": "du "}), ("les ", {"à": "aux ", "de": "des "})):
        opens = phrase.startswith(article) and not (article == "le " and begins_with_vowel(phrase[3:]))
        if preposition in joined and opens:
            return joined[preposition] + phrase[len(article) :]
    if preposition == "de" and phrase.startswith(("des ", "du ", "de la ")):
        return "de " + phrase.split(" ", 2 if phrase.startswith("de la ") else 1)[-1]
    return f"{preposition} {phrase}"
