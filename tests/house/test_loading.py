"""A command loads its modules without the collector, which then works again."""

import gc
from importlib import import_module

import pytest

from shopbell.cli.loading import loading


def test_the_collector_rests_while_modules_are_loaded_and_no_longer() -> None:
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    gc.unfreeze()


def test_the_collector_is_back_where_there_was_nothing_to_load() -> None:
    with pytest.raises(ModuleNotFoundError), loading():
        import_module("shopbell.nothing_of_that_name")
    assert gc.isenabled()
    gc.unfreeze()
