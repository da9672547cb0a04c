"""sateen-conformance: its lists, what it says of backends with a mistake, replays of dumped graphs, and its table of speeds.
Whether the backends pass is for the tests of the family conformance."""

import os
import re

from harness import ProgramTest, driver_environment, environment, missing_device, run

PLAIN = os.environ["SATEEN_TEST_PLAIN"]
SUBSET = os.environ["SATEEN_TEST_SUBSET"]
UNSUPPORTED = os.environ["SATEEN_TEST_UNSUPPORTED"]
PROGRAM = "sateen-conformance"
LAST = re.compile(r"^(passed|FAILED): .*\n\Z", re.MULTILINE)


class Lists(ProgramTest):
    def file(self, text):
        path = self.folder / "list.txt"
        path.write_text(text, encoding="utf-8")
        return path

    def assert_ends(self, result, code, last):
        self.assert_code(result, code)
        self.assertEqual(LAST.search(result.stdout)[0], last + "\n", result.stdout)

    def test_names_and_filters(self):
        names = run(PROGRAM, "--list").stdout.splitlines()
        self.assertEqual(len(names), len(set(names)))
        self.assertIn("dense_forward/n3_i7_o31", names)
        some = run(PROGRAM, "--list", "--filter", "softmax", "--filter", "*/n3_i7_o31").stdout.splitlines()
        self.assertEqual({name.split("/")[0] for name in some},
                         {"softmax", "dense_forward", "dense_backward_data", "dense_backward_weights"})
        self.assert_refused(run(PROGRAM, "--filter", "softmx"), 2, "--filter: there is no such test")
        self.assert_ends(run(PROGRAM, "--filter", "softmax/n3_c7"), 0, "passed: 1 tests")

    def test_what_is_unsupported(self):
        some = ("--backend", PLAIN, "--filter", "softmax", "--filter", "leaky_relu_forward")
        result = run(PROGRAM, *some)
        self.assert_ends(result, 4, "FAILED: 19 tests, 10 passed, 9 FAILED")
        self.assertIn("the device refuses it: case is not supported: this backend has dense layers and LeakyReLU alone",
                      result.stdout)
        self.assertIn("     rerun: ", result.stdout)
        self.assert_ends(run(PROGRAM, *some, "--unsupported", UNSUPPORTED), 0,
                         "passed: 19 tests, 10 passed, 9 unsupported")
        # One that is listed and done after all; other tests that are listed don't run.
        mine = self.file("# mine\n\nsoftmax* # no\n  leaky_relu_forward/dims_7 # no\ngraph_rules\t# no # time\n")
        result = run(PROGRAM, *some, "--filter", "graph_rules/math_0", "--unsupported", mine)
        self.assert_ends(result, 4, "FAILED: 20 tests, 9 passed, 1 FAILED, 10 unsupported")
        self.assertIn("FAIL leaky_relu_forward/dims_7\n     it is listed as unsupported, and the device does it", result.stdout)

    def test_the_rerun_line_reruns(self):
        result = run(PROGRAM, "--backend", PLAIN, "--filter", "softmax/n3_c7", "--unsupported",
                     self.file("advance # no\n"), env=environment(LD_LIBRARY_PATH=None, OCL_ICD_VENDORS=None))
        words = re.search(r"rerun: sateen-conformance (.*)$", result.stdout, re.MULTILINE)[1].split()
        self.assert_ends(run(PROGRAM, *words), 4, "FAILED: 1 tests, 1 FAILED")

    def test_expected_failures(self):
        wrong = ("--backend", SUBSET, "--option", "ops=wrong", "--filter", "leaky_relu_forward")
        result = run(PROGRAM, *wrong)
        self.assert_code(result, 4)
        self.assertRegex(result.stdout, r"(?m)^FAIL leaky_relu_forward/dims_3_128\n     tensor 1: \d+ of 384 elements are off")
        all_of_them = self.file("leaky_relu_forward # the slope\n")
        result = run(PROGRAM, *wrong, "--expected-failures", all_of_them)
        self.assert_code(result, 4)  # with a single value that isn't negative it is right
        self.assertIn("unexpected pass: ", result.stdout)
        self.assertIn("expects it to fail (the slope); take it off the list", result.stdout)
        passes = re.findall(r"^FAIL (\S+)$", result.stdout, re.MULTILINE)
        fails = [name for name in run(PROGRAM, "--list", "--filter", "leaky_relu_forward").stdout.split()
                 if name not in passes]
        result = run(PROGRAM, *wrong, "--expected-failures", self.file("".join(f"{name} # slope\n" for name in fails)))
        self.assert_ends(result, 0, f"passed: 10 tests, {len(passes)} passed, {len(fails)} failed as expected")

    def test_a_refusal_wants_words(self):
        for rule in ("silent", "null"):
            some = ("--backend", SUBSET, "--option", "ops=" + rule, "--filter", "leaky_relu_forward")
            for words in ((), ("--unsupported", self.file("leaky_relu_forward # no\n"))):
                result = run(PROGRAM, *some, *words)
                self.assert_ends(result, 4, "FAILED: 10 tests, 10 FAILED")
                self.assertIn("     the device refuses it without saying why; backend.h wants words from last_error\n", result.stdout)

    def test_extensions_that_a_backend_lacks_are_skipped(self):
        result = run(PROGRAM, "--backend", PLAIN, "--filter", "*_rules")
        self.assert_code(result, 0)
        for line in ("profile_rules               7 skipped: the backend has no softmax",
                     "describe_rules              2 skipped: the backend has no sateen.describe/1",
                     "tuning_rules                4 skipped: the backend has no sateen.tuning/1",
                     "peak_rules                  2 skipped: the backend has no sateen.peak/1"):
            self.assertIn(line + "\n", result.stdout)
        result = run(PROGRAM, "--backend", SUBSET, "--option", "ops=kinds:9", "--filter", "profile_rules")
        self.assertIn("7 skipped: the backend has no dense_forward\n", result.stdout)

    def test_a_crash_ends_the_run_and_the_rest_is_not_run(self):
        crash = ("--backend", SUBSET, "--option", "ops=crash", "--filter", "leaky_relu_*", "--filter", "graph_rules/math*")
        names = run(PROGRAM, "--list", *crash[4:]).stdout.split()
        rules = [name for name in names if name.startswith("graph_rules")]
        for words in ((), ("--expected-failures", self.file(f"{names[0]} # it crashes\n"))):
            result = run(PROGRAM, *crash, *words)
            self.assert_code(result, 4)
            self.assertIn(f"the run ended at {names[0]}; {len(names) - 1} tests were not run\n", result.stdout)
            self.assertRegex(result.stdout, rf"(?m)^graph_rules +{len(rules)} not run$")
            self.assertNotIn("unsupported", result.stdout)
        # What wasn't to run is no less unsupported for it.
        result = run(PROGRAM, *crash, "--unsupported", self.file("graph_rules # no\n"))
        self.assertRegex(result.stdout, rf"(?m)^graph_rules +{len(rules)} unsupported$")

    def test_boosts_variables_change_nothing(self):
        some = ("--filter", "softmax", "--filter", "advance")
        plain = run(PROGRAM, *some).stdout
        for variable, value in (("RANDOM", "7"), ("RUN_FILTERS", "advance"), ("REPORT_SINK", "report.txt"),
                                ("LIST_CONTENT", "HRF")):
            result = run(PROGRAM, *some, env=environment(**{"BOOST_TEST_" + variable: value}))
            self.assert_code(result, 0)
            self.assertEqual(result.stdout, plain, variable)

    def test_lists_that_are_none(self):
        for option in ("--unsupported", "--expected-failures"):
            for text, words in (("softmax # fine\nadam\n", 'list.txt:2: "adam" has no reason; write it as: PATTERN  # reason'),
                                ("softmax #  \n", 'list.txt:1: "softmax" has no reason'),
                                ("\n\nsoftmx # typed\n", 'list.txt:3: "softmx" stands for no test'),
                                ("adam advance # two\n", 'list.txt:1: "adam advance" is no pattern')):
                self.assert_refused(run(PROGRAM, option, self.file(text)), 3, words)
            self.assert_refused(run(PROGRAM, option, self.folder / "nowhere"), 3, "nowhere: can't be opened")
        both = self.file("softmax # no\n")
        self.assert_refused(run(PROGRAM, "--unsupported", both, "--expected-failures", both), 3,
                            "a test is in one of the lists at most")

    def test_wrong_use(self):
        for words, code, fragment in ((("--backend", "./nowhere.so"), 2, "--backend: there is no file ./nowhere.so"),
                                      (("--backend", "nobody"), 4, "there is no backend 'nobody'"),
                                      (("--backend", UNSUPPORTED), 4, "unsupported.txt"),
                                      (("--backend-path", ""), 2, "--backend-path: a plugin or a folder"),
                                      (("--option", "threads"), 2, "is not of the form KEY=VALUE"),
                                      (("--option", "no=1"), 2, "no"),
                                      (("--replay", "x", "--filter", "y"), 2, "--filter is not for --replay"),
                                      (("--speed", "--unsupported", "y"), 2, "--unsupported is not for --speed"),
                                      (("--speed", "--filter", "y"), 2, "there is no such shape"),
                                      (("--runs", "0"), 2, "--runs")):
            result = run(PROGRAM, *words)
            self.assert_code(result, code)
            self.assertEqual(len(self.error_lines(result)), 1, result.stderr)
            self.assertIn(fragment, self.error_lines(result)[0])
        result = run(PROGRAM, "--needs-file", self.folder / "nowhere")
        self.assert_code(result, 77)
        self.assertRegex(result.stdout, r"^skipped: there is no ")

    def test_speeds(self):
        result = run(PROGRAM, "--backend", PLAIN, "--speed", "--runs", "1", "--filter", "dense_forward/n64*", "--filter",
                     "softmax")
        self.assert_code(result, 0)
        self.assertRegex(result.stdout, r"(?m)^dense_forward +ms +GFLOP/s +GB/s +cpu ms +x cpu\n"
                                        r"  n64_i2048_o128( +\d+\.\d+){5}\n")
        self.assertRegex(result.stdout, r"(?m)^  n64_c10 +the device lacks it$")
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)


