"""English clauses: who does what, with agreement, tense and negation."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from mindgap.pretraining.sentences.english_words import article, plural, verb
from mindgap.pretraining.sentences.lexicon import Deed, Slots, Topic, topics
from mindgap.pretraining.sentences.numbers import ENGLISH

PRONOUNS = (("I", "my"), ("you", "your"), ("we", "our"), ("they", "their"), ("he", "his"), ("she", "her"))


@dataclass(frozen=True)
class Subject:
    """A subject with what agrees with it; `person` is "I", "3" for the third singular or "" for every other."""

    text: str
    person: str
    their: str
    it: str


@dataclass(frozen=True)
class Clause:
    """A subject and a verb phrase in the base form."""

    subject: Subject
    phrase: str


def finite(phrase: str, person: str, tense: str, negative: bool = False) -> str:
    """A verb phrase in the base form, made finite; a tense that is no key is taken for a modal verb."""
    head, _, rest = phrase.partition(" ")
    be = {"I": "am", "3": "is"}.get(person, "are")
    was = "was" if person else "were"
    have = "has" if person == "3" else "have"
    no = " not" if negative else ""
    if tense == "present" and head == "be":
        words = be + no
    elif tense == "past" and head == "be":
        words = was + no
    elif tense == "present":
        do = "does" if person == "3" else "do"
        words = f"{do} not {head}" if negative else verb(head)["s"] if person == "3" else head
    elif tense == "past":
        words = f"did not {head}" if negative else verb(head)["past"]
    elif tense == "perfect":
        words = f"{have}{no} {verb(head)['pp']}"
    elif tense in ("continuous", "was doing"):
        words = f"{be if tense == 'continuous' else was}{no} {verb(head)['ing']}"
    elif tense == "going to":
        words = f"{be}{no} going to {head}"
    else:
        words = f"{tense}{no} {head}"
    return f"{words} {rest}".strip()


def question(clause: Clause, tense: str) -> str:
    """The clause as a question of yes or no, without its mark."""
    words = finite(clause.phrase, clause.subject.person, tense).split(" ")
    head, _, rest = clause.phrase.partition(" ")
    if tense in ("present", "past") and head != "be":
        do = "did" if tense == "past" else "does" if clause.subject.person == "3" else "do"
        return f"{do} {clause.subject.text} {head} {rest}".strip()
    return " ".join([words[0], clause.subject.text, *words[1:]])


class Phrases:
    """Nouns, people and clauses drawn from a topic."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.topics = topics("english")
        self.rich = [topic for topic in self.topics if topic.deeds]
        self.slots = Slots("english", rng, ENGLISH)

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

    def noun(
        self, topic: Topic, entry: str, their: str = "", definite: bool = False, trait: float = 0.3
    ) -> tuple[str, bool]:
        """A noun phrase and whether it is plural; `=` marks a fixed phrase, `~` a mass noun, `+` a plural."""
        if entry.startswith("="):
            return entry[1:], False
        word, mass, many = entry.lstrip("~+"), entry[0] == "~", entry[0] == "+"
        adjectives = [a for a, nouns in topic.traits if entry in nouns]
        described = f"{self.rng.choice(self.rng.choice(adjectives))} " if adjectives and self.chance(trait) else ""
        if not mass and not many and self.chance(0.25):
            word, many = plural(word), True
        full = described + word
        kinds = ["the"] * 6 + ([their] * 2 if their else [])
        if not definite:
            kinds += ["some", ""] if mass else ["", "two", "several", "some", "these", "those"] if many else ["a"] * 6
            kinds += [] if mass or many else ["this", "that", "another"]
        kind = self.rng.choice(kinds)
        return (article(full) if kind == "a" else f"{kind} {full}".strip()), many

    def person(self, topic: Topic, agents: tuple[str, ...] = ()) -> Subject:
        """Who acts: somebody of the topic, somebody with a name, or a pronoun where no agent is asked for."""
        kind = self.rng.random()
        if not agents and kind < 0.22:
            text, their = self.rng.choice(PRONOUNS)
            return Subject(text, {"I": "I", "he": "3", "she": "3"}.get(text, ""), their, text)
        if not agents and kind < 0.5:
            key = self.rng.choice(("man", "woman"))
            return Subject(self.pick(key), "3", "his" if key == "man" else "her", "he" if key == "man" else "she")
        entry = self.rng.choice(agents or topic.people)
        text, many = self.noun(topic, entry)
        return Subject(text, "" if many else "3", "their", "they")

    def deed(self, topic: Topic, subject: Subject | None = None) -> Clause:
        """Somebody does something of the topic."""
        open_to_all = [deed for deed in topic.deeds if not deed.agents]
        deed: Deed = self.rng.choice(open_to_all if subject else topic.deeds)
        subject = subject or self.person(topic, deed.agents)
        what, _ = self.noun(topic, self.rng.choice(deed.objects), subject.their)
        return Clause(subject, f"{self.rng.choice(deed.verbs)} {what}")

    def happening(self, topic: Topic) -> Clause:
        """Something of the topic does what such things do; singular, as the predicates say its."""
        subjects, predicates = self.rng.choice(topic.happenings)
        entry = self.rng.choice(subjects)
        word = entry.lstrip("~+=")
        adjectives = [a for a, nouns in topic.traits if entry in nouns]
        described = f"{self.rng.choice(self.rng.choice(adjectives))} " if adjectives and self.chance(0.3) else ""
        text = word if entry[0] == "=" else f"the {described}{word}"
        if entry[0] == "~" and self.chance(0.6):
            text = described + word
        if entry[0] not in "~+=" and self.chance(0.25):
            text = self.rng.choice((article(described + word), f"this {described}{word}", f"every {described}{word}"))
        return Clause(Subject(text, "3", "its", "it"), self.rng.choice(predicates))

    def clause(self, topic: Topic) -> Clause:
        """A deed, or a happening where the topic has some."""
        return self.happening(topic) if topic.happenings and self.chance(0.35) else self.deed(topic)

    def tense(self) -> str:
        """A tense or a modal, the past and the present more often."""
        common = (
            "present",
            "present",
            "past",
            "past",
            "past",
            "perfect",
            "continuous",
            "was doing",
            "going to",
            "will",
        )
        return self.rng.choice((*common, self.pick("modal")))

    def say(self, clause: Clause, tense: str, negative: float = 0.08) -> str:
        """Subject and finite verb phrase."""
        head = clause.phrase.partition(" ")[0]
        if head == "be" and tense in ("continuous", "was doing"):
            tense = "present"
        return f"{clause.subject.text} {finite(clause.phrase, clause.subject.person, tense, self.chance(negative))}"

    def when(self, tense: str) -> str:
        """A time that goes with the tense."""
        if tense in ("past", "was doing"):
            return self.pick("past")
        return self.pick({"present": "present", "perfect": "perfect"}.get(tense, "future"))

    def tail(self, topic: Topic, tense: str) -> str:
        """A place, a manner, an aim or a time after the clause, or nothing."""
        kind = self.rng.random()
        if kind < 0.3:
            return " " + self.rng.choice(topic.places)
        if kind < 0.45:
            return " " + self.pick("manner")
        if kind < 0.55:
            return " " + self.pick("aim")
        return " " + self.when(tense) if kind < 0.72 else ""

    def told(self, topic: Topic, tense: str = "", clause: Clause | None = None) -> str:
        """A clause with its tail, without a capital and a full stop."""
        tense = tense or self.tense()
        deed = clause or self.clause(topic)
        moves = " " in deed.phrase and deed.subject.it != "it"
        return self.say(deed, tense) + (self.tail(topic, tense) if moves else "")
