"""Settings refuse what cannot be meant, naming the variable, before anything starts."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from flowops import environment

FLAGS = {
    **dict.fromkeys(["1", "true", "TRUE", " yes ", "On"], True),
    **dict.fromkeys(["0", "false", "False", "no", "OFF", ""], False),
}


@pytest.mark.parametrize(("raw", "meant"), FLAGS.items(), ids=[repr(raw) for raw in FLAGS])
def test_a_flag_is_true_or_false_in_the_usual_words(monkeypatch, raw, meant):
    monkeypatch.setenv("A_FLAG", raw)
    assert environment.flag("A_FLAG", default=not meant) is meant


@pytest.mark.parametrize("default", [True, False])
def test_a_flag_nobody_set_has_its_default(monkeypatch, default):
    monkeypatch.delenv("A_FLAG", raising=False)
    assert environment.flag("A_FLAG", default=default) is default


@pytest.mark.parametrize("raw", ["ture", "2", "y", "enabled", "-1", "none"])
def test_a_mistyped_flag_is_refused_by_its_name(monkeypatch, raw):
    monkeypatch.setenv("A_FLAG", raw)
    with pytest.raises(ImproperlyConfigured, match=f"A_FLAG must be true or false, not '{raw}'"):
        environment.flag("A_FLAG", default=False)


@pytest.mark.parametrize(("raw", "number"), [("1", 1), ("30", 30), ("3600", 3600), ("007", 7)])
def test_a_whole_number_within_its_bounds_is_taken(monkeypatch, raw, number):
    monkeypatch.setenv("A_NUMBER", raw)
    assert environment.whole_number("A_NUMBER", 5, at_least=1, at_most=3600) == number


@pytest.mark.parametrize("raw", ["0", "3601", "-1", "1.5", "1e2", "", " 5", "5s", "٣", "0x10", "1_000"])
def test_any_other_number_is_refused_by_its_name(monkeypatch, raw):
    monkeypatch.setenv("A_NUMBER", raw)
    with pytest.raises(ImproperlyConfigured, match="A_NUMBER must be a whole number from 1 to 3600"):
        environment.whole_number("A_NUMBER", 5, at_least=1, at_most=3600)


def test_a_number_nobody_set_has_its_default(monkeypatch):
    monkeypatch.delenv("A_NUMBER", raising=False)
    assert environment.whole_number("A_NUMBER", 5, at_least=1, at_most=9) == 5


def test_the_signing_key_comes_from_outside(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "long and random")
    assert environment.secret_key(debug=False) == environment.secret_key(debug=True) == "long and random"


@pytest.mark.parametrize("unset", [True, False], ids=["unset", "empty"])
def test_without_a_signing_key_only_debugging_goes_on(monkeypatch, unset):
    monkeypatch.setenv("SECRET_KEY", "")
    if unset:
        monkeypatch.delenv("SECRET_KEY")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        environment.secret_key(debug=False)
    assert environment.secret_key(debug=True)


def test_a_sqlite_url_brings_the_options_our_promises_need(monkeypatch):
    monkeypatch.setenv("A_DATABASE", "sqlite:///some/where.sqlite3?timeout=1")
    entry = environment.database("A_DATABASE", "")
    assert (entry["ENGINE"], entry["NAME"]) == ("django.db.backends.sqlite3", "some/where.sqlite3")
    assert entry["OPTIONS"] == environment.SQLITE_OPTIONS
    assert entry["CONN_HEALTH_CHECKS"] is True


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_postgresql_url_is_taken_apart(monkeypatch, scheme):
    monkeypatch.setenv("A_DATABASE", f"{scheme}://me:p%40ss@db.example:5433/flowops")
    entry = environment.database("A_DATABASE", "")
    named = (entry["ENGINE"], entry["USER"], entry["PASSWORD"], entry["HOST"], entry["PORT"], entry["NAME"])
    assert named == ("django.db.backends.postgresql", "me", "p@ss", "db.example", 5433, "flowops")
    assert "idle_in_transaction_session_timeout" in entry["OPTIONS"]["options"]


BAD_DATABASES = {
    "another database": "mysql://me@localhost/flowops",
    "another kind": "redis://localhost",
    "an unknown scheme": "postgers://localhost/flowops",
    "no scheme": "flowops.sqlite3",
    "a word": "yes",
    "no name": "postgres://localhost/",
    "a port that is no number": "postgres://localhost:many/flowops",
}


@pytest.mark.parametrize("url", BAD_DATABASES.values(), ids=BAD_DATABASES)
def test_a_database_we_make_no_promises_on_is_refused_by_its_name(monkeypatch, url):
    monkeypatch.setenv("A_DATABASE", url)
    with pytest.raises(ImproperlyConfigured, match="A_DATABASE"):
        environment.database("A_DATABASE", "")


def test_the_refusal_of_a_database_does_not_quote_its_password(monkeypatch):
    monkeypatch.setenv("A_DATABASE", "mysql://me:hunter2@localhost/flowops")
    with pytest.raises(ImproperlyConfigured) as refusal:
        environment.database("A_DATABASE", "")
    assert "hunter2" not in str(refusal.value)


def _check(**changed: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check` in a process of its own; what is set here wins over any .env."""
    fresh = {"DJANGO_SETTINGS_MODULE": "flowops.settings", "DEBUG": "false", "DEMO": "false"}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=django_settings.BASE_DIR,
        env=os.environ | fresh | {"DATABASE_URL": "sqlite:///never-opened.sqlite3"} | changed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


