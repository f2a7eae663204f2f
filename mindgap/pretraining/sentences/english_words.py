"""English word forms: plurals, articles and verbs."""

from __future__ import annotations

from functools import cache

IRREGULAR_PLURALS = {
    "child": "children", "man": "men", "woman": "women", "mouse": "mice", "goose": "geese", "foot": "feet",
    "tooth": "teeth", "ox": "oxen", "sheep": "sheep", "deer": "deer", "fish": "fish", "salmon": "salmon",
    "trout": "trout", "knife": "knives", "loaf": "loaves", "leaf": "leaves", "wolf": "wolves", "shelf": "shelves",
    "calf": "calves", "scarf": "scarves", "thief": "thieves", "wife": "wives", "half": "halves", "potato": "potatoes",
    "tomato": "tomatoes", "hero": "heroes", "volcano": "volcanoes", "bacterium": "bacteria", "hypothesis": "hypotheses",
    "aircraft": "aircraft", "series": "series", "species": "species", "cod": "cod", "squid": "squid",
    "mackerel": "mackerel", "herring": "herring", "tuna": "tuna", "dice": "dice", "nebula": "nebulae",
    "leg of lamb": "legs of lamb", "bottle of wine": "bottles of wine", "bunch of grapes": "bunches of grapes",
    "chest of drawers": "chests of drawers", "member of parliament": "members of parliament", "echo": "echoes",
    "passer-by": "passers-by", "still life": "still lifes", "personnel": "personnel", "cactus": "cacti",
    "crossroads": "crossroads", "gasworks": "gasworks",
}  # fmt: skip
# past and participle; the past alone where both are one form
IRREGULAR_VERBS = {
    "be": "was been", "have": "had", "do": "did done", "go": "went gone", "begin": "began begun",
    "break": "broke broken",
    "build": "built", "burn": "burned", "burst": "burst", "buy": "bought", "cast": "cast", "catch": "caught",
    "choose": "chose chosen", "come": "came come", "cost": "cost", "cut": "cut", "deal": "dealt", "dig": "dug",
    "draw": "drew drawn", "drink": "drank drunk", "drive": "drove driven", "eat": "ate eaten", "fall": "fell fallen",
    "feed": "fed", "fight": "fought", "find": "found", "flee": "fled", "fly": "flew flown",
    "forget": "forgot forgotten",
    "freeze": "froze frozen", "get": "got", "give": "gave given", "grow": "grew grown", "hang": "hung", "hear": "heard",
    "hide": "hid hidden", "hit": "hit", "hold": "held", "keep": "kept", "knit": "knitted", "know": "knew known",
    "lay": "laid", "lead": "led", "learn": "learned", "leave": "left", "lend": "lent", "let": "let", "light": "lit",
    "lose": "lost", "make": "made", "meet": "met", "overtake": "overtook overtaken", "owe": "owed", "pay": "paid",
    "put": "put", "read": "read", "rebuild": "rebuilt", "repay": "repaid", "rewrite": "rewrote rewritten",
    "ride": "rode ridden", "ring": "rang rung", "rise": "rose risen", "run": "ran run", "saw": "sawed sawn",
    "say": "said", "see": "saw seen", "sell": "sold", "send": "sent", "set": "set", "sew": "sewed sewn",
    "shake": "shook shaken", "shear": "sheared shorn", "shed": "shed", "shine": "shone", "shoot": "shot",
    "show": "showed shown", "shrink": "shrank shrunk", "shut": "shut", "sing": "sang sung", "sink": "sank sunk",
    "sleep": "slept", "sow": "sowed sown", "speak": "spoke spoken", "spell": "spelled", "spend": "spent",
    "spin": "spun", "split": "split", "spread": "spread", "spring": "sprang sprung", "stand": "stood",
    "steal": "stole stolen", "stick": "stuck", "sting": "stung", "strike": "struck", "sweep": "swept",
    "swell": "swelled swollen", "swim": "swam swum", "take": "took taken", "teach": "taught", "tear": "tore torn",
    "tell": "told", "throw": "threw thrown", "understand": "understood", "upset": "upset", "wake": "woke woken",
    "wear": "wore worn", "win": "won", "withdraw": "withdrew withdrawn", "write": "wrote written", "blow": "blew blown",
    "feel": "felt", "think": "thought", "bring": "brought", "dub": "dubbed", "sit": "sat",
    "beat": "beat beaten", "bend": "bent", "bind": "bound", "bleed": "bled", "proofread": "proofread", "reset": "reset",
    "retake": "retook retaken", "uphold": "upheld",
}  # fmt: skip
DOUBLING = set(
    """debug emit equal flop hem thin microchip unravel stop plan wrap chop stir skip trap hum tap pat rub drop
    grab slip stun map ship dip drag jam rot fit hit sit put get cut let shut set run spin dig win begin
    forget admit commit permit submit control prefer refer regret cancel label model level travel signal
    fuel dial split shed knit dam gut bet hug dub equip unzip pin chat nod drip unwrap mop swim tug hop plug
    unplug ban stab cram sag skid drum repel rebel plot whip zip blot tar chug rid wed shred scrub snub
    strum step snap swap trim pot repot grin sip tip sob spot swat wag jog hog lap log fib tan upset overlap
    clap net vet bag peg fan flip nip pop rip scan ram""".split()
)
# the first sound is a consonant though the letter is a vowel, and the other way round
LIKE_CONSONANT = ("uni", "use", "usu", "util", "euro", "one", "once", "ewe", "ufo", "eu", "uk")
LIKE_VOWEL = ("hour", "honest", "honour", "heir", "X-ray", "SMS", "8", "11 ", "18")


