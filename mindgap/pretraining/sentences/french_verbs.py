"""French conjugation: present, imperfect, future, conditional, participle, by ending and by a table of models."""

from __future__ import annotations

from functools import cache

# ending of the infinitive: six forms of the present, participle, stem of the future ("-" joins the prefix)
MODELS = {
    "être": "suis es est sommes êtes sont | été | ser",
    "avoir": "ai as a avons avez ont | eu | aur",
    "aller": "vais vas va allons allez vont | allé | ir",
    "faire": "fais fais fait faisons faites font | fait | fer",
    "dire": "dis dis dit disons dites disent | dit | dir",
    "lire": "lis lis lit lisons lisez lisent | lu | lir",
    "rire": "ris ris rit rions riez rient | ri | rir",
    "crire": "cris cris crit crivons crivez crivent | crit | crir",
    "duire": "duis duis duit duisons duisez duisent | duit | duir",
    "truire": "truis truis truit truisons truisez truisent | truit | truir",
    "contredire": "contredis contredis contredit contredisons contredisez contredisent | contredit | contredir",
    "cuire": "cuis cuis cuit cuisons cuisez cuisent | cuit | cuir",
    "prendre": "prends prends prend prenons prenez prennent | pris | prendr",
    "mettre": "mets mets met mettons mettez mettent | mis | mettr",
    "battre": "bats bats bat battons battez battent | battu | battr",
    "tenir": "tiens tiens tient tenons tenez tiennent | tenu | tiendr",
    "venir": "viens viens vient venons venez viennent | venu | viendr",
    "partir": "pars pars part partons partez partent | parti | partir",
    "sortir": "sors sors sort sortons sortez sortent | sorti | sortir",
    "dormir": "dors dors dort dormons dormez dorment | dormi | dormir",
    "servir": "sers sers sert servons servez servent | servi | servir",
    "sentir": "sens sens sent sentons sentez sentent | senti | sentir",
    "mentir": "mens mens ment mentons mentez mentent | menti | mentir",
    "courir": "cours cours court courons courez courent | couru | courr",
    "mourir": "meurs meurs meurt mourons mourez meurent | mort | mourr",
    "vrir": "vre vres vre vrons vrez vrent | vert | vrir",
    "frir": "fre fres fre frons frez frent | fert | frir",
    "cueillir": "cueille cueilles cueille cueillons cueillez cueillent | cueilli | cueiller",
    "fuir": "fuis fuis fuit fuyons fuyez fuient | fui | fuir",
    "cevoir": "çois çois çoit cevons cevez çoivent | çu | cevr",
    "prévoir": "prévois prévois prévoit prévoyons prévoyez prévoient | prévu | prévoir",
    "voir": "vois vois voit voyons voyez voient | vu | verr",
    "savoir": "sais sais sait savons savez savent | su | saur",
    "devoir": "dois dois doit devons devez doivent | dû | devr",
    "pouvoir": "peux peux peut pouvons pouvez peuvent | pu | pourr",
    "vouloir": "veux veux veut voulons voulez veulent | voulu | voudr",
    "asseoir": "assieds assieds assied asseyons asseyez asseyent | assis | assiér",
    "aindre": "ains ains aint aignons aignez aignent | aint | aindr",
    "eindre": "eins eins eint eignons eignez eignent | eint | eindr",
    "oindre": "oins oins oint oignons oignez oignent | oint | oindr",
    "soudre": "sous sous sout solvons solvez solvent | sous | soudr",
    "résoudre": "résous résous résout résolvons résolvez résolvent | résolu | résoudr",
    "coudre": "couds couds coud cousons cousez cousent | cousu | coudr",
    "moudre": "mouds mouds moud moulons moulez moulent | moulu | moudr",
    "naître": "nais nais naît naissons naissez naissent | né | naîtr",
    "connaître": "connais connais connaît connaissons connaissez connaissent | connu | connaîtr",
    "paraître": "parais parais paraît paraissons paraissez paraissent | paru | paraîtr",
    "suivre": "suis suis suit suivons suivez suivent | suivi | suivr",
    "vivre": "vis vis vit vivons vivez vivent | vécu | vivr",
    "boire": "bois bois boit buvons buvez boivent | bu | boir",
    "croire": "crois crois croit croyons croyez croient | cru | croir",
    "traire": "trais trais trait trayons trayez traient | trait | trair",
    "taire": "tais tais tait taisons taisez taisent | tu | tair",
    "plaire": "plais plais plaît plaisons plaisez plaisent | plu | plair",
    "rompre": "romps romps rompt rompons rompez rompent | rompu | rompr",
    "valoir": "vaux vaux vaut valons valez valent | valu | vaudr",
    "acquérir": "acquiers acquiers acquiert acquérons acquérez acquièrent | acquis | acquerr",
}
# verbs in -tir, -vir, -mir that end like a model yet follow finir
LIKE_FINIR = {"répartir", "asservir", "avertir", "investir", "sertir", "garantir"}
DOUBLE_CONSONANT = tuple(
    """appeler jeter rappeler rejeter projeter épeler feuilleter épousseter breveter renouveler ressemeler
    cacheter""".split()
)
IMPERFECT = ("ais", "ais", "ait", "ions", "iez", "aient")
FUTURE = ("ai", "as", "a", "ons", "ez", "ont")


