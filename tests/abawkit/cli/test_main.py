"""The command line as a whole: exit codes, messages, and commands of third parties."""

import errno
import io
import os
import signal
import subprocess
import sys
import time
import warnings
from contextlib import suppress
from importlib.metadata import EntryPoint, EntryPoints, entry_points, version

import pytest
import typer

from abawkit.errors import AbawkitWarning, ModelError

# As `abawkit` itself does, but with Ctrl-C as in a terminal even where tests run in background.
MAIN = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from abawkit.cli import main; main()"
)
GROUP = "abawkit.commands"


def start(*arguments, stdout=subprocess.PIPE):
    command = [sys.executable, "-c", MAIN, *map(str, arguments)]
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, text=True)


def finish(process):
    """Wait for the end; give exit code, stdout and stderr, in which no traceback may be."""
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    return process.returncode, out, err


def hello():
    """Say hello.

    Example: abawkit hello
    """
    typer.echo("hello")


def refuse():
    """Fail as a command may that finds no disk space or no permission."""
    raise PermissionError(errno.EACCES, "Permission denied", "out/1.txt")


def fail():
    """Fail as a command may that finds a broken model."""
    msg = "model.onnx is not a model"
    raise ModelError(msg)


def warn():
    """Warn in two ways."""
    warnings.warn("frames were guessed", AbawkitWarning, stacklevel=1)
    warnings.warn("an inner matter", DeprecationWarning, stacklevel=1)


greetings = typer.Typer(help="Greet in several ways.")
greetings.command("hello")(hello)
greetings.command("fail")(fail)


@greetings.command("shout")
def shout(word: str, *, times: int = 1):
    """Shout a word."""
    typer.echo(word.upper() * times)


@pytest.fixture
def add(monkeypatch):
    """Add commands of third parties to those that there are."""

    def add(**commands):
        own = entry_points(group=GROUP)
        others = [EntryPoint(name, value, GROUP) for name, value in commands.items()]
        points = EntryPoints([*own, *others])
        monkeypatch.setattr("abawkit.cli.entry_points", points.select)
        monkeypatch.setitem(sys.modules, "third_party", sys.modules[__name__])

    return add


def test_exit_0_with_results_on_stdout(preds, gt):
    code, out, err = finish(start("score", preds, gt, "-b"))
    assert (code, err) == (0, "")
    assert -1 < float(out) < 1


def test_exit_1_if_the_score_is_too_low(preds, gt):
    assert finish(start("score", preds, gt, "--fail-under", 1))[0] == 1


def test_exit_2_for_an_unknown_command():
    code, out, err = finish(start("scor"))
    assert (code, out) == (2, "")
    assert err.startswith("error: no command 'scor'")


def test_exit_3_for_missing_input(tmp_path):
    code, out, err = finish(start("score", tmp_path / "preds", tmp_path / "gt"))
    assert (code, out) == (3, "")
    assert "gt: no such file or folder" in err


def test_exit_3_for_unreadable_input(preds, gt):
    (preds / "video1.txt").write_bytes(b"valence,arousal\n\xff\x00,nan\n")
    code, out, err = finish(start("score", preds, gt))
    assert (code, out) == (3, "")
    assert "video1.txt, line 2: " in err


def test_exit_130_on_ctrl_c(preds, gt):
    fifo = preds / "manifest.json"
    os.mkfifo(fifo)
    process = start("score", preds, gt)
    with open_when_read(fifo):
        interrupt(process)
        assert finish(process)[:2] == (130, "")


def interrupt(process, seconds=60):
    """Press Ctrl-C until it is heard: just before a system call that waits, it is not."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)


def open_when_read(fifo, seconds=60):
    """Open a FIFO for writing as soon as another process waits to read it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return os.fdopen(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK), "wb")
        except OSError:
            time.sleep(0.05)
    pytest.fail("nothing reads the FIFO")


@pytest.mark.parametrize("command", ["challenges", "--help"])
def test_a_closed_pipe_leaves_no_traceback(command):
    read, write = os.pipe()
    os.close(read)
    process = start(command, stdout=write)
    os.close(write)
    assert finish(process)[2] == ""


def test_a_name_that_cannot_be_printed_is_escaped(preds, gt):
    for folder in (preds, gt):
        (folder / "video1.txt").rename(os.fsdecode(os.fsencode(folder) + b"/video\xff.txt"))
    code, out, _ = finish(start("score", preds, gt, "--by-video"))
    assert code == 0
    assert r"video\udcff" in out


