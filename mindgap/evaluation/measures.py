"""The gap measures by name: how each is called, what it says in a sentence, where it comes from, which way is better.

Imports nothing, so that a command line or a page can list them before anything is measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """What a reader needs beside the number.

    `better` is the direction in which sides lie closer or search works better, None where neither end is;
    `share` marks a part of a whole (0 to 1), which a page shows in per cent.
    """

    label: str
    sentence: str
    source: str
    better: Literal["higher", "lower"] | None
    share: bool = False


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "pair_cosine": Measure(
            "cosine of true pairs",
            "The mean cosine of a query and its own document.",
            "Wang and Isola (2020), alignment, here as a cosine, arXiv 2005.10242",
            "higher",
        ),
        "random_cosine": Measure(
            "cosine of random pairs",
            "The mean cosine of a query and any document that is not its own.",
            "Ethayarajh (2019), anisotropy, here between the two sides, arXiv 1909.00512",
            "lower",
        ),
        "centroid_distance": Measure(
            "distance of centroids",
            "The distance between the mean query and the mean document, 0 to 2.",
            "Liang et al. (2022), modality gap, arXiv 2203.02053",
            "lower",
        ),
        "separability": Measure(
            "modalities told apart",
            "How often a straight cut tells queries from documents it has not seen: one half is chance, 1 is always.",
            "Lopez-Paz and Oquab (2017), classifier two-sample test, arXiv 1610.06545",
            "lower",
            share=True,
        ),
        "accuracy": Measure(
            "true match first",
            "The share of queries whose nearest document is their own.",
            "Yadav and McMillan (2024), arXiv 2410.23437",
            "higher",
            share=True,
        ),
        "wasserstein": Measure(
            "Wasserstein distance",
            "How far the queries must move on average to lie where the documents lie, whichever goes to which; "
            "of more than 2,000 points a side a fixed sample of 2,000 is taken.",
            "Kantorovich (1942), order 1, solved exactly by POT, Flamary et al. (2021), JMLR 22(78)",
            "lower",
        ),
        "sliced_wasserstein": Measure(
            "sliced Wasserstein distance",
            "How far the queries must move when seen along one direction at a time, as a root mean square over at "
            "least 256 directions, each of which shows a small part of the whole.",
            "Bonneel et al. (2015), order 2, doi 10.1007/s10851-014-0506-3, "
            "orthogonal directions after Rowland et al. (2019), arXiv 1903.03784",
            "lower",
        ),
        "mutual_knn": Measure(
            "shared neighbours",
            "The share of a pair's 10 nearest other pairs (half of the others where there are fewer than 20) that are "
            "the same among queries as among documents, which no rotation of one side can change.",
            "Huh et al. (2024), mutual nearest neighbours, arXiv 2405.07987",
            "higher",
            share=True,
        ),
        "cka": Measure(
            "linear CKA",
            "How alike both sides are arranged within themselves, 0 to 1, which no rotation of one side can change "
            "and which is high by chance where pairs are few.",
            "Kornblith et al. (2019), arXiv 1905.00414",
            "higher",
        ),
        "hubness": Measure(
            "hubness",
            "How lopsided it is which documents come up among a query's 10 nearest (half of the documents where there "
            "are fewer than 20): near 0 all come up alike often, far above 0 a few hubs crowd the lists.",
            "Radovanović et al. (2010), skewness of the k-occurrence, JMLR 11",
            "lower",
        ),
    }
)
"""Measure -> what it says; in the order of the JSON of `gap`."""
