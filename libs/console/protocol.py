"""HTTP that cannot even be parsed is answered as everything else is: a problem (RFC 9457)."""

import json
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class PlainProblems(HttpToolsProtocol):
    def send_400_response(self, msg: str) -> None:
        body: dict[str, Any] = {
            "type": "/refusals/request-malformed",
            "title": "请求格式错误",
            "status": 400,
            "detail": "this is no HTTP request that can be read",
            "rule": "request-malformed",
        }
        content = json.dumps(body, ensure_ascii=False).encode()
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\n"
            b"connection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(content), content)
        )
        self.transport.close()
