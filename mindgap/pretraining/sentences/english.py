"""English sentences: the ways to join and bend the clauses of a topic."""

from __future__ import annotations

import re
from random import Random

from mindgap.pretraining.sentences.english_clauses import Phrases, Subject, finite, question
from mindgap.pretraining.sentences.english_words import article, plural, verb
from mindgap.pretraining.sentences.lexicon import Deed, Slots, Topic, fill, living, parsed, upper_first
from mindgap.pretraining.sentences.numbers import ENGLISH


class English(Phrases):
    """Draws English sentences; one instance to one random stream."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.ways = (
            [self.plain] * 8 + [self.fronted] * 4 + [self.ask] * 4 + [self.order] * 3 + [self.relative] * 4
            + [self.joined] * 5 + [self.reported] * 4 + [self.passive] * 3 + [self.about] * 3 + [self.short] * 3
            + [self.long] * 4 + [self.quoted] + [self.conditional] * 2 + [self.compared] * 2
        )  # fmt: skip

    def sentence(self) -> str:
        """One sentence; a third come from the frames of a topic."""
        self.slots = Slots("english", self.rng, ENGLISH)
        if self.rng.random() < 0.36:
            topic = self.rng.choice(self.topics)
            text = fill(self.rng.choice(topic.frames), self.rng, self.slots)
        else:
            text = self.rng.choice(self.ways)(self.rng.choice(self.rich))
        return tidy(text)

    def plain(self, topic: Topic) -> str:
        """One clause."""
        return self.told(topic) + "."

    def fronted(self, topic: Topic) -> str:
        """A time or a place, then the clause."""
        tense = self.one("past|present|will|perfect")
        front = self.place(topic) if tense == "perfect" or self.chance(0.4) else self.when(tense)
        return f"{front}, {self.say(self.clause(topic), tense)}."

    def ask(self, topic: Topic) -> str:
        """A question of yes or no, or one with a question word."""
        clause, tense = self.clause(topic), self.one("past|present|will|perfect|can|should")
        word = self.one("|||why |when |where |how often ")
        if word in ("when ", "how often ", "where ") and tense in ("perfect", "should"):
            word = ""
        if clause.phrase.startswith("be ") and word == "where ":
            word = "why "
        return f"{word}{question(clause, tense)}?"

    def order(self, topic: Topic) -> str:
        """An imperative."""
        you = Subject("you", "", "your", "you")
        first, second = self.deed(topic, you).phrase, self.deed(topic, you).phrase
        head, _, rest = second.partition(" ")
        forms = (
            f"{first} before you {second}.", f"never {first} {self.place(topic)}.", f"please {first}.",
            f"don't forget to {first}.", f"{first}, then {second}.",
            f"do not {first} without {verb(head)['ing']} {rest}.",
            f"{first} {self.pick('manner')}, {self.pick('name')}!", f"let's {first} {self.pick('future')}.",
        )  # fmt: skip
        return self.rng.choice(forms)

    def relative(self, topic: Topic) -> str:
        """A subject or an object with a relative clause."""
        if self.chance(0.5):
            entry = self.rng.choice(topic.people)
            text, many = self.noun(topic, entry, definite=True)
            who = Subject(text, "" if many else "3", "their", "they")
            inner = finite(self.deed(topic, who).phrase, who.person, self.one("past|present"))
            outer = finite(self.deed(topic, who).phrase, who.person, self.one("past|present|perfect"))
            return f"{text} who {inner} {outer}."
        deed = self.rng.choice([deed for deed in topic.deeds if deed.objects[0][0] != "="])
        actor = self.person(topic, deed.agents)
        thing, many = self.noun(topic, self.rng.choice(deed.objects), definite=True)
        does = finite(self.rng.choice(deed.verbs), actor.person, "past")
        ends: tuple[str, ...] = (
            "from {city}",
            "in {city}",
            "late again",
            "well known in {country}",
            "not far from {city}",
        )
        if not living("english").intersection(deed.objects):
            ends += ("for sale at {price}", "old", "too expensive", "new", "no longer there", "worth {price}")
        end = fill(parsed(self.rng.choice(ends)), self.rng, self.slots)
        return f"{thing} that {actor.text} {does} {self.one('were|are' if many else 'was|is')} {end}."

    def joined(self, topic: Topic) -> str:
        """Two clauses."""
        tense = self.one("past|past|present")
        join = self.one(", and |, but |, so | because | while | when | although | until |; | as soon as ")
        return f"{self.told(topic, tense)}{join}{self.told(topic, tense)}."

    def reported(self, topic: Topic) -> str:
        """What somebody says, thinks, fears or asks."""
        who = self.pick("sayer")
        verbs = (
            "says that",
            "thinks that",
            "is sure that",
            "claims that",
            "has heard that",
            "is glad that",
            "fears that",
            "knows that",
            "complains that",
        )
        if self.chance(0.25):
            asks = self.one("asked whether|wondered why|did not know whether|wanted to know why")
            return f"{who} {asks} {self.say(self.clause(topic), 'past', 0)}."
        return f"{who} {self.rng.choice(verbs)} {self.told(topic)}."

    def quoted(self, topic: Topic) -> str:
        """Direct speech."""
        said = upper_first(self.told(topic))
        how = self.one("said|whispered|answered|repeated|shouted|explained")
        return f'"{said}," {how} {self.pick("sayer")}.'

    def passive(self, topic: Topic) -> str:
        """The object as subject; only verbs of one word."""
        deeds = [d for d in topic.deeds if all(" " not in v for v in d.verbs) and d.objects[0][0] != "="]
        if not deeds:
            return self.plain(topic)
        deed = self.rng.choice(deeds)
        thing, many = self.noun(topic, self.rng.choice(deed.objects))
        done = verb(self.rng.choice(deed.verbs))["pp"]
        tense = self.one("past|present|perfect|will|must|can")
        if tense == "perfect":
            be = "have been" if many else "has been"
        else:
            be = finite("be", "" if many else "3", tense)
        by = ""
        if self.chance(0.4):
            by = f" by {self.noun(topic, self.rng.choice(deed.agents or topic.people))[0]}"
        end = self.tail(topic, tense) if tense in ("past", "will") else ""
        return f"{thing} {be} {done}{by}{end}."

    def about(self, topic: Topic) -> str:
        """An infinitive or a gerund: it is easy to, somebody hopes to, doing it takes time."""
        me = Subject("", "", "the", "")
        phrase = self.deed(topic, me).phrase
        head, _, rest = phrase.partition(" ")
        who = self.pick("sayer")
        wish = verb(self.pick("wish"))
        doing = f"{verb(head)['ing']} {rest}"
        need = self.one("time|patience|practice|an hour|all morning|two people")
        forms = (
            f"it is {self.pick('easy')} to {phrase} {self.place(topic)}.", f"{who} {wish['past']} to {phrase}.",
            f"{who} {wish['s']} to {phrase}{self.tail(topic, 'will')}.",
            f"{doing} takes {need}.",
            f"{who} prefers {doing}.", f"{who} made a living by {doing}.", f"is it {self.pick('easy')} to {phrase}?",
            f"nobody knows how to {phrase} any more.",
            f"it took {self.pick('name')} {self.pick('nw')} days to {phrase}.",
        )  # fmt: skip
        return self.rng.choice(forms)

    def short(self, topic: Topic) -> str:
        """A phrase of two to six words without a full stop."""
        deeds = [deed for deed in topic.deeds if deed.objects[0][0] != "="]
        deed = self.rng.choice(deeds)
        one, two = self.bare(topic, deed), self.bare(topic, self.rng.choice(deeds))
        head, _, rest = self.rng.choice(deed.verbs).partition(" ")
        people = plural(self.rng.choice(topic.people))
        forms = (
            f"{one} {self.place(topic)}", f"{one} and {two}", f"how to {head} {rest} {one}", f"no {one}, no {two}",
            f"{verb(head)['ing']} {rest} {one}", f"{one} or {two}?", f"two {people} {self.place(topic)}",
        )  # fmt: skip
        return self.rng.choice(forms)

    def bare(self, topic: Topic, deed: Deed) -> str:
        """An object of the deed as a heading: plural or mass, without an article."""
        entry = self.rng.choice(deed.objects)
        adjectives = [a for a, nouns in topic.traits if entry in nouns]
        described = f"{self.rng.choice(self.rng.choice(adjectives))} " if adjectives and self.chance(0.5) else ""
        return described + (entry[1:] if entry[0] in "~+" else plural(entry))

    def long(self, topic: Topic) -> str:
        """Three clauses."""
        tense = self.one("past|past|present")
        opening = self.rng.choice(("when", "although", "as", f"{self.when(tense)}, while"))
        first = f"{opening} {self.told(topic, tense)}"
        join = self.one(", and |, but | because |, so that | so |, which meant that ")
        return f"{first}, {self.told(topic, tense)}{join}{self.told(topic, tense)}."

    def conditional(self, topic: Topic) -> str:
        """If, unless and as long as."""
        if self.chance(0.5):
            first = self.say(self.clause(topic), "present")
            return f"{self.one('if|unless|as long as|once')} {first}, {self.say(self.clause(topic), 'will')}."
        return f"if {self.say(self.clause(topic), 'past')}, {self.say(self.clause(topic), 'would')}."

    def compared(self, topic: Topic) -> str:
        """A thing and what it is like."""
        if not topic.traits:
            return self.plain(topic)
        adjectives, nouns = self.rng.choice(topic.traits)
        entry = self.rng.choice(nouns)
        text, many = self.noun(topic, entry, definite=True, trait=0)
        other = self.noun(topic, self.rng.choice(nouns), definite=True, trait=0)[0]
        adjective = self.rng.choice(adjectives)
        be = self.rng.choice(("are", "were") if many else ("is", "was"))
        forms = [f"{text} {be} {adjective}", f"{text} {be} not {adjective}"]
        forms += [f"how {adjective} {text} {be}!", f"why {be} {text} so {adjective}?"]
        forms += [
            f"{text} {be} as {adjective} as {other}",
            f"{text} {be} {adjective} and {self.rng.choice(adjectives)}",
        ]
        picked = self.rng.choice(forms)
        if picked.endswith(f"{adjective} and {adjective}") or picked.endswith(f"as {text}"):
            picked = forms[0]
        if picked[-1] in "?!":
            return picked
        return f"{picked} {self.place(topic)}." if self.chance(0.4) else f"{picked}."


def tidy(text: str) -> str:
    """One space between words, a/an by the next word, a capital at the start."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" ([,.;?!])", r"\1", text).replace("..", ".").replace("a.m..", "a.m.").replace("p.m..", "p.m.")
    text = re.sub(r"\b([Aa])n? (?=(\$?[\w-]+))", lambda m: m[1] + article(m[2])[1 : -len(m[2])], text)
    return upper_first(text)