def article(phrase: str) -> str:
    """The phrase after `a` or `an`, by the sound of its first word."""
    low = phrase.lower()
    if phrase.startswith(LIKE_VOWEL) or low.startswith(LIKE_VOWEL):
        return f"an {phrase}"
    vowel = low[0] in "aeiou" and not low.startswith(LIKE_CONSONANT)
    return f"an {phrase}" if vowel or low.startswith(("unin", "unim")) else f"a {phrase}"


@cache
def plural(noun: str) -> str:
    """The plural of a noun; of a compound, the plural of its last word."""
    if noun in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[noun]
    head, _, last = noun.rpartition(" ")
    if last in IRREGULAR_PLURALS:
        form = IRREGULAR_PLURALS[last]
    elif last.endswith(("man", "woman")) and not last.endswith(("german", "human", "roman")):
        form = last[:-2] + "en"
    elif last.endswith(("s", "x", "z", "ch", "sh")):
        form = last + "es"
    elif last.endswith("y") and last[-2] not in "aeiou":
        form = last[:-1] + "ies"
    else:
        form = last + "s"
    return f"{head} {form}".strip()


@cache
def verb(base: str) -> dict[str, str]:
    """The forms `base`, `s`, `past`, `pp` and `ing` of one verb word."""
    past, _, participle = IRREGULAR_VERBS.get(base, regular_past(base)).partition(" ")
    return {"base": base, "s": third(base), "past": past, "pp": participle or past, "ing": gerund(base)}


def third(base: str) -> str:
    """The third person of the present: `be` is, `carry` carries, `catch` catches."""
    special = {"be": "is", "have": "has", "do": "does", "go": "goes"}
    if base in special:
        return special[base]
    if base.endswith(("s", "x", "z", "ch", "sh")):
        return base + "es"
    return base[:-1] + "ies" if base.endswith("y") and base[-2] not in "aeiou" else base + "s"


def regular_past(base: str) -> str:
    """The past in -ed with the spelling rules: baked, carried, stopped, peeled."""
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ied"
    return base + (base[-1] if base in DOUBLING else "") + "ed"


def gerund(base: str) -> str:
    """The form in -ing: baking, dyeing, stopping, lying."""
    if base.endswith("ie"):
        return base[:-2] + "ying"
    if base.endswith("e") and not base.endswith(("ee", "ye", "oe")) and base != "be":
        return base[:-1] + "ing"
    return base + (base[-1] if base in DOUBLING else "") + "ing"
