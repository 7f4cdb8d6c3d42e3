"""What stands in for whatever only the service could give."""


class Inert:
    """Allows everything and does nothing: it can be called, awaited, entered and read, and holds no items."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_, **__):
        return self

    def __await__(self):
        return self
        yield

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        return False

    def __iter__(self):
        return iter(())

    async def __aiter__(self):
        return
        yield

    def __getitem__(self, _):
        return self

    def __len__(self):
        return 0

    def __bool__(self):
        return True

    def __int__(self):
        return 0

    __index__ = __int__

    def __float__(self):
        return 0.0

    def __str__(self):
        return ""

    def __lt__(self, _):
        return False

    __gt__ = __le__ = __ge__ = __lt__
