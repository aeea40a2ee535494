"""How seldom the interpreter looks for garbage in a service."""

import gc
from typing import Final

# So many new objects before the young are looked through, and then how often the older ones are. A
# turn of five hundred makes some hundred thousand, nearly all of which go by themselves.
THRESHOLDS: Final = (20_000, 20, 20)


def collect_seldom() -> None:
    """Once, when all is there that stays: modules, the pack, the application. It is not looked
    through again, and the rest less often. Memory that is no part of a cycle goes at once, as ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
