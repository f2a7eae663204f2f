"""What `build` makes. A new artefact is one file here and one line below."""

from mindgap.builders.base import Builder
from mindgap.builders.data_figure import DATA_FIGURE
from mindgap.builders.embeddings import EMBEDDINGS
from mindgap.builders.layouts import LAYOUTS_BUILDER
from mindgap.builders.measurements import MEASUREMENTS
from mindgap.builders.projections import PROJECTIONS
from mindgap.registry import Registry

BUILDERS: Registry[Builder] = Registry("artefact")
BUILDERS.register(DATA_FIGURE)
BUILDERS.register(PROJECTIONS)
BUILDERS.register(EMBEDDINGS)
BUILDERS.register(LAYOUTS_BUILDER)
BUILDERS.register(MEASUREMENTS)
