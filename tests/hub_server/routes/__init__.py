"""The Hub's addresses, a file a concern; each has a `router`."""

from __future__ import annotations

from fastapi import APIRouter

from . import (
    accounts,
    cas,
    collections,
    commits,
    files,
    jobs,
    lfs,
    oauth,
    pages,
    references,
    repositories,
    spaces,
)

#: In the order in which they are tried: pages come last, since their addresses have no mark of their own.
ROUTERS: tuple[APIRouter, ...] = tuple(
    module.router
    for module in (
        accounts, oauth, jobs, collections, spaces, references, commits, files, lfs, cas,
        repositories, pages,
    )
)  # fmt: skip
