"""Every rule of oversight that can say no: its status, its name in Chinese, its source."""

from typing import Final

from libs.events.http import explained

BY_COMMAND: Final[dict[str, tuple[str, ...]]] = {"CertifyOfficer": ()}
REFUSALS: Final = {
    "trace-not-found": explained(404, "追溯码不存在", "津滨政办发〔2020〕16号 三(三)"),
}
