"""Fetching a model over real HTTP, and all that can go wrong."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from glmbot.checkpoints.catalogue import SourceName
from glmbot.checkpoints.manifest import MANIFEST_FILE, read_manifest
from glmbot.errors import ConfigError
from tests.checkpoints.conftest import NAMES, Fetcher, model_files
from tests.fakes.hub import COMMIT, FakeHub

WEIGHTS = "model.safetensors"
KEPT = {*NAMES, "MODEL_LICENSE", MANIFEST_FILE}


def assert_complete(fetcher: Fetcher) -> None:
    """Check that what is stored is what the hub has, and no code."""
    found = {path.name: path.read_bytes() for path in fetcher.directory.iterdir()}
    assert found.keys() == KEPT
    assert all(found[name] == fetcher.hub.files[name] for name in KEPT - {MANIFEST_FILE})
    assert not fetcher.part.exists()


def wait_until(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_model_is_fetched_without_its_code(fetcher: Fetcher) -> None:
    fetcher.fetch()
    assert_complete(fetcher)
    manifest = read_manifest(fetcher.directory)
    assert manifest is not None
    assert (manifest.source, manifest.repo, manifest.revision) == ("huggingface", "owner/model", COMMIT)


def test_modelscope_serves_the_same_model(fetcher: Fetcher) -> None:
    fetcher.fetch(SourceName.MODELSCOPE)
    assert_complete(fetcher)


def test_a_model_that_is_there_is_only_checked(fetcher: Fetcher, hub: FakeHub) -> None:
    fetcher.fetch()
    hub.asked.clear()
    assert fetcher.fetch().was_there
    assert hub.asked == []


def test_a_cut_connection_goes_on_where_it_broke(fetcher: Fetcher, hub: FakeHub) -> None:
    hub.trouble.cut_after[WEIGHTS] = [100_000, 50_000]
    fetcher.fetch()
    assert_complete(fetcher)
    assert [asked.start for asked in hub.of(WEIGHTS)] == [None, 100_000, 150_000]
    assert hub.of(WEIGHTS)[1].if_range is not None
    assert fetcher.waits == [1, 1]


def test_a_second_run_fetches_only_the_rest(fetcher: Fetcher, hub: FakeHub) -> None:
    hub.trouble.cut_after[WEIGHTS] = [100_000, 0, 0, 0, 0]
    with pytest.raises(ConfigError, match="Run the same command again to go on"):
        fetcher.fetch()
    assert not fetcher.directory.exists()
    hub.trouble.cut_after.clear()
    hub.asked.clear()
    fetcher.fetch()
    assert_complete(fetcher)
    assert [(asked.path, asked.start) for asked in hub.asked[1:]] == [(WEIGHTS, 100_000)]
    assert fetcher.notes.received == len(hub.files[WEIGHTS]) - 100_000


def test_a_server_that_ignores_ranges_sends_all_again(fetcher: Fetcher, hub: FakeHub) -> None:
    hub.trouble.cut_after[WEIGHTS] = [100_000]
    hub.trouble.ignores_range = True
    fetcher.fetch()
    assert_complete(fetcher)
    assert fetcher.notes.kept + fetcher.notes.received == sum(len(hub.files[name]) for name in KEPT - {MANIFEST_FILE})


def test_a_file_that_changed_between_two_runs_is_not_patched_together(fetcher: Fetcher, hub: FakeHub) -> None:
    hub.trouble.cut_after[WEIGHTS] = [100_000, 0, 0, 0, 0]
    with pytest.raises(ConfigError):
        fetcher.fetch()
    hub.trouble.cut_after.clear()
    hub.files[WEIGHTS] = hub.files[WEIGHTS][::-1]
    hub.asked.clear()
    fetcher.fetch()
    assert_complete(fetcher)
    assert [asked.start for asked in hub.of(WEIGHTS)] == [None]


def test_a_byte_that_was_damaged_on_the_way_is_noticed_and_fetched_again(fetcher: Fetcher, hub: FakeHub) -> None:
    hub.trouble.corrupt[WEIGHTS] = 1
    fetcher.fetch()
    assert_complete(fetcher)


@pytest.mark.parametrize("name", [WEIGHTS, "config.json"])
def test_a_file_that_is_wrong_twice_is_refused(fetcher: Fetcher, hub: FakeHub, name: str) -> None:
    hub.trouble.corrupt[name] = 2
    with pytest.raises(ConfigError, match=f"'{name}' came twice with a wrong checksum"):
        fetcher.fetch()
    assert not fetcher.directory.exists()
    assert not list(fetcher.part.glob(f"{name}*"))


def test_another_host_gets_the_request_without_the_token(fetcher: Fetcher, hub: FakeHub) -> None:
    with FakeHub(model_files()) as cdn:
        hub.trouble.redirect_to = cdn.url
        fetcher.variables["HF_TOKEN"] = "hf_canary"
        fetcher.fetch()
        assert_complete(fetcher)
        assert {asked.authorization for asked in hub.asked} == {"Bearer hf_canary"}
        assert {asked.authorization for asked in cdn.asked} == {None}


def test_neither_token_nor_signed_address_is_shown_when_a_file_fails(fetcher: Fetcher, hub: FakeHub) -> None:
    with FakeHub({}) as cdn:
        hub.trouble.redirect_to = cdn.url
        fetcher.variables["HF_TOKEN"] = "hf_canary"
        with pytest.raises(ConfigError, match="is not there") as refused:
            fetcher.fetch()
    text = f"{refused.value!r} {refused.value.__cause__!r} {fetcher.notes.texts}"
    assert "canary" not in text
    assert "signature" not in text


def test_a_slow_server_is_waited_for(fetcher: Fetcher, hub: FakeHub) -> None:
    hub.trouble.seconds_a_block = 0.02
    fetcher.fetch()
    assert_complete(fetcher)


@pytest.mark.parametrize("code", ["GatedRepo", None])
def test_a_gated_model_says_how_to_give_a_token(fetcher: Fetcher, hub: FakeHub, code: str | None) -> None:
    hub.trouble.is_gated, hub.trouble.error_code = True, code
    with pytest.raises(ConfigError, match=r"accepted its terms.*HF_TOKEN"):
        fetcher.fetch()
    fetcher.variables["HF_TOKEN"] = "hf_canary"
    fetcher.fetch()
    assert_complete(fetcher)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, None, "refuses the token"),
        (403, "GatedRepo", "wants its terms accepted"),
        (404, "RepoNotFound", "not there"),
    ],
)
def test_a_refused_token_is_told_from_terms_and_absence(
    fetcher: Fetcher, hub: FakeHub, status: int, code: str | None, words: str
) -> None:
    fetcher.variables["HF_TOKEN"] = "hf_canary"
    hub.trouble.statuses, hub.trouble.error_code = [status], code
    with pytest.raises(ConfigError, match=words) as refused:
        fetcher.fetch()
    assert "canary" not in str(refused.value)


def test_a_repository_that_is_not_there_is_named(fetcher: Fetcher, hub: FakeHub) -> None:
    hub.repo = "owner/nothing"
    hub.trouble.statuses = [404]
    with pytest.raises(ConfigError, match=r"'owner/nothing' is not there at 'http://127.0.0.1:\d+'; check name"):
        fetcher.fetch()
    assert not fetcher.directory.exists()


def test_a_busy_server_is_asked_again_after_the_time_it_names(fetcher: Fetcher, hub: FakeHub) -> None:
    hub.trouble.statuses, hub.trouble.retry_after = [429, 503], "7"
    fetcher.fetch()
    assert_complete(fetcher)
    assert fetcher.waits == [7, 7]


def test_a_full_disk_is_noticed_before_anything_comes(fetcher: Fetcher, hub: FakeHub) -> None:
    fetcher.free = 1000
    total = sum(len(hub.files[name]) for name in KEPT - {MANIFEST_FILE})
    with pytest.raises(ConfigError, match=rf"needs {total} bytes more .* has 1000 free"):
        fetcher.fetch()
    assert len(hub.asked) == 1


@pytest.mark.parametrize("path", ["../../evil", "/etc/evil", "a/../../evil", "evil\\..\\x", "a//b", "bad\nname"])
def test_a_hostile_file_name_refuses_the_whole_model(fetcher: Fetcher, hub: FakeHub, path: str) -> None:
    hub.trouble.listed_paths = [path]
    with pytest.raises(ConfigError, match="outside of its directory"):
        fetcher.fetch()
    assert len(hub.asked) == 1


def test_a_link_that_waits_in_the_part_is_not_written_through(fetcher: Fetcher, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    fetcher.part.mkdir(parents=True)
    (fetcher.part / "config.json").symlink_to(victim)
    fetcher.fetch()
    assert_complete(fetcher)
    assert victim.read_text(encoding="utf-8") == "mine"
    assert not (fetcher.directory / "config.json").is_symlink()


def test_an_index_that_names_a_missing_file_stops_before_the_weights(fetcher: Fetcher, hub: FakeHub) -> None:
    weights = hub.files.pop(WEIGHTS)
    hub.files["model-00001-of-00002.safetensors"] = weights
    places = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    hub.files["model.safetensors.index.json"] = json.dumps({"weight_map": places}).encode()
    with pytest.raises(ConfigError, match="names 'model-00002-of-00002.safetensors', which the repository does not"):
        fetcher.fetch()
    assert hub.of("model-00001-of-00002.safetensors") == []


def test_safetensors_go_before_pickles(fetcher: Fetcher, hub: FakeHub) -> None:
    hub.files["pytorch_model.bin"] = b"\x80" * 5000
    fetcher.fetch()
    assert_complete(fetcher)


def test_pickles_are_fetched_where_there_is_nothing_else(fetcher: Fetcher, hub: FakeHub) -> None:
    del hub.files[WEIGHTS]
    hub.files["pytorch_model.bin"] = b"\x80" * 5000
    fetcher.fetch()
    assert (fetcher.directory / "pytorch_model.bin").stat().st_size == 5000


@pytest.mark.parametrize(
    ("listed", "words"), [(200_000, "sends more"), (400_000, "another size than it lists|bytes came")]
)
def test_a_server_that_lies_about_sizes_is_refused(fetcher: Fetcher, hub: FakeHub, listed: int, words: str) -> None:
    hub.trouble.listed_sizes[WEIGHTS] = listed
    with pytest.raises(ConfigError, match=words):
        fetcher.fetch()
    assert not fetcher.directory.exists()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda hub: hub.files.pop("config.json"), "no 'config.json'"),
        (lambda hub: hub.files.pop(WEIGHTS), "no weights"),
        (lambda hub: hub.trouble.listed_sizes.update({WEIGHTS: -5}), "unknown form"),
    ],
)
def test_a_repository_that_is_no_model_is_refused(
    fetcher: Fetcher, hub: FakeHub, damage: Callable[[FakeHub], object], words: str
) -> None:
    damage(hub)
    with pytest.raises(ConfigError, match=words):
        fetcher.fetch()


def test_a_damaged_model_is_mended_by_fetching_it_again(fetcher: Fetcher, hub: FakeHub) -> None:
    fetcher.fetch()
    path = fetcher.directory / WEIGHTS
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    hub.asked.clear()
    assert not fetcher.fetch().was_there
    assert_complete(fetcher)
    assert [asked.path for asked in hub.asked[1:]] == [WEIGHTS]


def test_another_revision_is_not_mixed_into_a_model_that_is_there(fetcher: Fetcher) -> None:
    fetcher.fetch()
    with pytest.raises(ConfigError, match=r"at revision '0123.*glmbot model remove owner--model"):
        fetcher.fetch(revision="other")


def test_a_second_fetch_at_the_same_time_is_refused(fetcher: Fetcher, hub: FakeHub) -> None:
    gate = hub.trouble.gates["ice_text.model"] = threading.Event()
    first = threading.Thread(target=fetcher.fetch)
    first.start()
    try:
        wait_until(lambda: bool(hub.of("ice_text.model")))  # which waits at its gate
        with pytest.raises(ConfigError, match=r"being fetched or changed by another glmbot \(process \d+\)"):
            Fetcher(hub, fetcher.store).fetch()
    finally:
        gate.set()
        first.join()
    assert_complete(fetcher)


def test_no_network_is_said_after_some_attempts(fetcher: Fetcher, hub: FakeHub) -> None:
    fetcher.variables["HF_ENDPOINT"] = "http://127.0.0.1:1"
    with pytest.raises(ConfigError, match="no connection; check network and proxy settings, or take another --source"):
        fetcher.fetch()
    assert fetcher.waits == [1, 2, 4]


def test_an_endpoint_without_a_scheme_is_refused(fetcher: Fetcher) -> None:
    fetcher.variables["HF_ENDPOINT"] = "hf-mirror.example"
    with pytest.raises(ConfigError, match="begins with neither https:// nor http://"):
        fetcher.fetch()