def test_a_stream_that_cannot_escape_is_written_to_all_the_same(abawkit, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    code, *_ = abawkit("--version")
    assert code == 0


def test_the_version_is_shown(abawkit):
    assert abawkit("--version") == (0, f"abawkit {version('abawkit')}\n", "")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_commands_and_exit_codes(abawkit, option):
    code, out, _ = abawkit(option)
    assert code == 0
    assert "score" in out
    assert "130 interrupted" in " ".join(out.split())


def test_help_is_shown_where_nothing_is_asked_for(abawkit):
    code, out, err = abawkit()
    assert code == 2
    assert "Usage: abawkit" in out + err
    assert "challenges" in out + err


def test_an_unknown_command_lists_the_commands_with_a_near_match(abawkit):
    code, out, err = abawkit("chalenges")
    assert (code, out) == (2, "")
    names = ", ".join(sorted(entry_points(group=GROUP).names))
    expected = f"no command 'chalenges'; there are {names}; did you mean 'challenges'?"
    assert err == f"error: {expected}\n"


def test_no_match_is_named_where_none_is_near(abawkit):
    code, _, err = abawkit("qqqq")
    assert code == 2
    assert "did you mean" not in err


@pytest.mark.parametrize(
    "arguments",
    [["--bad"], ["score", "--bad"], ["score", "one"], ["challenges", "surplus"]],
    ids=" ".join,
)
def test_bad_usage_exits_with_2(abawkit, arguments):
    code, out, err = abawkit(*arguments)
    assert (code, out) == (2, "")
    assert "Usage: abawkit" in err


def test_a_third_party_adds_a_command(abawkit, add):
    add(hello="third_party:hello")
    assert abawkit("hello") == (0, "hello\n", "")
    assert "Say hello." in abawkit("--help")[1]


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ("no_such_package:run", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("third_party:no_such_name", "AttributeError: "),
        ("third_party:GROUP", "TypeError: "),
    ],
    ids=["module", "name", "kind"],
)
def test_a_command_that_cannot_be_loaded_says_so(abawkit, add, value, cause):
    add(broken=value)
    code, out, err = abawkit("broken", "file", "--option")
    assert (code, out) == (4, "")
    assert err.startswith(f"error: the command 'broken' cannot be loaded from {value}: {cause}")


def test_a_command_that_cannot_be_loaded_does_not_break_help(abawkit, add):
    add(broken="no_such_package:run")
    code, out, err = abawkit("--help")
    assert (code, err) == (0, "")
    assert "Not available: no_such_package cannot be loaded." in " ".join(out.split())
    assert "List the challenges" in out


def test_a_command_that_cannot_be_loaded_does_not_break_the_others(abawkit, add):
    add(broken="no_such_package:run")
    assert abawkit("challenges", "--edition", 4)[0] == 0


def test_an_error_of_the_system_is_a_message(abawkit, add):
    add(refuse="third_party:refuse")
    message = "error: [Errno 13] Permission denied: 'out/1.txt'\n"
    assert abawkit("refuse") == (3, "", message)


def test_an_error_has_the_exit_code_of_its_kind(abawkit, add):
    add(fail="third_party:fail")
    assert abawkit("fail") == (4, "", "error: model.onnx is not a model\n")


def test_only_warnings_of_our_own_are_shown(abawkit, add):
    add(warn="third_party:warn")
    warnings.simplefilter("always", DeprecationWarning)
    assert abawkit("warn") == (0, "", "warning: frames were guessed\n")


@pytest.fixture
def group(add):
    """Add a group of commands of a third party."""
    add(greetings="third_party:greetings")


@pytest.mark.usefixtures("group")
def test_a_third_party_adds_a_group_of_commands(abawkit):
    assert abawkit("greetings", "hello") == (0, "hello\n", "")
    assert abawkit("greetings", "shout", "hey", "--times", 2) == (0, "HEYHEY\n", "")
    assert "Greet in several ways." in abawkit("--help")[1]


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_of_a_group_lists_its_commands(abawkit, option):
    code, out, err = abawkit("greetings", option)
    assert (code, err) == (0, "")
    for text in ("abawkit greetings", "Greet in several ways.", "hello", "Shout a word."):
        assert text in out
    code, out, _ = abawkit("greetings", "shout", option)
    assert (code, "abawkit greetings shout" in out, "--times" in out) == (0, True, True)


@pytest.mark.usefixtures("group")
def test_help_of_a_group_is_shown_where_no_command_of_it_is_named(abawkit):
    code, out, err = abawkit("greetings")
    assert (code, "Shout a word." in out + err) == (2, True)


@pytest.mark.usefixtures("group")
def test_an_unknown_command_of_a_group_lists_its_commands_with_a_near_match(abawkit):
    there = "there are hello, fail, shout"
    expected = f"error: no command 'greetings shuot'; {there}; did you mean 'shout'?\n"
    assert abawkit("greetings", "shuot") == (2, "", expected)
    assert abawkit("greetings", "q")[2] == f"error: no command 'greetings q'; {there}\n"


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize(
    "arguments", [["--bad"], ["shout"], ["shout", "a", "b"], ["shout", "a", "--bad"]], ids=" ".join
)
def test_bad_usage_of_a_group_exits_with_2(abawkit, arguments):
    code, out, err = abawkit("greetings", *arguments)
    assert (code, out) == (2, "")
    assert "Usage: abawkit greetings" in err


@pytest.mark.usefixtures("group")
def test_an_error_of_a_groups_command_has_the_exit_code_of_its_kind(abawkit):
    assert abawkit("greetings", "fail") == (4, "", "error: model.onnx is not a model\n")
