"""Errors that are messages for people."""


class UserError(Exception):
    """Something a person can mend: the text says what is wrong and what to do next."""


class UsageProblem(UserError):
    """A command was called in a way that cannot work: exit code 2."""


class MissingExtra(UserError):
    """A part of swipegan needs a package that is not installed."""

    def __init__(self, extra: str, package: str) -> None:
        super().__init__(f"this needs the package {package}; install it with: pip install 'swipegan[{extra}]'")
        self.extra = extra
        self.package = package
