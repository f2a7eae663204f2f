"""English sentences and the French sentences that say the same."""

from mindgap.tasks.base import Task
from mindgap.tasks.checks.generic import least_pairs
from mindgap.tasks.checks.languages import ENGLISH, FRENCH, SENTENCE_LENGTH
from mindgap.tasks.checks.near import no_near_duplicates

ENGLISH_FRENCH = Task(
    name="english-french",
    title="English → French",
    query_name="English",
    document_name="French",
    query_fields=("query", "question"),
    train_fields=("query",),
    document_language="",
    hint="Type an English sentence; the French sentences answer.",
    checks=(
        least_pairs(train=8_000, validation=500, test=1_000),
        no_near_duplicates("query", 0.5),
        no_near_duplicates("document", 0.5),
        ENGLISH,
        FRENCH,
        SENTENCE_LENGTH,
    ),
)
