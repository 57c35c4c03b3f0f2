"""The review queue: findings, what people decided about them, and what comes next.

`Queue.open` (store) opens the file; `record` (recording) puts a scan into it; `next_items`
(handing) hands findings out; `decide` and `undo` (decisions) and `add_box` (drawing) record what
people say; `progress` counts; `export` and `import_list` (exchange) go through the fix list;
`accepted` (cleaning) is what was decided, as findings that `labelaudit.auditing.fixes` applies.
"""
