"""What a terminal shows of a secret that is typed: nothing."""

import os
import re
import select
import signal
import subprocess
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


def hear_interrupts():
    # Whoever runs the tests in the background has them ignored, and a program leaves it at that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Typist:
    """The program at a terminal, whose screen is read and whose keys are pressed."""

    def __init__(self, folder, line):
        stack = folder / "stacks" / "web"
        stack.mkdir(parents=True)
        (stack / "template.yml").write_text(TEMPLATE)
        (stack / "stack.yml").write_text("region: us-east-1\n" + PARAMETERS)
        self.screen = ""
        self.terminal, self.program_end = os.openpty()
        self.process = subprocess.Popen(
            [PROGRAM, *line.split()], cwd=folder, stdin=self.program_end, stdout=self.program_end, stderr=self.program_end,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb"}, preexec_fn=hear_interrupts)

    def read_until(self, pattern):
        while not re.search(pattern, self.screen):
            assert select.select([self.terminal], [], [], 60)[0], f"nothing more than {self.screen}"
            self.screen += os.read(self.terminal, 4096).decode()

    @property
    def shows_what_is_typed(self):
        return bool(termios.tcgetattr(self.program_end)[3] & termios.ECHO)

    def wait_until_hidden(self):
        # The question is written before the terminal is set.
        while self.shows_what_is_typed:
            time.sleep(0.01)

    def type(self, text):
        os.write(self.terminal, text.encode() + b"\n")

    def end(self):
        status = self.process.wait(timeout=60)
        while select.select([self.terminal], [], [], 0)[0]:
            self.screen += os.read(self.terminal, 4096).decode()
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
    typist.read_until(r"yes.*: ?$")
    typist.type("no")
    assert typist.end() == 3
    assert SECRET not in typist.screen
    assert typist.screen.count("shown-name") >= 2, "typed, and in the plan"
    assert typist.shows_what_is_typed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_terminal_shows_what_is_typed_after_a_secret_was_not_given(at_terminal, number):
    typist = at_terminal("apply web --sandbox")
    typist.read_until(r"Which token\? ")
    typist.wait_until_hidden()
    typist.process.send_signal(number)
    assert typist.end() == -number
    assert typist.shows_what_is_typed
