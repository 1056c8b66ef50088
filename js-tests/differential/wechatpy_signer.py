"""wechatpy's signatures, as PyPI has them.

usage: wechatpy_signer.py < frames, each a length in four bytes (little-endian) and so many bytes of
JSON: [fields, key]

For each frame a line of JSON: [MD5, HMAC-SHA256], null in place of what it does not sign.
"""

import json
import struct
import sys

from wechatpy.pay.utils import calculate_signature, calculate_signature_hmac

source, sink = sys.stdin.buffer, sys.stdout
while header := source.read(4):
    fields, key = json.loads(source.read(struct.unpack("<I", header)[0]))
    # As its own callers do.
    fields.pop("sign", None)
    made = []
    for signer in (calculate_signature, calculate_signature_hmac):
        try:
            made.append(signer(fields, key))
        except UnicodeEncodeError:
            made.append(None)
    sink.write(json.dumps(made) + "\n")
    sink.flush()
