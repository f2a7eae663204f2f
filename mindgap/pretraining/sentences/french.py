"""French sentences: the ways to join and bend the clauses of a topic."""

from __future__ import annotations

import re
from random import Random

from mindgap.pretraining.sentences.french_clauses import INDEFINITE, Clause, Phrases, Subject, finite, split_verb
from mindgap.pretraining.sentences.french_verbs import form, participle
from mindgap.pretraining.sentences.french_words import agree, elide, noun, plural
from mindgap.pretraining.sentences.lexicon import Slots, Topic, fill, living, parsed, upper_first
from mindgap.pretraining.sentences.numbers import FRENCH


class French(Phrases):
    """Draws French sentences; one instance to one random stream."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.ways = (
            [self.plain] * 8 + [self.fronted] * 4 + [self.ask] * 4 + [self.order] * 3 + [self.relative] * 4
            + [self.joined] * 5 + [self.reported] * 4 + [self.passive] * 3 + [self.about] * 3 + [self.short] * 3
            + [self.long] * 4 + [self.quoted] + [self.conditional] * 2 + [self.compared] * 2
        )  # fmt: skip

    def sentence(self) -> str:
        """One sentence; a third come from the frames of a topic."""
        self.slots = Slots("french", self.rng, FRENCH)
        if self.chance(0.36):
            topic = self.rng.choice(self.topics)
            return tidy(fill(self.rng.choice(topic.frames), self.rng, self.slots))
        return tidy(self.rng.choice(self.ways)(self.rng.choice(self.rich)))

    def plain(self, topic: Topic) -> str:
        """One clause."""
        return self.told(topic) + "."

    def fronted(self, topic: Topic) -> str:
        """A time or a place, then the clause."""
        tense = self.one("perfect|present|future|imperfect")
        front = self.place(topic) if self.chance(0.4) else self.when(tense)
        return f"{front}, {self.say(self.clause(topic), tense)}."

    def ask(self, topic: Topic) -> str:
        """A question with est-ce que, with inversion, or with a question word."""
        clause, tense = self.clause(topic), self.one("perfect|present|future|near|devoir|pouvoir")
        word = self.one("|||pourquoi |quand |où |comment ")
        if clause.subject.text in ("il", "elle", "ils", "elles", "on", "tu", "vous", "nous") and self.chance(0.6):
            first, _, rest = finite(clause, tense).partition(" ")
            if first not in ("me", "te", "se", "nous", "vous"):
                link = "-t-" if first[-1] in "aec" and clause.subject.person == 2 else "-"
                return f"{word}{first}{link}{clause.subject.text} {rest} ?"
        return f"{word}est-ce que {self.say(clause, tense, 0.05 if not word else 0)} ?"

    def order(self, topic: Topic) -> str:
        """An imperative of vous, of tu, or an infinitive as in a leaflet."""
        formal = self.chance(0.6)
        you = Subject("vous" if formal else "tu", 4 if formal else 1, False, formal)
        first, second = self.deed(topic, you), self.deed(topic, you)
        if split_verb(first.verb)[0] or split_verb(second.verb)[0]:
            return self.plain(topic)
        say, then = self.imperative(first), self.imperative(second)
        undefined = INDEFINITE.match(first.rest)
        what, then_what = f"{first.verb} {first.rest}", f"{second.verb} {second.rest}"
        forms = [
            f"{say}, puis {then}.", f"{say} avant de {then_what}.", f"{say} {self.place(topic)}.",
            f"{say} {self.pick('manner')}, {self.pick('prénom')} !", f"{what}, puis {then_what}.",
        ]  # fmt: skip
        verb, _, rest = say.partition(" ")
        if not undefined:
            forms += [f"ne {verb} jamais {rest} {self.place(topic)}.", f"n'oublie{'z' * formal} pas de {what}."]
            forms.append(f"prière de ne pas {what} {self.place(topic)}.")
        return self.rng.choice(forms)

    def relative(self, topic: Topic) -> str:
        """A subject or an object with a relative clause; the participle agrees with the object before it."""
        if self.chance(0.5):
            text, she, many = self.phrase(topic, self.rng.choice(topic.people), definite=True)
            who = Subject(text, 5 if many else 2, she, many)
            inner = finite(self.deed(topic, who), self.one("perfect|present|imperfect"))
            return f"{text} qui {inner} {finite(self.deed(topic, who), self.one('perfect|present|near'))}."
        deeds = [
            d for d in topic.deeds if d.objects[0][0] != "=" and all(" " not in v and "'" not in v for v in d.verbs)
        ]
        deed = self.rng.choice(deeds)
        actor = self.person(topic, deed.agents)
        text, she, many = self.phrase(topic, self.rng.choice(deed.objects), definite=True)
        done = participle(self.rng.choice(deed.verbs), she, many)
        ends: tuple[str, ...] = (
            "venir de {ville}",
            "se trouver à {ville}",
            "rester à {ville}",
            "plaire à {prénom}",
            "manquer à {prénom}",
        )
        if not living("french").intersection(deed.objects):
            ends += (
                "coûter {prix}",
                "dater de {moderne}",
                "appartenir à {prénom}",
                "valoir {prix}",
                "disparaître en {mois}",
            )
        verb, _, rest = self.rng.choice(ends).partition(" ")
        if verb == "se":
            verb, _, rest = rest.partition(" ")
            verb = "se " + verb
        end = Clause(Subject(text, 5 if many else 2, she, many), verb, fill(parsed(rest), self.rng, self.slots), False)
        has = form("avoir", "present", actor.person)
        return f"{text} que {actor.text} {has} {done} {finite(end, self.one('present|imperfect'))}."

    def joined(self, topic: Topic) -> str:
        """Two clauses."""
        tense = self.one("perfect|perfect|present|imperfect")
        links = (
            ", et ",
            ", mais ",
            ", donc ",
            " parce que ",
            " pendant que ",
            " quand ",
            ", car ",
            " ; ",
            " dès que ",
            " tandis que ",
            " alors que ",
        )
        return f"{self.told(topic, tense)}{self.rng.choice(links)}{self.told(topic, tense)}."

    def reported(self, topic: Topic) -> str:
        """What somebody says, thinks, fears or asks."""
        verbs = (
            "dit que",
            "pense que",
            "est certain que",
            "affirme que",
            "croit que",
            "sait que",
            "raconte que",
            "répète que",
            "assure que",
        )
        who = self.pick("sayer")
        if self.chance(0.25):
            asks = self.one("demande si|voudrait savoir si|ignore pourquoi|se demande si")
            return f"{who} {asks} {self.say(self.clause(topic), 'perfect', 0)}."
        verb = self.rng.choice(verbs)
        if "certain" in verb and not who.startswith(("le ", "un ", "tout ")):
            verb = "soutient que"
        return f"{who} {verb} {self.told(topic)}."

    def quoted(self, topic: Topic) -> str:
        """Direct speech between guillemets."""
        said = upper_first(self.told(topic))
        how = self.one("dit|murmura|répondit|répéta|cria|expliqua|ajouta")
        return f"« {said} », {how} {self.pick('sayer')}."

    def passive(self, topic: Topic) -> str:
        """The object as subject."""
        deeds = [
            d for d in topic.deeds if d.objects[0][0] != "=" and all(" " not in v and "'" not in v for v in d.verbs)
        ]
        deed = self.rng.choice(deeds)
        thing, she, many = self.phrase(topic, self.rng.choice(deed.objects))
        done = participle(self.rng.choice(deed.verbs), she, many)
        by = f" par {self.phrase(topic, self.rng.choice(deed.agents or topic.people))[0]}" if self.chance(0.4) else ""
        tense = self.one("perfect|perfect|future|devoir|pouvoir")
        clause = Clause(Subject(thing, 5 if many else 2, she, many), "être", f"{done}{by}", False)
        return f"{self.say(clause, tense, 0)}{self.tail(topic, tense) if tense in ('perfect', 'future') else ''}."

    def about(self, topic: Topic) -> str:
        """An infinitive: il est facile de, quelqu'un espère, faire ceci demande du temps."""
        clause = self.deed(topic, Subject("", 2, False, False))
        what, who = f"{clause.verb} {clause.rest}", self.pick("sayer")
        if split_verb(clause.verb)[0]:
            return self.plain(topic)
        wish = self.one(
            "espère|refuse de|essaie de|a décidé de|a promis de|a oublié de|préfère|sait|"
            "apprend à|hésite à|a réussi à|vient de|finira par|se prépare à"
        )
        need = self.one("du temps|de la patience|une heure|toute la matinée|un peu de pratique")
        forms = (
            f"il est {self.pick('easy')} de {what} {self.place(topic)}.", f"{who} {wish} {what}.",
            f"{what} demande {need}.", f"{who} {wish} {what}.",
            f"plus personne ne sait {what}.",
            f"il a fallu {self.pick('nm')} jours à {self.pick('prénom')} pour {what}.",
            f"faut-il {what} {self.place(topic)} ?", f"comment {what} ?",
            f"il faut {what} {self.pick('future')}.",
        )  # fmt: skip
        return self.rng.choice(forms)

    def short(self, topic: Topic) -> str:
        """A phrase of two to six words without a full stop."""
        deeds = [d for d in topic.deeds if d.objects[0][0] != "="]
        deed = self.rng.choice(deeds)
        one, two = self.bare(topic, deed), self.bare(topic, self.rng.choice(deeds))
        people, act = plural(noun(self.rng.choice(topic.people)).word), self.rng.choice(deed.verbs)
        forms = [f"{one} {self.place(topic)}", f"{one} et {two}", f"ni {one} ni {two}", f"{one} ou {two} ?"]
        forms.append(f"deux {people} {self.place(topic)}")
        forms.append(f"{act} {self.phrase(topic, self.rng.choice(deed.objects))[0]}")
        return self.rng.choice(forms)

    def long(self, topic: Topic) -> str:
        """Three clauses."""
        tense = self.one("perfect|perfect|present|imperfect")
        first = self.rng.choice(("quand", "comme", "dès que", f"{self.when(tense)}, pendant que"))
        links = (
            ", et ",
            ", mais ",
            " parce que ",
            ", si bien que ",
            ", et personne n'a remarqué que ",
            ", de sorte que ",
        )
        rest = f"{self.told(topic, tense)}{self.rng.choice(links)}{self.told(topic, tense)}"
        return f"{first} {self.told(topic, tense)}, {rest}."

    def conditional(self, topic: Topic) -> str:
        """Si with the present and the future, or the imperfect and the conditional."""
        first, second = self.rng.choice((("present", "future"), ("imperfect", "conditional")))
        return f"si {self.say(self.clause(topic), first)}, {self.say(self.clause(topic), second)}."

    def compared(self, topic: Topic) -> str:
        """A thing and what it is like."""
        if not topic.traits:
            return self.plain(topic)
        adjectives, nouns = self.rng.choice(topic.traits)
        adjectives = [a for a in adjectives if a != "record"]
        text, she, many = self.phrase(topic, self.rng.choice(nouns), definite=True, trait=0)
        other = self.phrase(topic, self.rng.choice(nouns), definite=True, trait=0)[0]
        what = [agree(a, "f" if she else "m", many) for a in adjectives]
        be = form("être", self.one("present|imperfect"), 5 if many else 2)
        one = self.rng.choice(what)
        forms = [
            f"{text} {be} {one}.",
            f"{text} ne {be} pas {one}.",
            f"comme {text} {be} {one} !",
            f"{text} {be} trop {one} pour {self.pick('prénom')}.",
        ]
        if other != text:
            forms += [f"{text} {be} {self.one('plus|moins|aussi')} {one} que {other}."] * 2
        if len(what) > 1:
            forms.append(f"{text} {be} {what[0]} et {what[1]} {self.place(topic)}.")
        return self.rng.choice(forms)


def tidy(text: str) -> str:
    """Elision, one space between words, a space before ? ! : ; and a capital at the start."""
    text = elide(re.sub(r"[ \t]+", " ", text).strip())
    text = re.sub(r" ([,.])", r"\1", text).replace("..", ".")
    return upper_first(text)
