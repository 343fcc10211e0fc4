"""The demo's log-ins and keys: made on the spot once, kept in a private file, so a restart keeps them."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import msgspec
from django.conf import settings
from django.contrib.auth.models import Group
from msgspec import Struct

from flowops.accounts.models import ApiClient, OperatorToken, User
from handoffs import roles

NAMES = (roles.OPERATOR, roles.SUPERVISOR)


class Login(Struct, frozen=True, kw_only=True):
    username: str
    password: str
    token: str


class Access(Struct, frozen=True, kw_only=True):
    api_key: str
    logins: tuple[Login, ...]

    def lines(self) -> Iterator[str]:
        """One fact a line, for people and scripts."""
        for login in self.logins:
            yield f"{login.username} {login.username} / {login.password}"
        yield f"api key {self.api_key}"
        for login in self.logins:
            yield f"{login.username} token {login.token}"


def ensure() -> Access:
    """The access in the file, if this database knows it; else a new one, which replaces it."""
    path = _path()
    if path.exists():
        kept = msgspec.json.decode(path.read_bytes(), type=Access)
        if _is_known(kept):
            return kept
    made = _make()
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(made))
    return made


def _path() -> Path:
    return Path(settings.BASE_DIR, "var", "demo-access.json")


def _is_known(access: Access) -> bool:
    tokens = all(OperatorToken.objects.for_key(login.token) for login in access.logins)
    return tokens and ApiClient.objects.for_key(access.api_key) is not None


def _make() -> Access:
    client = ApiClient(name="demo")
    api_key = client.issue_key()
    client.save()
    return Access(api_key=api_key, logins=tuple(_login(name) for name in NAMES))


def _login(name: str) -> Login:
    password = secrets.token_hex(6)
    user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    user.set_password(password)
    user.save()
    user.groups.set(Group.objects.filter(name=name))
    token = OperatorToken(name="demo", user=user)
    plain = token.issue_key()
    token.save()
    return Login(username=name, password=password, token=plain)
