"""What is matched with what. A new task is one file here and one line below."""

from mindgap.registry import Registry
from mindgap.tasks.base import QUERY_FIELDS, SPLITS, Task
from mindgap.tasks.english_french import ENGLISH_FRENCH
from mindgap.tasks.pseudocode_c import PSEUDOCODE_C

TASKS: Registry[Task] = Registry("task")
TASKS.register(ENGLISH_FRENCH)
TASKS.register(PSEUDOCODE_C)

__all__ = ["QUERY_FIELDS", "SPLITS", "TASKS", "Task"]
