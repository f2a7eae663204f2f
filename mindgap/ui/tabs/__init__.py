"""The tabs of the page. A new tab is one file here and one line below; none appears before it works."""

from mindgap.registry import Registry
from mindgap.ui.tabs.about import ABOUT
from mindgap.ui.tabs.base import Tab
from mindgap.ui.tabs.compare import COMPARE
from mindgap.ui.tabs.gap_map import GAP_MAP
from mindgap.ui.tabs.measure import MEASURE

TABS: Registry[Tab] = Registry("tab")
TABS.register(COMPARE)
TABS.register(GAP_MAP)
TABS.register(MEASURE)
TABS.register(ABOUT)