STOPS = {
    "no signing key": ({"SECRET_KEY": ""}, "Set SECRET_KEY"),
    "a mistyped demo": ({"DEMO": "ture"}, "DEMO must be true or false, not 'ture'"),
    "a mistyped debug": ({"DEBUG": "ja"}, "DEBUG must be true or false, not 'ja'"),
    "MySQL": ({"DATABASE_URL": "mysql://localhost/flowops"}, "DATABASE_URL must start with sqlite"),
    "nonsense for a database": ({"DATABASE_URL": "nonsense"}, "DATABASE_URL must start with sqlite"),
    "no mail server": ({"EMAIL_URL": ""}, "Set EMAIL_URL"),
    "nonsense for a mail server": ({"EMAIL_URL": "nonsense"}, "EMAIL_URL must start with one of"),
    "no lease": ({"LEASE_SECONDS": "0"}, "LEASE_SECONDS must be a whole number"),
    "no retention": ({"REPLAY_RETENTION_DAYS": "soon"}, "REPLAY_RETENTION_DAYS must be a whole number"),
}


@pytest.mark.parametrize(("changed", "why"), STOPS.values(), ids=STOPS)
def test_a_bad_setting_stops_the_start_loudly(changed, why):
    stopped = _check(**changed)
    assert stopped.returncode == 1
    assert stopped.stderr.startswith(f"Not started: {why}")
    assert stopped.stderr.count("\n") == 1


def test_good_settings_start():
    started = _check()
    assert started.returncode == 0, started.stderr
    assert "no issues" in started.stdout


def test_a_mail_server_is_taken_apart_and_otherwise_asked_for(monkeypatch):
    monkeypatch.setenv("A_SERVER", "smtp+tls://me:secret@mail.example:587")
    settings = environment.email("A_SERVER", None)
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"], settings["EMAIL_USE_TLS"]) == (
        "mail.example",
        587,
        True,
    )
    monkeypatch.setenv("A_SERVER", "carrier-pigeon://home")
    with pytest.raises(ImproperlyConfigured, match="A_SERVER must start with"):
        environment.email("A_SERVER", None)
    monkeypatch.delenv("A_SERVER")
    with pytest.raises(ImproperlyConfigured, match="Set A_SERVER"):
        environment.email("A_SERVER", None)
    assert "filebased" in environment.email("A_SERVER", "filemail:///tmp/mail")["EMAIL_BACKEND"]
