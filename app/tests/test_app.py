import pytest

from app import app


@pytest.fixture
def client():
    return app.test_client()


def test_the_root_greets_and_names_the_commit_it_was_built_from(client, monkeypatch):
    monkeypatch.setenv("APP_COMMIT", "0c0ffee")

    response = client.get("/")

    assert response.status_code == 200
    assert response.json == {"greeting": "Hello from the image pipeline", "commit": "0c0ffee"}


def test_an_image_built_by_hand_says_that_its_commit_is_unknown(client, monkeypatch):
    monkeypatch.delenv("APP_COMMIT", raising=False)

    assert client.get("/").json["commit"] == "unknown"


def test_the_health_check_answers(client):
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json == {"status": "ok"}


@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_only_reading_is_allowed(client, path):
    assert client.post(path).status_code == 405


def test_an_unknown_path_is_not_found(client):
    assert client.get("/nowhere").status_code == 404