class Replays(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        graphs = cls.folder / "graphs"
        graphs.mkdir()
        result = run("sateen-train", "--data", cls.data, "--out", cls.folder / "run", "--epochs", "1", "--batch-size", "8",
                     env=environment(SATEEN_DUMP_GRAPH=str(graphs)))
        if result.returncode != 0:
            raise AssertionError(result.stderr)
        cls.step = graphs / "graph-0001.txt"

    def test_a_training_step(self):
        backends = [("cpu", 0), (PLAIN, 23)]
        if not missing_device("opencl"):
            backends.append(("opencl", 0))
        for backend, lacks in backends:
            result = run(PROGRAM, "--backend", backend, "--replay", self.step, env=driver_environment())
            self.assert_code(result, 0)
            said = re.search(r"^one by one  (\d+) operations give what cpu gives(?:; the device lacks (\d+) others)?$",
                             result.stdout, re.MULTILINE)
            self.assertEqual(bool(said[2]), lacks > 0, result.stdout)
            self.assertRegex(result.stdout, r"passed: \d+ operations\n\Z")

    def test_mistakes_are_found_and_named(self):
        result = run(PROGRAM, "--backend", SUBSET, "--option", "ops=wrong", "--replay", self.step)
        self.assert_code(result, 4)
        self.assertRegex(result.stdout, r"(?m)^FAIL op \d+, relu1\.forward \(leaky_relu_forward\)\n"
                                        r"     destination 0, tensor \d+: \d+ of \d+ elements are off")
        self.assertRegex(result.stdout, r"operations differ from cpu's; the first is op \d+, relu1\.forward")
        # One that shows only beside other operations: its cases pass, and so does it by itself.
        together = ("--backend", SUBSET, "--option", "ops=wrong-together")
        self.assert_code(run(PROGRAM, *together, "--filter", "leaky_relu_forward"), 0)
        self.assert_code(run(PROGRAM, *together, "--filter", "training_step/one_step"), 4)
        result = run(PROGRAM, *together, "--replay", self.step)
        self.assert_code(result, 4)
        self.assertIn("operations give what cpu gives", result.stdout)
        self.assertRegex(result.stdout, r"(?m)^FAIL op \d+, relu1\.forward \(leaky_relu_forward\)\n")

    def test_the_whole_graph_writes_its_results_alone_and_the_same_twice(self):
        for rule, words in (("writes-source", r"the whole graph writes byte 0 of storage \d+, which is no result of its operations"),
                            ("unsteady", r"a second run of the whole graph leaves other bytes; the first is byte \d+ of storage \d+")):
            result = run(PROGRAM, "--backend", SUBSET, "--option", "ops=" + rule, "--replay", self.step)
            self.assert_code(result, 4)
            self.assertIn("operations give what cpu gives", result.stdout)
            self.assertRegex(result.stdout, rf"FAILED: {words}\n\Z")

    def test_files_that_are_no_graphs(self):
        text = self.step.read_text(encoding="ascii")
        path = self.folder / "cut.txt"
        for size in (0, 1, 14, 15, 40, len(text) // 3, len(text) // 2, len(text) - 1):
            path.write_text(text[:size], encoding="ascii")
            self.assert_refused(run(PROGRAM, "--replay", path), 3, "cut.txt: line ")
        for old, new in ((r"bytes=\d+", "bytes=99999999999999"), (r"dtype=u8", "dtype=u9"), (r"kind=adam", "kind=eve")):
            path.write_text(re.sub(old, new, text), encoding="ascii")
            result = run(PROGRAM, "--replay", path)
            self.assert_code(result, 3)
            self.assertEqual(len(self.error_lines(result)), 1)
        self.assert_refused(run(PROGRAM, "--replay", self.folder / "nowhere.txt"), 3, "nowhere.txt: can't be opened")

    def test_a_graph_that_the_contract_refuses(self):
        path = self.folder / "refused.txt"
        text = self.step.read_text(encoding="ascii")
        for old, new, fragment in (("alpha=0.1", "alpha=-1", "relu1.forward"),
                                   (r"(kind=gather .*)src=\d+,", r"\1src=none,", "source 0 is missing"),
                                   (r"(kind=adam .*)src=\d+,", r"\1src=none,", "source 0 is missing")):
            path.write_text(re.sub(old, new, text), encoding="ascii")
            for backend in ("cpu", PLAIN):
                self.assert_refused(run(PROGRAM, "--backend", backend, "--replay", path), 3, "refused.txt: ", fragment)

    def test_frozen_storages_are_replayed(self):
        path = self.folder / "frozen.txt"
        text = "sateen-graph 1\ngraph flags=0 math=f32 storages=3 tensors=3 ops=2\n"
        text += "".join(f"storage {i} role=external flags={int(i == 0)} bytes=64\n" for i in range(3))
        text += "".join(f"tensor {i} dtype=f32 storage={i} offset=0 dim=16\n" for i in range(3))
        text += "".join(f'op {i} kind=leaky_relu_forward name="x" src={i} dst={i + 1} alpha=0.1\n' for i in range(2))
        path.write_text(text, encoding="ascii")
        result = run(PROGRAM, "--replay", path)
        self.assert_code(result, 0)
        self.assertIn("passed: 2 operations", result.stdout)

    def test_a_device_that_fails_is_named_with_the_operation(self):
        result = run(PROGRAM, "--backend", SUBSET, "--option", "ops=invalid", "--replay", self.step)
        self.assert_code(result, 4)
        self.assertRegex(self.error_lines(result)[0], r"op \d+, relu1\.forward \(leaky_relu_forward\), by itself: ")

    def test_a_graph_that_is_too_large(self):
        path = self.folder / "large.txt"
        path.write_text("sateen-graph 1\ngraph flags=0 math=f32 storages=2 tensors=2 ops=1\n"
                        + "".join(f"storage {i} role=external flags=0 bytes=1000000000000\n" for i in (0, 1))
                        + "".join(f"tensor {i} dtype=f32 storage={i} offset=0 dim=2\n" for i in (0, 1))
                        + 'op 0 kind=leaky_relu_forward name="x" src=0 dst=1 alpha=0.1\n', encoding="ascii")
        self.assert_refused(run(PROGRAM, "--replay", path), 3, "large.txt: ", "MiB of memory")
