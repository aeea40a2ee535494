"""Every rule of oversight that can say no: its status, its name in Chinese, its source."""

from typing import Final

from libs.events.http.edge import explained

REFUSALS: Final = {
    "person-not-heard": explained(412, "未听取当事执法人员陈述", "津滨政办发〔2020〕16号 三(三)"),
    "person-not-involved": explained(422, "该人员未参与此案", "津滨政办发〔2020〕16号 三(三)"),
    "recon-outcome-missing": explained(412, "无复议或诉讼结果", "行政复议法 62"),
    "trace-not-found": explained(404, "追溯码不存在", "津滨政办发〔2020〕16号 三(三)"),
}
