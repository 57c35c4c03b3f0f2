def add(
    raw: bytes,
    columns: tuple[list[str | None], ...],
    numbers: list[str | None],
    words: dict[str, str],
    /,
) -> int: ...
