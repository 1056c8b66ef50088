"""What wechatpy does with the messages that stand in the JSON on standard input: JSON by row."""
import inspect
import io
import json
import logging
import random
import sys

from wechatpy.pay import WeChatPay, utils
from wechatpy.utils import random_string

given = json.load(sys.stdin)
bodies = given["bodies"]
client = WeChatPay(given["appid"], given["key"], given["mchid"])


def nonce():
    random.seed(1)
    return random_string(32)


def reaches(body):
    try:
        client.parse_payment_result(body)
        return "reaches your code"
    except Exception:
        return "refused"


heard = io.StringIO()
logging.basicConfig(stream=heard, level=logging.DEBUG)
utils.calculate_signature({"appid": given["appid"]}, given["key"])

source = inspect.getsource(utils) + inspect.getsource(WeChatPay)
print(json.dumps({
    "where nonces come from": "random" if nonce() == nonce() else "cryptographic",
    "a notification with another amount than was signed": reaches(bodies["forged"]),
    "a genuine one, for another amount than the order has": reaches(bodies["cheap"]),
    "a genuine one in HMAC-SHA256 without `sign_type`": reaches(bodies["hmac"]),
    "one with a DOCTYPE": reaches(bodies["doctype"]),
    "the same one five times runs your code": str(sum(reaches(bodies["genuine"]) == "reaches your code" for _ in range(5))),
    "compares signatures in constant time": "yes" if "compare_digest" in source else "no",
    "the client shows its key when it is printed": "in its log" if given["key"] in heard.getvalue() else "no",
    "TypeScript types": "–",
    "packages that it installs": "–",
}))
