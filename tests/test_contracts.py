"""The shape of the code, held by import contracts; and each contract is seen to fail when it is broken."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("agent", "handoffs", "policy", "flowops")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
PURE = next(contract for contract in CONTRACTS if contract["name"].startswith("The pure core"))["source_modules"]


@pytest.fixture
def copy(tmp_path):
    """The packages alone, to be broken at will."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(folder: Path) -> tuple[bool, str]:
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout


def test_the_contracts_hold(copy):
    holds, report = lint_imports(copy)
    assert holds, report
    assert f"{len(CONTRACTS)} kept, 0 broken" in report


BREACHES = {
    "policy reaches up to handoffs": ("policy/engine.py", "import handoffs.models", "Floors"),
    "the ground reaches up to policy": ("flowops/canonical.py", "import policy.values", "Floors"),
    "handoffs reach up to the agent": ("handoffs/services.py", "import agent.models", "Floors"),
    "draft knows verify": ("agent/draft.py", "import agent.verify", "Stages"),
    "verify knows understand": ("agent/verify.py", "import agent.understand", "Stages"),
    "a view applies": ("agent/views.py", "import agent.apply", "Only the turn"),
    "the plan applies": ("agent/plan.py", "import agent.apply", "Only the turn"),
    "a rule reads the database": ("policy/rules.py", "import django.db", "The pure core"),
    "the draft calls out": ("agent/draft.py", "import urllib.request", "The pure core"),
    "the plan looks at the clock": ("agent/plan.py", "import time", "The pure core"),
    "the reader throws dice": ("agent/understand.py", "import random", "The pure core"),
    "indirectly": ("flowops/money.py", "import flowops.problems", "The pure core"),
}


@pytest.mark.parametrize(("path", "line", "contract"), BREACHES.values(), ids=BREACHES)
def test_a_breach_is_found(copy, path, line, contract):
    broken = copy / path
    broken.write_text(f"{line}\n{broken.read_text()}")
    holds, report = lint_imports(copy)
    assert not holds
    assert re.search(rf"^{contract}.* BROKEN$", report, re.MULTILINE), report


def test_every_contract_is_seen_to_fail():
    assert {name.split()[0] for *_, name in BREACHES.values()} == {
        contract["name"].split()[0].rstrip(":") for contract in CONTRACTS
    }


def test_only_the_shell_is_left_out_of_the_apply_contract():
    """A new module of the agent must be named in the contract, or be the shell."""
    contract = next(c for c in CONTRACTS if c["name"].startswith("Only the turn"))
    modules = {f"agent.{path.stem}" for path in (ROOT / "agent").glob("*.py")}
    packages = {f"agent.{path.parent.name}" for path in (ROOT / "agent").glob("*/__init__.py")}
    left_out = modules | packages - {"agent.migrations"}
    left_out -= {*contract["source_modules"], "agent.__init__", "agent.apps", "agent.migrations"}
    assert left_out == {"agent.turn", "agent.apply"}


CLOCKS = {"now", "today", "utcnow", "localtime", "fromtimestamp"}


@pytest.mark.parametrize("module", PURE)
def test_the_pure_core_asks_nobody_for_the_time(module):
    """Importing datetime for its types is fine, calling its clock is not: no import contract can tell."""
    path = ROOT / f"{module.replace('.', '/')}.py"
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    assert names.isdisjoint(CLOCKS)


def test_the_pure_core_runs_without_django():
    code = f"import sys; sys.modules['django'] = None; import {', '.join(PURE)}"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_init_files_are_empty():
    filled = [path for package in PACKAGES for path in (ROOT / package).rglob("__init__.py") if path.read_text()]
    assert filled == []
