"""wechatpy, as PyPI has it, runs its whole cycle against a gateway in another process.

usage: foreign_client.py < the line that `wxpay-wasm gateway --json` printed

Answers and notifications are checked with wechatpy's own code. What it found goes to standard output
as JSON.
"""

import json
import sys
import threading
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue

import xmltodict
from wechatpy.exceptions import InvalidSignatureException, WeChatPayException
from wechatpy.pay import WeChatPay
from wechatpy.pay.utils import calculate_signature_hmac

SUCCESS = b"<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>"
ITEM = "腾讯充值中心-QQ会员充值"

gateway = json.loads(sys.stdin.readline())
arrived: Queue = Queue()


class Inbox(BaseHTTPRequestHandler):
    def do_POST(self):
        arrived.put(self.rfile.read(int(self.headers["content-length"])).decode("utf-8"))
        self.send_response(200)
        self.send_header("content-length", str(len(SUCCESS)))
        self.end_headers()
        self.wfile.write(SUCCESS)

    def log_message(self, *_):
        pass


inbox = HTTPServer(("127.0.0.1", 0), Inbox)
threading.Thread(target=inbox.serve_forever, daemon=True).start()
notify_url = f"http://127.0.0.1:{inbox.server_port}/notify"


def control(path, body=None):
    data = b"" if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{gateway['url']}/_gateway/{path}", data=data, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def take():
    return arrived.get(timeout=10)


pay = WeChatPay(gateway["appid"], gateway["key"], gateway["mchid"], timeout=10)
pay.API_BASE_URL = gateway["url"] + "/"


def checked(answer):
    assert pay.check_signature(answer), answer
    return answer


def order(out_trade_no, **more):
    # Without client_ip wechatpy would look WeChat's host up.
    return pay.order.create(
        "NATIVE", ITEM, 1234, notify_url, client_ip="127.0.0.1", out_trade_no=out_trade_no, product_id="P", **more
    )


def refused(run):
    try:
        run()
    except WeChatPayException as error:
        return error.errcode
    raise AssertionError("it was not refused")


found = {}
today = datetime.now(timezone(timedelta(hours=8))).strftime("%Y%m%d")

found["code_url"] = checked(order("W1"))["code_url"]
found["before"] = checked(pay.order.query(out_trade_no="W1"))["trade_state"]
control("pay?out_trade_no=W1")
paid = pay.parse_payment_result(take())
found["paid"] = [paid["out_trade_no"], paid["total_fee"]]
found["after"] = checked(pay.order.query(transaction_id=paid["transaction_id"]))["trade_state"]
found["again"] = refused(lambda: pay.order.close("W1"))

# This version checks payments with MD5 alone; its HMAC it has for what it sends.
sent = calculate_signature_hmac
answer = order("W2", sign_type="HMAC-SHA256")
assert answer.pop("sign") == sent(answer, gateway["key"]), answer
control("pay?out_trade_no=W2")
notice = dict(xmltodict.parse(take())["xml"])
found["hmac"] = [len(notice["sign"]), notice.pop("sign") == sent(notice, gateway["key"])]

checked(order("W3"))
checked(pay.order.close("W3"))
found["closed"] = checked(pay.order.query(out_trade_no="W3"))["trade_state"]

refund = checked(pay.refund.apply(1234, 234, "R1", out_trade_no="W1", notify_url=notify_url))
control("refund?out_refund_no=R1")
told = pay.parse_refund_notify_result(take())
found["refunded"] = [told["out_refund_no"], told["refund_status"], told["refund_id"] == refund["refund_id"]]
found["refund_query"] = checked(pay.refund.query(out_refund_no="R1"))["refund_status_0"]

control("faults", [{"on": "notification", "fault": "wrong-sign"}])
checked(order("W4"))
control("pay?out_trade_no=W4")
try:
    pay.parse_payment_result(take())
    found["tampered"] = "taken"
except InvalidSignatureException:
    found["tampered"] = "refused"

control("clock?seconds=172800")
bill = pay.tools.download_bill(today)
found["bill"] = [bill.count("`W1,"), bill.count("`W3,"), bill.strip().splitlines()[0].startswith("\ufeff交易时间,")]

print(json.dumps(found))
