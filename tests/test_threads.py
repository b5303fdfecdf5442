"""The small networks calculate on one thread, and whoever calls them keeps the number of threads that they had."""

import pytest
import torch

from cemnet.threads import one_thread


@pytest.fixture(autouse=True)
def three_threads():
    """A host that uses three threads, and must have three afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)


def test_the_scope_has_one_thread_and_gives_back_the_hosts():
    with one_thread():
        assert torch.get_num_threads() == 1
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1


def test_an_error_gives_back_the_hosts_threads_too():
    with pytest.raises(RuntimeError), one_thread():
        raise RuntimeError
