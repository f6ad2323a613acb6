"""`abawkit bundle`: a zip for organisers."""

import zipfile


def test_a_bundle_is_written_and_named(abawkit, tmp_path, gt):
    out = tmp_path / "bundle.zip"
    asked = ("--task", "va", "--edition", 3, "--annotations", gt, "-o", out)
    code, text, err = abawkit("bundle", *asked)
    assert (code, text) == (0, f"{out}\n")
    assert "README.md" in err
    with zipfile.ZipFile(out) as packed:
        assert "reference_data/video1.txt" in packed.namelist()
        assert b'challenge="abaw3-va", details=False' in packed.read("scoring_program/score.py")


def test_options_reach_the_bundle(abawkit, tmp_path):
    out = tmp_path / "bundle.zip"
    asked = ("--task", "abaw8-ah", "--details", "--docker-image", "me/my:1", "-o", out)
    assert abawkit("bundle", *asked)[0] == 0
    with zipfile.ZipFile(out) as packed:
        assert b'challenge="abaw8-ah", details=True' in packed.read("scoring_program/score.py")
        assert b'docker_image: "me/my:1"' in packed.read("competition.yaml")


def test_wrong_options_are_usage_errors(abawkit, tmp_path):
    out = tmp_path / "bundle.zip"
    out.write_bytes(b"mine")
    for options in (["--task", "va", "-o", out], ["--task", "xy", "-o", out, "--force"]):
        code, text, err = abawkit("bundle", *options)
        assert (code, text) == (2, "")
        assert err.startswith("error: ")
    assert out.read_bytes() == b"mine"
