"""Every rule of enforcement that can say no: its status, its name in Chinese, the article.

`/refusals/<slug>` is a page made from this, and every refusal links to its own.
"""

from typing import Final

from libs.events.http.edge import explained

DESIGN: Final = "设计约定"

REFUSALS: Final = {
    "approval-missing": explained(412, "未经行政机关负责人批准", "处罚法 56, 57; 强制法 18(1)"),
    "certificate-invalid": explained(403, "执法证件无效", "行政处罚法 42"),
    "clock-already-paused": explained(409, "该期限已中止", DESIGN),
    "clock-not-paused": explained(409, "该期限未中止", DESIGN),
    "collective-required": explained(412, "须经负责人集体讨论", "行政处罚法 57(2)"),
    "collector-is-decider": explained(403, "罚缴分离", "行政处罚法 67"),
    "court-too-early": explained(422, "尚不得申请强制执行", "行政强制法 53, 54"),
    "court-too-late": explained(422, "申请强制执行已逾期", "行政强制法 53"),
    "criminal-pending": explained(423, "刑事案件未结", "行政处罚法 8, 27, 35(2); 国务院令310号 11"),
    "decision-incomplete": explained(422, "处罚决定书要件不全", "行政处罚法 59"),
    "detention-not-allowed": explained(422, "无权决定行政拘留", "行政处罚法 18(3)"),
    "double-fine": explained(409, "一事不再罚", "行政处罚法 29"),
    "draw-not-reproducible": explained(422, "抽取结果不能复现", "优化营商环境条例 54"),
    "eservice-no-consent": explained(412, "未签署电子送达确认书", "行政处罚法 61(2)"),
    "evidence-inadmissible": explained(422, "证据不得作为定案依据", "行政处罚法 41, 46"),
    "filing-standard-unmet": explained(422, "不符合立案标准", "行政处罚法 22, 54"),
    "hearing-notice-short": explained(422, "听证通知时间不足", "行政处罚法 64(2)"),
    "hearing-request-late": explained(422, "听证申请已逾期", "行政处罚法 64(1)"),
    "hearing-right-missing": explained(422, "未告知听证权利", "行政处罚法 63"),
    "heavier-than-noticed": explained(422, "处罚重于告知", "行政处罚法 45(2); 行政复议法 63"),
    "id-check-failed": explained(422, "主体号码校验不符", "GB 32100-2015; GB 11643-1999"),
    "instalment-sum": explained(422, "分期金额与本金不符", "行政处罚法 66"),
    "lead-duplicate": explained(409, "同一来源已登记", DESIGN),
    "legal-review-required": explained(412, "未经法制审核", "行政处罚法 58(1)"),
    "minor-not-punishable": explained(422, "不满十四周岁不予处罚", "行政处罚法 30"),
    "minor-violation-exempt": explained(422, "轻微违法不予处罚", "行政处罚法 33(1)"),
    "mitigation-required": explained(422, "应当从轻或减轻处罚", "行政处罚法 30, 32"),
    "no-power": explained(422, "无此权责事项", "行政处罚法 17, 38; 行政强制法 17"),
    "notice-required": explained(412, "未告知拟处罚内容", "行政处罚法 44, 62"),
    "penalty-out-of-range": explained(422, "超出法定或裁量幅度", "行政处罚法 34"),
    "publicity-forbidden": explained(422, "不得公示", "行政处罚法 48; SAMR 45号 2, 6"),
    "quorum-missing": explained(412, "集体讨论人数不足", "行政处罚法 57(2)"),
    "record-incomplete": explained(412, "执法记录不全", "行政处罚法 47"),
    "remedy-open": explained(412, "复议尚未办结", "行政复议法 62"),
    "request-unknown": explained(409, "无对应的请求或命令", DESIGN),
    "rights-period-open": explained(412, "陈述申辩或听证期限未满", "行政处罚法 45, 62, 64"),
    "role-conflict": explained(403, "应当回避", "行政处罚法 43, 58, 64(4)"),
    "same-decision-barred": explained(422, "不得作出相同决定", "行政复议法 64(2)"),
    "seizure-expired": explained(422, "查封扣押期限已过", "行政强制法 25"),
    "seizure-not-allowed": explained(422, "不得查封扣押", "行政强制法 23"),
    "service-mode-invalid": explained(422, "送达方式不当", "民事诉讼法(2023) 95"),
    "time-barred": explained(422, "已过追责时效", "行政处罚法 36"),
    "transfer-documents-missing": explained(412, "移送材料不全", "国务院令310号 6"),
    "two-officers-required": explained(403, "执法人员不得少于两人", "行政处罚法 42"),
}  # fmt: skip