@cache
def parts(infinitive: str) -> tuple[tuple[str, ...], str, str]:
    """The six forms of the present, the masculine participle and the stem of the future."""
    for ending in sorted(MODELS, key=len, reverse=True):
        if infinitive.endswith(ending) and infinitive not in LIKE_FINIR and exact(ending, infinitive):
            prefix = infinitive[: -len(ending)]
            present, participle, stem = (part.strip() for part in MODELS[ending].split("|"))
            return tuple(prefix + form for form in present.split()), prefix + participle, prefix + stem
    if infinitive.endswith("er"):
        return first_group(infinitive)
    if infinitive.endswith("ir"):
        stem = infinitive[:-2]
        return (
            tuple(stem + e for e in ("is", "is", "it", "issons", "issez", "issent")),
            stem + "i",
            infinitive,
        )
    if infinitive.endswith("re"):
        stem = infinitive[:-2]
        return tuple(stem + e for e in ("s", "s", "", "ons", "ez", "ent")), stem + "u", infinitive[:-1]
    raise ValueError(f"{infinitive!r} is no French infinitive.")


def exact(ending: str, infinitive: str) -> bool:
    """Whether a short model may match only itself: `aller` is no model of `emballer`, nor `vivre` of `suivre`."""
    alone = ("être", "avoir", "aller", "rire", "naître", "devoir", "savoir", "traire", "mentir", "lire", "dire")
    return infinitive in (ending, "relire", "élire", "redire", "sourire", "démentir") or ending not in alone


def first_group(infinitive: str) -> tuple[tuple[str, ...], str, str]:
    """Verbs in -er with their spelling changes: nous mangeons, il jette, elle achète, tu nettoies, il libère."""
    stem = infinitive[:-2]
    strong, future = changed(stem, infinitive)
    plural = stem + "e" if stem.endswith("g") else stem[:-1] + "ç" if stem.endswith("c") else stem
    present = (strong + "e", strong + "es", strong + "e", plural + "ons", stem + "ez", strong + "ent")
    return present, stem + "é", future + "er"


def changed(stem: str, infinitive: str) -> tuple[str, str]:
    """The stem before a mute ending in the present, and in the future."""
    if infinitive.endswith(DOUBLE_CONSONANT):
        return stem + stem[-1], stem + stem[-1]
    if stem.endswith(("oy", "uy")):
        return stem[:-1] + "i", stem[:-1] + "i"
    at = len(stem) - (2 if stem.endswith(("gu", "qu")) else 1)
    while at > 0 and stem[at] not in "aeiouyéèêâîôû":
        at -= 1
    cluster = stem[at + 1 :]
    simple = (len(cluster) == 1 and cluster != "x") or cluster in (
        "br",
        "cr",
        "dr",
        "fr",
        "gr",
        "tr",
        "vr",
        "ch",
        "gn",
        "gu",
        "qu",
        "cl",
        "gl",
    )
    if stem[at] == "e" and simple and cluster:
        return stem[:at] + "è" + cluster, stem[:at] + "è" + cluster
    if stem[at] == "é" and simple and cluster:
        return stem[:at] + "è" + cluster, stem
    return stem, stem


@cache
def form(infinitive: str, tense: str, person: int) -> str:
    """One finite form; `person` runs from 0 (je) to 5 (ils), tense is present, imperfect, future or conditional."""
    present, _, future = parts(infinitive)
    if tense == "present":
        return present[person]
    if tense == "imperfect":
        stem = "ét" if infinitive == "être" else present[3][:-3]
        if person in (3, 4) and infinitive.endswith(("ger", "cer")):
            stem = infinitive[:-2]
        return stem + IMPERFECT[person]
    return future + (FUTURE if tense == "future" else IMPERFECT)[person]


def participle(infinitive: str, feminine: bool = False, plural: bool = False) -> str:
    """The past participle in agreement: pris, prise, prises; dissous, dissoute."""
    base = parts(infinitive)[1]
    if base == "dû":
        base = "du" if feminine or plural else base
    if feminine:
        base = base[:-1] + "te" if base.endswith("sous") else base + "e"
    return base + "s" if plural and not base.endswith("s") else base
