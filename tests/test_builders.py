"""Artefacts that are made again never take away what they cannot replace."""

from mindgap import paths
from mindgap.builders import BUILDERS
from mindgap.errors import Unavailable
from mindgap.models import Models


def test_embeddings_stay_where_no_encoder_is_there_to_make_them_again(monkeypatch, tmp_path):
    def missing(self, spec):
        raise Unavailable("It is not there", "fetch it.")

    monkeypatch.setattr(paths, "assets", lambda: tmp_path)
    monkeypatch.setattr(Models, "encoder", missing)
    kept = tmp_path / "embeddings" / "kept.safetensors"
    kept.parent.mkdir()
    kept.write_bytes(b"kept")
    lines = list(BUILDERS.get("embeddings").run(lambda heading: None))
    assert all("left out" in line for line in lines)
    assert kept.read_bytes() == b"kept"
