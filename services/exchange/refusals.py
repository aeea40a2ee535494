"""Every rule of the exchange that can say no: its status, its name in Chinese, its source."""

from typing import Final

from libs.events.http.edge import explained

DESIGN: Final = "设计约定"

REFUSALS: Final = {
    "agency-suspended": explained(422, "接收单位已停用", "单位登记"),
    "agency-unknown": explained(404, "接收单位不存在", "单位登记"),
    "already-signed": explained(409, "已签收", DESIGN),
    "arbitration-not-due": explained(409, "尚未达到协调裁定条件", "GRID.RETURN.MAX"),
    "calendar-incomplete": explained(422, "工作日历不完整", "国务院节假日安排"),
    "contract-expired": explained(403, "无有效的数据共享协议", "数据共享协议"),
    "delegation-decision-missing": explained(422, "缺少赋权决定文号", "处罚法 24"),
    "feedback-incomplete": explained(422, "反馈材料不全", "GRID.DISPOSAL.PHOTO_DIST"),
    "field-not-allowed": explained(403, "超出共享范围", "数据共享协议; 个人信息保护法 23"),
    "kind-without-acceptance": explained(422, "该类移送无须接收", DESIGN),
    "not-receiver": explained(403, "非接收单位", DESIGN),
    "not-returnable": explained(422, "该类移送不得退回", DESIGN),
    "not-sender": explained(403, "非发起单位", DESIGN),
    "outcome-invalid": explained(422, "结果代码无效", "handoff_kinds.csv"),
    "payload-too-large": explained(413, "内容过大", "EXC.BODY.MAX"),
    "power-item-basis-missing": explained(422, "缺少法律依据", "权责清单"),
    "return-limit": explained(409, "不得再退", "GRID.RETURN.MAX"),
    "return-reason-incomplete": explained(422, "退回理由材料不全", "return_reasons.csv"),
    "return-reason-invalid": explained(422, "退回理由无效", "return_reasons.csv"),
    "return-too-late": explained(409, "已过退回时限", DESIGN),
    "schema-invalid": explained(400, "内容不符合格式", "handoff_bodies.csv"),
    "subscription-too-long": explained(422, "协议期限过长", "EXC.CONTRACT.MAX"),
}
