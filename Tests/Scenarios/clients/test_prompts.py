"""What a terminal shows of a secret that is typed: nothing."""

import os
import pty
import re
import select
import signal
import termios
import time

import pytest

from worlds import PROGRAM, SECRET

TEMPLATE = """
Parameters:
  Token: {Type: String, NoEcho: true}
  Name: {Type: String}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Name}}
"""
PARAMETERS = 'parameters: {Token: {prompt: "Which token?"}, Name: {prompt: "Which name?"}}\n'


class Typist:
    """The program at a terminal, whose screen is read and whose keys are pressed."""

    def __init__(self, folder, line):
        stack = folder / "stacks" / "web"
        stack.mkdir(parents=True)
        (stack / "template.yml").write_text(TEMPLATE)
        (stack / "stack.yml").write_text("region: us-east-1\n" + PARAMETERS)
        self.screen = ""
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execve(PROGRAM, [PROGRAM, *line.split()], {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb"})
        # Held open, so that the settings can still be asked for when the program is gone.
        self.own_end = os.open(os.ptsname(self.terminal), os.O_RDWR | os.O_NOCTTY)

    def read_until(self, pattern):
        while not re.search(pattern, self.screen):
            assert select.select([self.terminal], [], [], 60)[0], f"nothing more than {self.screen}"
            self.screen += os.read(self.terminal, 4096).decode()

    @property
    def shows_what_is_typed(self):
        return bool(termios.tcgetattr(self.own_end)[3] & termios.ECHO)

    def wait_until_hidden(self):
        # The question is written before the terminal is set.
        while self.shows_what_is_typed:
            time.sleep(0.01)

    def type(self, text):
        os.write(self.terminal, text.encode() + b"\n")

    def end(self):
        _, status = os.waitpid(self.process, 0)
        os.set_blocking(self.terminal, False)
        try:
            self.screen += os.read(self.terminal, 65536).decode()
        except BlockingIOError:
            pass
        return status


@pytest.fixture
def at_terminal(tmp_path):
    return lambda line: Typist(tmp_path, line)


def answer(typist, question):
    typist.read_until(question)
    if "token" in question:
        typist.wait_until_hidden()
        typist.type(SECRET)
    else:
        typist.type("shown-name")


def test_a_secret_that_is_typed_is_not_shown_and_anything_else_is(at_terminal):
    typist = at_terminal("apply web --sandbox")
    answer(typist, r"Which token\? ")
    answer(typist, r"Which name\? ")
    typist.read_until(r"[Oo]nly .?yes|yes")
    typist.type("no")
    os.waitstatus_to_exitcode(typist.end())
    assert SECRET not in typist.screen
    assert typist.screen.count("shown-name") >= 2, "typed, and in the plan"
    assert typist.shows_what_is_typed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_terminal_shows_what_is_typed_after_a_secret_was_not_given(at_terminal, number):
    typist = at_terminal("apply web --sandbox")
    typist.read_until(r"Which token\? ")
    typist.wait_until_hidden()
    os.kill(typist.process, number)
    assert os.WTERMSIG(typist.end()) == number
    assert typist.shows_what_is_typed
