"""The flat dialect of API v2 once more, on expat: a reader that shares nothing with the package.

usage: strict_reader.py < frames, each a length in four bytes (little-endian) and so many bytes

For each frame a line of JSON: null where the body is refused, else the fields as [name, value] in
their order. What expat makes of line ends stays as expat makes it: LF.
"""

import json
import re
import struct
import sys
from xml.parsers import expat

MOST_BYTES = 65536
MOST_FIELDS = 512
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}\Z")
WHITE = " \t\r\n"


class Refused(Exception):
    pass


def refuse(*_):
    raise Refused


def read(body):
    if len(body) > MOST_BYTES:
        raise Refused
    # The bytes are UTF-8 whatever the declaration says; what it may say is checked below.
    parser = expat.ParserCreate("UTF-8")
    fields, seen, depth, text = [], set(), 0, []

    def declared(version, encoding, _):
        if version != "1.0" or (encoding or "utf-8").lower() not in ("utf-8", "utf8"):
            raise Refused

    def start(name, attributes):
        nonlocal depth
        depth += 1
        if attributes or depth > 2 or not NAME.match(name):
            raise Refused
        if depth == 1:
            if name != "xml":
                raise Refused
            return
        if name in seen or len(seen) == MOST_FIELDS:
            raise Refused
        seen.add(name)
        fields.append([name, ""])
        text.clear()

    def end(_):
        nonlocal depth
        if depth == 2:
            fields[-1][1] = "".join(text)
        elif body[parser.CurrentByteIndex :][:2] != b"</":
            raise Refused  # <xml/>
        depth -= 1

    def characters(data):
        if depth == 2:
            text.append(data)
        # Between fields a reference to white space is none.
        elif data.strip(WHITE) or body[parser.CurrentByteIndex :][:1] == b"&":
            raise Refused

    def open_cdata():
        if depth != 2:
            raise Refused

    parser.XmlDeclHandler = declared
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartCdataSectionHandler = open_cdata
    parser.StartDoctypeDeclHandler = refuse
    parser.ProcessingInstructionHandler = refuse
    parser.CommentHandler = refuse
    parser.Parse(body, True)
    return fields


source, sink = sys.stdin.buffer, sys.stdout
while header := source.read(4):
    body = source.read(struct.unpack("<I", header)[0])
    try:
        found = read(body)
    except (Refused, expat.ExpatError):
        found = None
    sink.write(json.dumps(found) + "\n")
    sink.flush()
