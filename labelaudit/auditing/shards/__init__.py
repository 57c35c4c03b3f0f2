"""Audits of datasets in parts: what each shard finds, what is merged, and what follows from that.

A shard is a file or folder of labels of its own. What some rules have to know of all boxes is
gathered of each, and merged. Then each is audited by the rules that look at one image or one file
alone, and is left but for the records that their findings name. Rules that look at no box are asked
at last, about the records of all.
"""
