"""Figures, hours, dates and prices as each language writes them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from mindgap.pretraining.sentences.lexicon import names

Maker = Callable[[Random], str]


def figure(rng: Random) -> int:
    """A number from 2 to a few hundred thousand, small and round ones more often."""
    kind = rng.random()
    if kind < 0.3:
        return rng.randint(2, 99)
    if kind < 0.6:
        return rng.randint(100, 999)
    return rng.randint(2, 99) * rng.choice((50, 100, 100, 500, 1000, 5000))


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 22nd."""
    last = number % 10 if number % 100 not in (11, 12, 13) else 0
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"


def english_clock(rng: Random) -> str:
    """6.30, noon, half past four, 7 o'clock, 9 p.m."""
    hour = rng.randint(1, 12)
    word = "one two three four five six seven eight nine ten eleven twelve".split()[hour - 1]
    forms = (f"{hour}.{rng.randrange(0, 60, 5):02d}", f"half past {word}", f"{word} o'clock", f"a quarter to {word}")
    return rng.choice(
        (
            *forms,
            f"{hour} a.m.",
            f"{hour} p.m.",
            "noon",
            "midnight",
            f"{rng.randint(0, 23):02d}:{rng.randrange(60):02d}",
        )
    )


def french_clock(rng: Random) -> str:
    """18 h 30, midi, quatre heures et demie, 7 heures."""
    word = "deux trois quatre cinq six sept huit neuf dix onze".split()[rng.randrange(10)]
    forms = (
        f"{rng.randint(1, 23)} h {rng.randrange(5, 60, 5):02d}",
        f"{word} heures et demie",
        f"{word} heures",
        f"{rng.randint(2, 23)} heures",
    )
    return rng.choice((*forms, "midi", "minuit", f"{word} heures moins le quart", f"{rng.randint(5, 22)} h"))


def english_number(number: int) -> str:
    """1,200 with a comma for the thousands."""
    return f"{number:,}"


def french_number(number: int) -> str:
    """1 200 with a space for the thousands."""
    return f"{number:,}".replace(",", " ")


def english_price(rng: Random) -> str:
    """An amount in euros, pounds or dollars."""
    amount = rng.randint(2, 99) * rng.choice((1, 1, 10))
    return rng.choice(
        (f"{amount} euros", f"{amount}.50 euros", f"£{amount}", f"${amount}", f"{amount} pounds", f"€{amount}")
    )


def french_price(rng: Random) -> str:
    """An amount in euros or francs."""
    amount = rng.randint(2, 99) * rng.choice((1, 1, 10))
    return rng.choice((f"{amount} euros", f"{amount},50 euros", f"{amount} euros", f"{amount} francs"))


def english_date(rng: Random) -> str:
    """12 March, 3rd May, June 21."""
    month, day = rng.choice(names("english")["month"]), rng.randint(1, 28)
    return rng.choice((f"{day} {month}", f"{ordinal(day)} {month}", f"{month} {day}"))


def french_date(rng: Random) -> str:
    """1er mai, 12 mars."""
    day = rng.randint(1, 28)
    return f"{'1er' if day == 1 else day} {rng.choice(names('french')['mois'])}"


def english_distance(rng: Random) -> str:
    """A way in kilometres, miles or metres."""
    far = rng.randint(2, 300)
    return rng.choice((f"{far} kilometres", f"{far} miles", f"{far % 17 + 3}00 metres"))


ENGLISH: dict[str, Maker] = {
    "name": lambda rng: rng.choice(names("english")[rng.choice(("man", "woman"))]),
    "n": lambda rng: str(rng.randint(2, 60)),
    "nth": lambda rng: ordinal(rng.randint(2, 90)),
    "oven": lambda rng: str(rng.randrange(140, 250, 10)),
    "num": lambda rng: english_number(figure(rng)),
    "km": english_distance,
    "percent": lambda rng: rng.choice(("{}%", "{} per cent", "{}.5%")).format(rng.randint(2, 95)),
    "price": english_price,
    "clock": english_clock,
    "date": english_date,
    "year": lambda rng: str(rng.randint(1900, 2019)),
    "yearmod": lambda rng: str(rng.randint(1780, 2019)),
    "yearold": lambda rng: str(rng.randint(700, 1899)),
}  # fmt: skip
FRENCH: dict[str, Maker] = {
    "prénom": lambda rng: rng.choice(names("french")[rng.choice(("homme", "femme"))]),
    "n": lambda rng: str(rng.randint(2, 60)),
    "four": lambda rng: str(rng.randrange(140, 250, 10)),
    "num": lambda rng: french_number(figure(rng)),
    "pourcent": lambda rng: rng.choice((f"{rng.randint(2, 95)} %", f"{rng.randint(1, 30)},{rng.randint(1, 9)} %")),
    "prix": french_price,
    "heure": french_clock,
    "date": french_date,
    "année": lambda rng: str(rng.randint(1900, 2019)),
    "moderne": lambda rng: str(rng.randint(1780, 2019)),
    "anciennement": lambda rng: str(rng.randint(700, 1899)),
}  # fmt: skip
