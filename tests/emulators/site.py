"""A web site that messages link to: what stands at each path, and who asked for it how."""

from tests.emulators.server import Emulator, Reply, Request


class Site(Emulator):
    """`pages` are answers by path: a status, or a Location to go to. Others are not there.

    With `no_head` a HEAD is refused, as old servers do.
    """

    def __init__(self, pages: dict[str, int | str] | None = None, **settings: bool) -> None:
        super().__init__()
        self.pages = pages or {}
        self.no_head = settings.get("no_head", False)
        self.asked: list[str] = []

    def is_send(self, request: Request) -> bool:
        return True

    def answer(self, request: Request) -> Reply:
        self.asked.append(f"{request.method} {request.path}")
        if request.method == "HEAD" and self.no_head:
            return Reply(405)
        found = self.pages.get(request.path, 404)
        if isinstance(found, str):
            return Reply(302, headers={"Location": found})
        body = b"" if request.method == "HEAD" else b"x" * 1_000_000
        return Reply(found, body)

    def at(self, path: str) -> str:
        return f"{self.url}{path}"
