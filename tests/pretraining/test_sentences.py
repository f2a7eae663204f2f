"""Sentences for masked language modelling: grammar, variety, and none of the galleries'."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mindgap.errors import CallerError
from mindgap.pretraining.sentences import sentences
from mindgap.pretraining.sentences.english_clauses import Clause, Subject, finite, question
from mindgap.pretraining.sentences.english_words import article, plural, verb
from mindgap.pretraining.sentences.french_clauses import Clause as Proposition
from mindgap.pretraining.sentences.french_clauses import Subject as Sujet
from mindgap.pretraining.sentences.french_clauses import finite as conjugated
from mindgap.pretraining.sentences.french_verbs import form, participle
from mindgap.pretraining.sentences.french_words import after, agree, elide
from mindgap.pretraining.sentences.french_words import plural as pluriel
from mindgap.pretraining.sentences.lexicon import fill, parse, topics

ROOT = Path(__file__).parents[2]
LANGUAGES = ("english", "french")
STOP = set(
    """about after again also although because been before being could does doing done down each every everybody from had
    has have having into more most much must never nobody none nothing only other over same says should some somebody such
    than that their them then there these they this those though three through until very were what when where which while
    will with without would your alors aucun aussi autre avant avec avoir cette ceux chaque comme dans depuis donc elle
    elles entre était être jamais leur leurs mais même moins notre nous parce pendant personne plus plusieurs pour pourquoi
    quand quelques sans selon sous sont toujours tous tout toute très votre vous""".split()
)


@pytest.fixture(scope="module")
def drawn():
    return {language: sentences(language, 20_000, 11) for language in LANGUAGES}


def code(language, count, seed):
    return (
        f"from mindgap.pretraining.sentences import sentences as s; print('\\n'.join(s({language!r}, {count}, {seed})))"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_seed_gives_the_same_sentences_in_any_process(language):
    runs = [
        subprocess.run(
            [sys.executable, "-c", code(language, 200, 4)], cwd=ROOT, capture_output=True, text=True, check=True,
            encoding="utf-8", env={**os.environ, "PYTHONHASHSEED": salt, "PYTHONIOENCODING": "utf-8"},
        ).stdout.splitlines()
        for salt in ("1", "2")
    ]  # fmt: skip
    assert runs[0] == runs[1] == sentences(language, 200, 4)


@pytest.mark.parametrize("language", LANGUAGES)
def test_seeds_differ_and_a_shorter_list_is_the_head_of_a_longer_one(language):
    assert sentences(language, 300, 1)[:100] == sentences(language, 100, 1)
    assert len(set(sentences(language, 300, 1)) & set(sentences(language, 300, 2))) < 15
    assert sentences(language, 0, 1) == []


def test_what_cannot_be_asked_for():
    with pytest.raises(CallerError, match="'german'"):
        sentences("german", 3, 1)
    with pytest.raises(CallerError, match="-1"):
        sentences("french", -1, 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_comes_twice(drawn, language):
    assert len(set(drawn[language])) > 0.95 * len(drawn[language]) == 19_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_least_2500_content_words(drawn, language):
    found = {w for s in drawn[language] for w in re.findall(r"[^\W\d_]{4,}", s.lower())} - STOP
    assert len(found) >= 2500


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_has_its_frames_and_words(language):
    assert len(topics(language)) >= 40
    for topic in topics(language):
        assert len(topic.frames) >= 8, topic.title
        if topic.deeds:
            assert topic.people, topic.title
            assert topic.places, topic.title


@pytest.mark.parametrize("language", LANGUAGES)
def test_typography(drawn, language):
    closed = 0
    for s in drawn[language]:
        assert s == s.strip(), s
        assert not re.search(r"  |\{|\}|\||=|~|\.\.| [,.]|,,", s), s
        assert s.count('"') % 2 == 0, s
        assert s.count("«") == s.count("»"), s
        first = next(c for c in s if c.isalnum())
        assert first.isdigit() or first.isupper(), s
        closed += s.endswith((".", "?", "!", '"', "»"))
    assert closed > 0.88 * len(drawn[language])  # the others are short phrases
    assert max(len(s.split()) for s in drawn[language]) >= 30
    assert sum(len(s.split()) <= 5 for s in drawn[language]) > 500


def test_french_spaces_before_high_punctuation(drawn):
    for s in drawn["french"]:
        assert not re.search(r"[^ ][?!;:»]|«[^ ]", s), s
        assert not re.search(r"[?!;](?=[^ ])", s), s


HIATUS = re.compile(
    r"\b(de|le|la|que|je|ne|se|me|te|du|au|sa|ma|ta|jusque|lorsque|parce que) (?=[aàâeéèêëiîoôuûœ])(?!onz|oui)", re.I
)


def test_french_elision(drawn):
    for s in drawn["french"]:
        assert not HIATUS.search(s), s
        assert not re.search(r"\bsi ils?\b|\bde les? [a-zé]+ (est|sont)\b|\bà les\b|\bce (?=[aeiouéêô])", s, re.I), s
        assert not re.search(r"\b[ldnjsmtc]'[bcdfgjklmnpqrstvwxz]", s, re.I), s


def test_english_articles(drawn):
    spoken_as_consonant = r"(?:uni[tfvqcols]|use|usu|euro|one\b|once|ewe)"
    for s in drawn["english"]:
        assert not re.search(rf"\ba (?!{spoken_as_consonant})[aeiou]", s, re.I) or re.search(r"\ba uni", s), s
        assert not re.search(r"\ban (?!hour|honest|heir|honour|X-ray|8|11|18)[^aeiouAEIOU]", s), s


def normal(text):
    return re.sub(r"\W+", " ", text.casefold()).strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_stands_in_a_gallery(drawn, language):
    texts = set()
    for split in ("train", "validation", "test"):
        for line in (ROOT / f"assets/data/english-french/{split}.jsonl").read_text("utf-8").splitlines():
            pair = json.loads(line)
            texts |= {normal(pair["query"]), normal(pair["document"]), normal(pair.get("question", ""))}
    same = sum(normal(s) in texts for s in drawn[language])
    assert same == 0


def test_the_languages_are_not_drawn_row_by_row():
    english, french = sentences("english", 4000, 3), sentences("french", 4000, 3)
    french_rows = [i for i, s in enumerate(french) if re.search(r"train|billet|quai|valise|vol\b|hôtel", s)]
    both = sum(bool(re.search(r"train|ticket|platform|suitcase|flight|hotel", english[i])) for i in french_rows)
    assert len(french_rows) > 50
    assert both < 0.15 * len(french_rows)


@pytest.mark.parametrize(
    ("phrase", "person", "tense", "negative", "made"),
    [
        ("catch the train", "3", "past", False, "caught the train"),
        ("carry a trunk", "3", "present", False, "carries a trunk"),
        ("be late", "I", "present", True, "am not late"),
        ("be late", "", "past", False, "were late"),
        ("lose it", "", "present", True, "do not lose it"),
        ("write", "3", "perfect", True, "has not written"),
        ("chop leeks", "", "was doing", False, "were chopping leeks"),
        ("bake", "", "must", False, "must bake"),
    ],
)
def test_english_verb_phrases(phrase, person, tense, negative, made):
    assert finite(phrase, person, tense, negative) == made


def test_english_questions():
    she, tourists = Subject("she", "3", "her", "she"), Subject("the tourists", "", "their", "they")
    assert question(Clause(she, "miss the bus"), "past") == "did she miss the bus"
    assert question(Clause(she, "be late"), "present") == "is she late"
    assert question(Clause(tourists, "sing"), "perfect") == "have the tourists sung"
    assert question(Clause(tourists, "sing"), "can") == "can the tourists sing"


def test_english_word_forms():
    assert [article(w) for w in ("hour", "uniform", "apple", "hotel", "umbrella", "uninvited guest")] == [
        "an hour", "a uniform", "an apple", "a hotel", "an umbrella", "an uninvited guest",
    ]  # fmt: skip
    assert [plural(w) for w in ("city", "box", "pastry cook", "customs officer", "loaf", "salesman", "key")] == [
        "cities", "boxes", "pastry cooks", "customs officers", "loaves", "salesmen", "keys",
    ]  # fmt: skip
    assert [verb(v)["ing"] for v in ("tie", "bake", "stop", "free", "peel")] == [
        "tying", "baking", "stopping", "freeing", "peeling",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("infinitive", "tense", "person", "made"),
    [
        ("manger", "present", 3, "mangeons"), ("lancer", "imperfect", 2, "lançait"), ("jeter", "present", 2, "jette"),
        ("acheter", "future", 0, "achèterai"), ("congeler", "present", 5, "congèlent"), ("répéter", "present", 1, "répètes"),
        ("répéter", "future", 2, "répétera"), ("nettoyer", "present", 2, "nettoie"), ("finir", "imperfect", 5, "finissaient"),
        ("apprendre", "present", 5, "apprennent"), ("découvrir", "present", 2, "découvre"), ("traduire", "present", 4, "traduisez"),
        ("éteindre", "imperfect", 2, "éteignait"), ("recevoir", "present", 5, "reçoivent"), ("vendre", "present", 2, "vend"),
        ("être", "imperfect", 2, "était"), ("aller", "future", 5, "iront"), ("emballer", "present", 2, "emballe"),
        ("écrire", "present", 5, "écrivent"), ("suivre", "present", 2, "suit"), ("soutenir", "present", 2, "soutient"),
        ("résoudre", "present", 3, "résolvons"), ("détruire", "present", 2, "détruit"), ("léguer", "present", 2, "lègue"), ("indexer", "present", 2, "indexe"), ("relire", "present", 3, "relisons"), ("secourir", "future", 2, "secourra"),
    ],
)  # fmt: skip
def test_french_conjugation(infinitive, tense, person, made):
    assert form(infinitive, tense, person) == made


def test_french_participles():
    assert participle("prendre", feminine=True, plural=True) == "prises"
    assert participle("dissoudre", feminine=True) == "dissoute"
    assert [participle(v) for v in ("ouvrir", "lire", "peindre", "mourir", "battre", "servir")] == [
        "ouvert", "lu", "peint", "mort", "battu", "servi",
    ]  # fmt: skip


ELLE, ILS, JE = Sujet("elle", 2, True, False), Sujet("ils", 5, False, True), Sujet("je", 0, False, False)


@pytest.mark.parametrize(
    ("clause", "tense", "negative", "made"),
    [
        (Proposition(ELLE, "partir", "à l'heure", False), "perfect", "", "est partie à l'heure"),
        (Proposition(ILS, "se coucher", "tard", False), "perfect", "pas", "ne se sont pas couchés tard"),
        (Proposition(ELLE, "descendre", "la valise", True), "perfect", "", "a descendu la valise"),
        (Proposition(JE, "s'arrêter", "", False), "devoir", "", "dois me arrêter"),
        (Proposition(JE, "perdre", "le fil", True), "near", "jamais", "ne vais jamais perdre le fil"),
    ],
)
def test_french_verb_phrases(clause, tense, negative, made):
    assert conjugated(clause, tense, negative) == made


def test_french_elision_by_hand():
    raw = "je aime le hibou, la école de Agnès, le homme que elle voit, si il ose, sa amie, ce hôtel, le onze et le haricot"
    made = (
        "j'aime le hibou, l'école d'Agnès, l'homme qu'elle voit, s'il ose, son amie, cet hôtel, le onze et le haricot"
    )
    assert elide(raw) == made
    assert [after("à", p) for p in ("le golf", "les échecs", "la gare", "le hôtel")] == [
        "au golf", "aux échecs", "à la gare", "à le hôtel",
    ]  # fmt: skip
    assert elide(after("à", "le hôtel")) == "à l'hôtel"


def test_french_agreement():
    assert [agree(a, "f", False) for a in ("vieux", "blanc", "actif", "amer", "muet", "inquiet", "rouge")] == [
        "vieille", "blanche", "active", "amère", "muette", "inquiète", "rouge",
    ]  # fmt: skip
    assert agree("médiéval", "m", True) == "médiévaux"
    assert agree("médiéval", "f", True) == "médiévales"
    assert [pluriel(w) for w in ("cheval", "billet de train", "carte bancaire", "genou", "jeu", "chef d'équipe")] == [
        "chevaux", "billets de train", "cartes bancaires", "genoux", "jeux", "chefs d'équipe",
    ]  # fmt: skip


def test_frames_nest():
    from random import Random

    frame = parse("{a|b {c|d}}-{x}")
    made = {fill(frame, Random(seed), str.upper) for seed in range(60)}
    assert made == {"a-X", "b c-X", "b d-X"}


def test_no_alternative_of_a_frame_is_the_name_of_a_person_list():
    people = {"man", "woman", "surname", "name", "homme", "femme", "prénom", "nom", "city", "ville", "country", "pays"}

    def texts(part):
        return [
            t
            for option in part
            for t in ([option] if isinstance(option, str) else [] if isinstance(option, tuple) else texts(option))
        ]

    for language in LANGUAGES:
        for topic in topics(language):
            for frame in topic.frames:
                choices = [t for part in frame if isinstance(part, list) for t in texts(part)]
                assert not (people - {"name"}) & set(choices), (topic.title, frame)
