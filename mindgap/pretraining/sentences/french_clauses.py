"""French clauses: who does what, with agreement, tense, auxiliary and negation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from mindgap.pretraining.sentences.french_verbs import form, participle
from mindgap.pretraining.sentences.french_words import (
    BEFORE,
    BEFORE_VOWEL,
    after,
    agree,
    begins_with_vowel,
    noun,
    plural,
)
from mindgap.pretraining.sentences.lexicon import Deed, Slots, Topic, topics
from mindgap.pretraining.sentences.numbers import FRENCH

# text, person, feminine, plural
PRONOUNS = (
    ("je", 0, False, False), ("tu", 1, False, False), ("il", 2, False, False), ("elle", 2, True, False),
    ("on", 2, False, False), ("nous", 3, False, True), ("vous", 4, False, True), ("ils", 5, False, True), ("elles",
    5, True, True),
)  # fmt: skip
REFLEXIVE = ("me", "te", "se", "nous", "vous", "se")
WITH_ETRE = frozenset(
    """aller venir revenir devenir partir repartir sortir entrer rentrer arriver rester tomber naître mourir monter
    descendre retourner remonter parvenir passer""".split()
)
POSSESSIVES = (
    ("mon", "ma", "mes"),
    ("ton", "ta", "tes"),
    ("son", "sa", "ses"),
    ("notre", "notre", "nos"),
    ("votre", "votre", "vos"),
    ("leur", "leur", "leurs"),
)


INDEFINITE = re.compile(r"(des?|du|une?|de la|de l'|plusieurs|quelques|deux)\b")


@dataclass(frozen=True)
class Subject:
    """A subject with its person (0 je to 5 ils), gender and number."""

    text: str
    person: int
    feminine: bool
    plural: bool


@dataclass(frozen=True)
class Clause:
    """A subject, an infinitive (`se` before it where reflexive), what follows, and whether that is a direct object."""

    subject: Subject
    verb: str
    rest: str
    direct: bool
    thing: bool = False


def split_verb(infinitive: str) -> tuple[bool, str]:
    """Whether the infinitive is reflexive, and the bare infinitive."""
    bare = re.sub(r"^(se |s')", "", infinitive)
    return bare != infinitive, bare


def finite(clause: Clause, tense: str, negative: str = "") -> str:
    """The finite verb phrase without its subject; `negative` is "pas", "jamais", "plus" or nothing.

    Tenses: present, imperfect, future, conditional, perfect, pluperfect, near (aller), or the infinitive of a modal.
    """
    reflexive, bare = split_verb(clause.verb)
    who = clause.subject
    pronoun = REFLEXIVE[who.person] + " " if reflexive else ""
    ne, no = ("ne ", f" {negative}") if negative else ("", "")
    if tense in ("perfect", "pluperfect"):
        to_be = reflexive or (bare in WITH_ETRE and not clause.direct)
        auxiliary = form("être" if to_be else "avoir", "present" if tense == "perfect" else "imperfect", who.person)
        done = participle(bare, who.feminine and to_be, who.plural and to_be)
        return f"{ne}{pronoun}{auxiliary}{no} {done} {clause.rest}".strip()
    if tense in ("present", "imperfect", "future", "conditional"):
        return f"{ne}{pronoun}{form(bare, tense, who.person)}{no} {clause.rest}".strip()
    modal = "aller" if tense == "near" else tense
    return f"{ne}{form(modal, 'present', who.person)}{no} {pronoun}{bare} {clause.rest}".strip()


class Phrases:
    """Nouns, people and clauses drawn from a topic."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.topics = topics("french")
        self.rich = [topic for topic in self.topics if topic.deeds]
        self.slots = Slots("french", rng, FRENCH)

    def pick(self, key: str) -> str:
        """A drawn entry of a shared list, its slots filled."""
        return self.slots(key)

    def one(self, options: str) -> str:
        """One of the texts that stand between bars."""
        return self.rng.choice(options.split("|"))

    def place(self, topic: Topic) -> str:
        """A place of the topic, as a phrase."""
        return self.rng.choice(topic.places)

    def chance(self, share: float) -> bool:
        """True in that share of the draws."""
        return self.rng.random() < share

    def described(self, topic: Topic, entry: str, many: bool, share: float) -> tuple[str, str]:
        """The noun with an adjective of the topic, in agreement, and the article `des` or `de` that it takes."""
        item = noun(entry)
        word = plural(item.word) if many and item.kind == "s" else item.word
        traits = [adjectives for adjectives, nouns in topic.traits if entry in nouns]
        if not traits or not self.chance(share):
            return word, "des"
        adjective = self.rng.choice(self.rng.choice(traits))
        form_ = agree(adjective, item.gender, many)
        if adjective not in BEFORE:
            return f"{word} {form_}", "des"
        if item.gender == "m" and not many and begins_with_vowel(word):
            form_ = BEFORE_VOWEL.get(adjective, form_)
        return f"{form_} {word}", "de"

    def phrase(
        self, topic: Topic, entry: str, owner: int = -1, definite: bool = False, trait: float = 0.3
    ) -> tuple[str, bool, bool]:
        """A noun phrase, whether it is feminine and whether it is plural; `owner` is a person for mon, ton, son."""
        if entry.startswith("="):
            return re.sub(r" [mf]$", "", entry[1:]), entry.endswith(" f"), False
        item = noun(entry)
        many = item.kind == "p" or (item.kind == "s" and self.chance(0.25))
        word, some = self.described(topic, entry, many, trait)
        she = item.gender == "f"
        at = 2 if many else int(she)
        kinds = [("le", "la", "les")[at]] * 6
        kinds += [POSSESSIVES[owner][at]] * 2 if owner >= 0 else []
        if not definite:
            kinds += [("ce", "cette", "ces")[at]] * 2
            if item.kind == "m":
                kinds += [("du", "de la")[she] if not begins_with_vowel(word) else "de l'"] * 5
            else:
                kinds += [some, "deux", "quelques", "plusieurs", some] if many else [("un", "une")[she]] * 6
        kind = self.rng.choice(kinds)
        return f"{kind} {word}".replace("' ", "'"), she, many

    def person(self, topic: Topic, agents: tuple[str, ...] = ()) -> Subject:
        """Who acts: somebody of the topic, somebody with a name, or a pronoun where no agent is asked for."""
        kind = self.rng.random()
        if not agents and kind < 0.24:
            return Subject(*self.rng.choice(PRONOUNS))
        if not agents and kind < 0.5:
            key = self.rng.choice(("homme", "femme"))
            return Subject(self.pick(key), 2, key == "femme", False)
        text, she, many = self.phrase(topic, self.rng.choice(agents or topic.people))
        return Subject(text, 5 if many else 2, she, many)

    def deed(self, topic: Topic, subject: Subject | None = None) -> Clause:
        """Somebody does something of the topic."""
        deeds = [deed for deed in topic.deeds if not deed.agents] if subject else topic.deeds
        deed: Deed = self.rng.choice(deeds)
        subject = subject or self.person(topic, deed.agents)
        what = self.phrase(topic, self.rng.choice(deed.objects), subject.person)[0]
        verb = self.rng.choice(deed.verbs)
        bare, _, preposition = verb.rpartition(" ")
        if preposition in ("à", "de"):
            return Clause(subject, bare, after(preposition, what), False)
        return Clause(subject, verb, what, True)

    def happening(self, topic: Topic) -> Clause:
        """Something of the topic does what such things do; singular, as the predicates say son and sa."""
        subjects, predicates = self.rng.choice(topic.happenings)
        entry = self.rng.choice(subjects)
        verb, rest = self.predicate(self.rng.choice(predicates))
        if entry[0] == "=":
            return Clause(Subject(entry[1:-2], 2, entry.endswith(" f"), False), verb, rest, False, True)
        word, _ = self.described(topic, entry, False, 0.3)
        she = noun(entry).gender == "f"
        article = self.rng.choice((("le", "la"), ("le", "la"), ("un", "une"), ("ce", "cette")))[she]
        # remonter la rivière takes avoir, remonter à la surface takes être
        direct = bool(re.match(r"(les?|la|l'|une?|ses|son|sa)\b", rest))
        return Clause(Subject(f"{article} {word}", 2, she, False), verb, rest, direct, True)

    def predicate(self, text: str) -> tuple[str, str]:
        """A predicate as infinitive and what follows."""
        start = re.match(r"((?:se |s')?\w+)(?: |$)(.*)", text)
        assert start is not None, text
        return start[1], start[2]

    def clause(self, topic: Topic) -> Clause:
        """A deed, or a happening where the topic has some."""
        return self.happening(topic) if topic.happenings and self.chance(0.35) else self.deed(topic)

    def tense(self) -> str:
        """A tense or a modal, the perfect and the present more often."""
        return self.rng.choice(
            (
                "present",
                "present",
                "perfect",
                "perfect",
                "perfect",
                "imperfect",
                "future",
                "near",
                "devoir",
                "pouvoir",
                "vouloir",
                "pluperfect",
            )
        )

    def say(self, clause: Clause, tense: str, negative: float = 0.08) -> str:
        """Subject and finite verb phrase; a negation only where no indefinite article follows."""
        if tense == "vouloir" and clause.thing:
            tense = "present"
        free = not INDEFINITE.match(clause.rest)
        no = self.rng.choice(("pas", "pas", "jamais", "plus")) if free and self.chance(negative) else ""
        return f"{clause.subject.text} {finite(clause, tense, no)}"

    def when(self, tense: str) -> str:
        """A time that goes with the tense."""
        past = tense in ("perfect", "pluperfect")
        return self.pick("past" if past else "present" if tense in ("present", "imperfect") else "future")

    def tail(self, topic: Topic, tense: str) -> str:
        """A place, a manner, an aim or a time after the clause, or nothing."""
        kind = self.rng.random()
        if kind < 0.3:
            return " " + self.rng.choice(topic.places)
        if kind < 0.55:
            return " " + self.pick("manner" if kind < 0.45 else "aim")
        return " " + self.when(tense) if kind < 0.72 else ""

    def told(self, topic: Topic, tense: str = "") -> str:
        """A clause with its tail, without a capital and a full stop."""
        tense = tense or self.tense()
        clause = self.deed(topic) if not topic.happenings or self.chance(0.65) else None
        if clause is None:
            return self.say(self.happening(topic), tense)
        return self.say(clause, tense) + self.tail(topic, tense)

    def imperative(self, clause: Clause) -> str:
        """The imperative of a clause whose subject is tu or vous."""
        _, bare = split_verb(clause.verb)
        verb = form(bare, "present", clause.subject.person)
        if clause.subject.person == 1 and verb.endswith("es"):
            verb = verb[:-1]
        return f"{verb} {clause.rest}"

    def bare(self, topic: Topic, deed: Deed) -> str:
        """An object of the deed as a heading, without an article."""
        entry = self.rng.choice(deed.objects)
        return self.described(topic, entry, noun(entry).kind != "m", 0.5)[0]
