"""Every test runs in a home of its own: no profile, key, agent, ticket or key ring of the person who runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

#: what would let a test reach into the surroundings it happens to run in
_FOREIGN = (
    "SSH_AUTH_SOCK",
    "SSH_ASKPASS",
    "KRB5CCNAME",
    "KRB5_CONFIG",
    "KRB5_KTNAME",
    "NTLM_USER_FILE",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "LINES",
    "DOCKER_HOST",
    "CONTAINER_HOST",
    "DBUS_SESSION_BUS_ADDRESS",
    "TEXTUAL",
    "TMUX",
)

#: seconds for a test that may be the first to need the container image, whose base is bootstrapped once a machine
_WITH_BOOTSTRAP = 1200


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests at real containers the time that making their image takes."""
    for item in items:
        if "podman" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(_WITH_BOOTSTRAP))


@pytest.fixture(autouse=True)
def isolated_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test an empty home and empty XDG folders; returns the home."""
    home = tmp_path_factory.mktemp("home", numbered=True)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(home))
    for variable, folder in {
        "XDG_CONFIG_HOME": ".config",
        "XDG_STATE_HOME": ".local/state",
        "XDG_DATA_HOME": ".local/share",
        "XDG_CACHE_HOME": ".cache",
    }.items():
        monkeypatch.setenv(variable, str(home / folder))
    for variable in _FOREIGN:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return home
