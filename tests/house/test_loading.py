"""A command loads its modules without the collector, which then works again."""

import gc

import pytest

from shopbell.cli.loading import loading


def test_the_collector_is_back_whatever_came_of_the_loading() -> None:
    with pytest.raises(ImportError), loading():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    gc.unfreeze()
