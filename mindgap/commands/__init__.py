"""The commands of the command line. A new one is one file here and one line below."""

from mindgap.commands.base import Command
from mindgap.commands.build import BUILD
from mindgap.commands.data import DATA
from mindgap.commands.download import DOWNLOAD
from mindgap.commands.evaluate import EVALUATE
from mindgap.commands.export import EXPORT
from mindgap.commands.gap import GAP
from mindgap.commands.import_authors import IMPORT
from mindgap.commands.info import INFO
from mindgap.commands.pretrain import PRETRAIN
from mindgap.commands.publish import PUBLISH
from mindgap.commands.search import SEARCH
from mindgap.commands.serve import SERVE
from mindgap.commands.train import TRAIN
from mindgap.registry import Registry

COMMANDS: Registry[Command] = Registry("command")
COMMANDS.register(INFO)
COMMANDS.register(SEARCH)
COMMANDS.register(EVALUATE)
COMMANDS.register(GAP)
COMMANDS.register(TRAIN)
COMMANDS.register(EXPORT)
COMMANDS.register(IMPORT)
COMMANDS.register(PRETRAIN)
COMMANDS.register(BUILD)
COMMANDS.register(DATA)
COMMANDS.register(DOWNLOAD)
COMMANDS.register(PUBLISH)
COMMANDS.register(SERVE)
