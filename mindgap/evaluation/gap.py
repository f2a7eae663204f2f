"""How far apart two modalities lie, measured among their embeddings (never in a picture), after Liang et al. (2022).

Every vector is scaled to length 1 first: lengths alone would tell the modalities apart.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mindgap.errors import CallerError
from mindgap.evaluation.gap_structure import hubness, linear_cka, mutual_knn
from mindgap.evaluation.gap_transport import sliced_wasserstein, wasserstein
from mindgap.indexes import FlatIndex, normalise
from mindgap.types import Vectors

Places = npt.NDArray[np.int64]
"""Rows of an array, from 0."""

FOLDS = 5


def gap_measures(
    queries: Vectors, documents: Vectors, document_of: Places, query_of: Places | None = None
) -> dict[str, float]:
    """Every measure of `measures.MEASURES`, in its order; each a finite number, whatever the vectors.

    What looks at two clouds (centroids, separability, transport, hubness) counts each text once; what compares partners
    (pair_cosine, mutual_knn, cka) runs over the true pairs, so that a text of two pairs counts twice.

    Args:
        queries: (n, d), each with a document of its own.
        documents: (m, d), each once.
        document_of: for each true pair the row of its document.
        query_of: for each true pair the row of its query; pair i belongs to query i unless given. No pair twice.

    Raises CallerError where all pairs hang together, so that there is nothing to compare a pair with.
    """
    query_of = np.arange(len(queries)) if query_of is None else query_of
    queries, documents = normalise(queries), normalise(documents)
    groups = pair_groups(len(queries), len(documents), document_of, query_of)
    if len(np.unique(groups[query_of])) < 2:
        raise CallerError(
            "A gap needs at least 2 pairs that share neither query nor document; "
            f"the {len(document_of)} true pair(s) given do not have them."
        )
    pair, random = _cosines(queries, documents, document_of, query_of)
    return {
        "pair_cosine": pair,
        "random_cosine": random,
        "centroid_distance": _centroid_distance(queries, documents),
        "separability": _separability(queries, documents, groups),
        "accuracy": _accuracy(queries, documents, document_of, query_of),
        "wasserstein": wasserstein(queries, documents, groups[: len(queries)], groups[len(queries) :]),
        "sliced_wasserstein": sliced_wasserstein(queries, documents),
        "mutual_knn": mutual_knn(queries[query_of], documents[document_of], groups[query_of]),
        "cka": linear_cka(queries[query_of], documents[document_of]),
        "hubness": hubness(queries, documents),
    }


def pair_groups(queries: int, documents: int, document_of: Places, query_of: Places) -> Places:
    """(queries + documents,) group numbers from 0: what is joined by a true pair, also over several, is one group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = queries + documents
    joined = coo_array((np.ones(len(document_of)), (query_of, queries + document_of)), shape=(size, size))
    return np.asarray(connected_components(joined, directed=False)[1], dtype=np.int64)


def pair_folds(groups: Places) -> list[tuple[Places, Places]]:
    """(train rows, test rows) of 5 folds, fewer for fewer groups; a group is never split. The same at every call."""
    from sklearn.model_selection import GroupKFold

    folds = GroupKFold(n_splits=min(FOLDS, int(groups.max()) + 1))
    return list(folds.split(groups[:, None], groups=groups))


def _cosines(queries: Vectors, documents: Vectors, document_of: Places, query_of: Places) -> tuple[float, float]:
    """Mean cosine of the true pairs and of all other combinations.

    The sum of all n * m inner products is the inner product of the two sums, so no combination is visited.
    """
    true = np.einsum("ij,ij->", queries[query_of], documents[document_of], dtype=np.float64)
    total = queries.sum(axis=0, dtype=np.float64) @ documents.sum(axis=0, dtype=np.float64)
    others = len(queries) * len(documents) - len(document_of)
    return float(true / len(document_of)), float((total - true) / others)


def _centroid_distance(queries: Vectors, documents: Vectors) -> float:
    """Euclidean distance of the two mean vectors, 0 to 2 (the modality gap of Liang et al.)."""
    difference = queries.mean(axis=0, dtype=np.float64) - documents.mean(axis=0, dtype=np.float64)
    return float(np.linalg.norm(difference))


def _separability(queries: Vectors, documents: Vectors, groups: Places) -> float:
    """Cross-validated accuracy of a logistic regression (scikit-learn's default strength) that tells the sides apart.

    Both sides weigh the same however many rows they have, so that 0.5 is always chance.
    """
    from sklearn.linear_model import LogisticRegression

    vectors = np.concatenate([queries, documents])
    is_document = np.arange(len(vectors)) >= len(queries)
    right = np.zeros(len(vectors), dtype=bool)
    for train, test in pair_folds(groups):
        model = LogisticRegression(class_weight="balanced", max_iter=1000).fit(vectors[train], is_document[train])
        right[test] = model.predict(vectors[test]) == is_document[test]
    return float((right[~is_document].mean() + right[is_document].mean()) / 2)


def _accuracy(queries: Vectors, documents: Vectors, document_of: Places, query_of: Places) -> float:
    """Share of queries whose nearest document is (one of) their own; of equally near ones the first counts."""
    nearest = FlatIndex(documents).search(queries, 1)[1][:, 0]
    found = np.zeros(len(queries), dtype=bool)
    found[query_of[nearest[query_of] == document_of]] = True
    return float(found.mean())
