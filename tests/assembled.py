"""How each service of the Procfile is put together: nothing that asks all of them names them."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from libs.console.suite import services
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.statute.pack import Pack

Assemble = Callable[[World, Pack], Service]

ASSEMBLE: Final[Mapping[str, Assemble]] = {
    name: import_module(f"services.{name}.main").assemble for name in services()
}
