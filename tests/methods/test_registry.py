"""The registry: every method once, every method in the conformance suite."""

from __future__ import annotations

import pytest

from acclimate.errors import InputError
from acclimate.methods import METHODS, ONLINE_METHODS, Method, find, register
from tests.cases import CASES


def test_every_method_has_a_case_and_every_case_a_method() -> None:
    assert {key for case in CASES for key in case.key.split("+")} == set(METHODS)


def test_no_two_cases_are_called_alike() -> None:
    names = [str(case) for case in CASES]
    assert len(names) == len(set(names))


def concrete_methods(cls: type[Method] = Method) -> list[type[Method]]:
    found = [cls] if "key" in vars(cls) and cls.__module__.startswith("acclimate.methods.") else []
    return found + [c for sub in cls.__subclasses__() for c in concrete_methods(sub)]


def test_every_concrete_method_is_registered_under_its_own_key() -> None:
    assert {cls.key: cls for cls in concrete_methods()} == METHODS | ONLINE_METHODS
    assert len(set(concrete_methods())) == len(METHODS) + len(ONLINE_METHODS)


def test_a_second_class_under_one_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acclimate.methods.registry.METHODS", dict(METHODS))
    twin = type("Twin", (Method,), {"key": "dann"})
    with pytest.raises(ValueError, match="dann"):
        register([twin])
    with pytest.raises(ValueError, match="tent"):
        register([type("Twin", (Method,), {"key": "tent"})])


def test_an_unknown_name_comes_with_the_nearest() -> None:
    with pytest.raises(InputError, match="deep_coral"):
        find("deep_corl")
