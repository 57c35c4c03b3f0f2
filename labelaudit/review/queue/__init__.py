"""The review queue: findings, what people decided about them, and what comes next.

`Queue.open` (store) opens the file; `enqueue` puts a scan into it; `next_items` (leases) hands
findings out; `decide` and `undo` (decisions) and `add_box` (manual_boxes) record what people
say; `progress` counts; `export` and `import_list` (import_export) go through the fix list;
`accepted` (accepted_fixes) is what was decided, as findings that `labelaudit.auditing.fixes`
applies.
"""
