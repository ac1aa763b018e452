"""Errors of ``afif-explorer serve``: one sentence, no traceback."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.cli.test_verbs import failure


def test_serve_on_a_taken_port(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = failure(capsys, "serve", "--no-show", "--port", str(port))
    assert f"port {port} of '127.0.0.1'" in message
    assert "Choose another port" in message


@pytest.mark.parametrize(
    ("content", "words"), [(b" \n", "is empty"), (b"\xff\xfe\xff", "cannot be read")]
)
def test_a_password_file_without_a_password(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    assert words in failure(capsys, "serve", "--port", "0", "--password-file", str(path))


def test_a_device_that_is_not_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFIF_DEVICE", "abacus")
    assert "There is no device 'abacus'" in failure(capsys, "serve", "--no-show", "--port", "0")
