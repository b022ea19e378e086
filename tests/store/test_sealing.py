"""Secrets at rest (AES-GCM), and the key they are sealed with."""

import base64
import stat
import threading
from pathlib import Path

import pytest

from crossgate.store.sealing import KEY_FILE_NAME, KeyUnusable, Seal, find_key


def test_a_secret_comes_back_only_under_its_name_and_key() -> None:
    """A sealed secret copied to another place, or read with another key, stays shut."""
    seal = Seal(b"a" * 32)
    sealed = seal.seal(b"swordfish", "operator")

    assert seal.open(sealed, "operator") == b"swordfish"
    assert b"swordfish" not in sealed
    with pytest.raises(KeyUnusable):
        seal.open(sealed, "another operator")
    with pytest.raises(KeyUnusable, match="sealed with another key"):
        Seal(b"b" * 32).open(sealed, "operator")


def test_the_same_secret_is_never_sealed_the_same_way() -> None:
    """Equal secrets cannot be told from their sealed form."""
    seal = Seal(b"a" * 32)

    assert seal.seal(b"swordfish", "operator") != seal.seal(b"swordfish", "operator")


def test_the_key_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """The next start finds the same key."""
    key = find_key(tmp_path)
    file = tmp_path / KEY_FILE_NAME

    assert len(key) == 32
    assert find_key(tmp_path) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE_NAME]


def test_two_first_starts_agree_on_one_key(tmp_path: Path) -> None:
    """Whoever comes second uses what is there."""
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(find_key(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_a_given_key_leaves_no_file(tmp_path: Path) -> None:
    """Where the environment holds the key, the disk does not."""
    given = base64.b64encode(b"k" * 32).decode()

    assert find_key(tmp_path, given) == b"k" * 32
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", ["short", "!" * 44, base64.b64encode(b"k" * 31).decode()])
def test_a_wrong_key_is_named_but_not_shown(tmp_path: Path, given: str) -> None:
    """The sentence names where the key came from and never the key."""
    with pytest.raises(KeyUnusable, match="CROSSGATE_SECRET_KEY must be the base64 of 32") as caught:
        find_key(tmp_path, given)

    assert given not in str(caught.value)


def test_a_damaged_key_file_is_named(tmp_path: Path) -> None:
    """A key file cut short must not become a new key: every secret would be lost."""
    (tmp_path / KEY_FILE_NAME).write_text("c2hvcnQ=\n")

    with pytest.raises(KeyUnusable, match=KEY_FILE_NAME):
        find_key(tmp_path)
