"""What is wrong with the wording of a message, whatever rule it is of."""

from __future__ import annotations

import re

_NOUNS = (
    "images|boxes|labels|annotations|files|classes|edges|frames|names|records|categories|polygons|"
    "masks|keypoints|objects|splits|folders|pictures|points|numbers|corners|copies"
)
_ONE = r"(?<![\w.,/:-])1"
_MANY = r"(?<![\w.,/:-])(?:[2-9]|\d[\d,]*\d)"
_PLURAL_VERBS = "are|have|do|were|state|reach|lie|fit|disagree|count|begin"
_SINGULAR_VERBS = "is|has|does|was|states|reaches|lies|fits|disagrees|counts|begins"

FAULTS = {
    "one of several things": rf"{_ONE} (?:\w+ )?(?:{_NOUNS})\b",
    "several of one thing": rf"(?<!of ){_MANY} (?:{_NOUNS})\b (?:{_SINGULAR_VERBS})\b",
    "1 of 1": rf"{_ONE} of 1\b",
    "one that do": (
        rf"{_ONE} of [\d,]+ (?:\w+ )?(?:{_NOUNS})(?: (?:in|of) \S+)? (?:{_PLURAL_VERBS})\b"
    ),
    "several that does": (
        rf"{_MANY} of [\d,]+ (?:\w+ )?(?:{_NOUNS})(?: (?:in|of) \S+)? (?:{_SINGULAR_VERBS})\b"
    ),
    "one thing that do": rf"{_ONE} (?:image|box|label|file|class) (?:{_PLURAL_VERBS})\b",
    "a word twice": r"(?<![\w./-])([a-z]+) \1(?![\w./-])",
    "a file twice": r"(\S+\.(?:json|txt|xml|csv|yaml))\S*:? (?:\S+ ){0,1}\1\b",
    "white space": r"^\s|\s$|  | [,;:.](?:\s|$)",
    "an end that is none": r"[,;:]$|(?<!\.)\.$|\($",
    "marks twice": r"::|;;|,,|;,|: ;|(?<!\w)\(\)",
    "a value of Python": r"\b(?:None|nan px|array\(|np\.|<class|object at 0x)",
    "a name that was not filled in": r"\{[a-z_]+[^}\"]*\}",
}
"""What is wrong, and an expression that finds it."""


def faults(message: str) -> list[str]:
    """What is wrong with a message."""
    # Names in quotation marks, and what files hold, are as they are.
    plain = re.sub(r"'[^']*'|\"[^\"]*\"|\[[^]]*\]|\{\"[^}]*\}", "X", message)
    plain = re.sub(r"(cannot be (?:understood|read)|more than once): .*", r"\1", plain)
    return [what for what, expression in FAULTS.items() if re.search(expression, plain)]
