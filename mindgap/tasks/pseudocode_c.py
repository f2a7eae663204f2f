"""Pseudocode, or a line of plain English, and the C code that does it."""

from mindgap.tasks.base import Task
from mindgap.tasks.checks.c_code import C_SHAPE, COMPILES, OTHER_WORDS
from mindgap.tasks.checks.generic import least_pairs
from mindgap.tasks.checks.near import CODE_TOKENS, no_near_duplicates

PSEUDOCODE_C = Task(
    name="pseudocode-c",
    title="Pseudocode → C",
    query_name="pseudocode",
    document_name="C",
    query_fields=("query", "description"),
    train_fields=("query", "description"),
    document_language="c",
    hint="Type pseudocode, or say in a line what the program does; C code answers.",
    checks=(
        least_pairs(train=1_500, validation=250, test=250),
        no_near_duplicates("query", 0.5),
        no_near_duplicates("description", 0.5),
        no_near_duplicates("document", 0.7, CODE_TOKENS),
        C_SHAPE,
        OTHER_WORDS,
        COMPILES,
    ),
)
