def add(
    contents: list[bytes | None],
    first: int,
    columns: tuple[list[str | None], ...],
    numbers: list[str | None],
    words: dict[str, str],
    /,
) -> list[int]: ...
