"""DuckDB and a local Spark give the same; without Java there is a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from persona_tui.errors import UserError
from persona_tui.pool import engine as engines
from tests.persona_tui.pool.bundles import donor_rows, write_bundle, write_bundles
from tests.persona_tui.pool.conftest import near, run

SPARK = engines.missing_for_spark()


@pytest.mark.skipif(SPARK is not None, reason=SPARK or "")
@pytest.mark.timeout(900)  # starting Spark and compiling its plans takes a while on a busy machine
@pytest.mark.usefixtures("loopback")
def test_spark_gives_what_duckdb_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # For a few rows compiling takes longer than computing: interpreted, it is the same Spark.
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/spark-defaults.conf").write_text(
        "spark.sql.codegen.wholeStage false\n"
        "spark.sql.codegen.factoryMode NO_CODEGEN\n"
        "spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC\n"
    )
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path / "conf"))
    donors = donor_rows(9, languages=("en", "en", "de"))
    bundles = write_bundles(donors, tmp_path / "in")
    copied = {**donors[1], "contributors": [{**donors[1]["contributors"][0]}]}
    copied["contributors"][0]["contributor_id"] = "c_" + "7" * 32
    bundles.append(write_bundle(copied, tmp_path / "copy"))
    first = run(bundles, tmp_path / "duckdb", engine="duckdb")
    second = run(bundles, tmp_path / "spark", engine="spark", master="local[1]")
    assert first == second
    one, two = (
        json.loads((tmp_path / name / "figures.json").read_text("utf-8"))
        for name in ("duckdb", "spark")
    )
    assert near(one, two)
    assert (tmp_path / "duckdb/README.md").read_text() == (tmp_path / "spark/README.md").read_text()
    for folder in sorted((tmp_path / "duckdb/data").iterdir()):
        mine = pq.read_table(folder)
        theirs = pq.read_table(tmp_path / "spark/data" / folder.name)
        assert mine.column_names == theirs.column_names
        assert sorted(map(repr, mine.to_pylist())) == sorted(map(repr, theirs.to_pylist()))


def test_without_java_there_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    bundles = write_bundles(donor_rows(2), tmp_path / "in")
    with pytest.raises(UserError) as told:
        run(bundles, tmp_path / "out", engine="spark")
    assert "Java 17" in str(told.value)
    assert str(told.value).count(". ") == 0
    assert not (tmp_path / "out").exists()
