"""That the record of the contract can fail: copies of backend.h that were changed in one way each, judged as they should be."""

import os
import pathlib
import sys
import tempfile
import unittest
import unittest.mock

import abi

TEXT = (abi.INCLUDE / abi.HEADER).read_text(encoding="utf-8")
LAST_OP = '"batch_norm_backward", 7, 3)'
ROLE_AND_FLAGS = ("  uint32_t role;  /**< SATEEN_STORAGE_EXTERNAL or SATEEN_STORAGE_INTERMEDIATE */\n"
                  "  uint32_t flags; /**< SATEEN_STORAGE_FROZEN or 0 */\n")
FINISH = "  sateen_status (*finish)(sateen_device* device);\n"
STATUS = "typedef uint32_t sateen_status;"
EXTENSION = "  const void* (*extension)(const char* name);\n"

ADDITIONS = {
    "a function at the end of the table": ((EXTENSION, EXTENSION + "  int (*another)(void);\n"), "sateen_backend.another, int/32 ()*"),
    "a field at the end of an array's elements": (("} sateen_tensor;", "  uint64_t more;\n} sateen_tensor;"), "sateen_tensor.more"),
    "an attribute at the end": (("} sateen_leaky_relu_attrs;", "  float beta;\n} sateen_leaky_relu_attrs;"), "leaky_relu_attrs.beta"),
    "a reserved field that got a meaning": (("  uint32_t reserved;          ", "  uint32_t numa_node; "), "reserved is numa_node now"),
    "an operation": ((LAST_OP, LAST_OP + ' X(SATEEN_OP_NEW, 21u, "new", 1, 1)'), 'SATEEN_OP_NEW, 21u, "new", 1, 1'),
    "a status": (("#define SATEEN_INTERNAL 6u", "#define SATEEN_BUSY 7u\n#define SATEEN_INTERNAL 6u"), "SATEEN_BUSY, 7u"),
    "an extension's table": (("/** sateen.peak/1:", "typedef struct {\n  uint32_t struct_size;\n} sateen_more;\n/** sateen.peak/1:"),
                             "adds    sateen_more"),
    "a field in the list of them": (("alpha)      \\\n", "alpha) X(sateen_leaky_relu_attrs, beta) \\\n"), "is alpha beta"),
    "a list with a reserved field's name": (("X(sateen_adam_attrs, reserved)", "X(sateen_adam_attrs, decay)"), "epsilon decay"),
    "a list of another structure's fields": ((" X(sateen_adam_attrs, beta1) ", " X(sateen_new_attrs, a) X(sateen_adam_attrs, beta1) "),
                                             "fields of sateen_new_attrs, a"),
}
BREAKS = {
    "fields that changed places": ((ROLE_AND_FLAGS, "  uint32_t flags;\n  uint32_t role;\n"), "sateen_storage.role moved from byte 0 to 4"),
    "a field in the middle": (("  uint64_t memory_bytes; ", "  uint64_t free_bytes;\n  uint64_t memory_bytes; "),
                              "sateen_device_info.memory_bytes moved from byte 16 to 24"),
    "a type that got wider": (("  uint32_t math; ", "  uint64_t math; "), "sateen_graph.reserved moved"),
    "a type of the same size": (("  uint32_t math; ", "  int32_t math; "), "sateen_graph.math was unsigned int/32 and is int/32"),
    "a pointer to something else": (("  const void* attrs; ", "  const char* attrs; "), "sateen_op.attrs was void* and is char/8 const*"),
    "another name": (("  const void* attrs; ", "  const void* attributes; "), "sateen_op.attrs is gone"),
    "another value": (("#define SATEEN_TIMEOUT 5u", "#define SATEEN_TIMEOUT 8u"), "SATEEN_TIMEOUT was 5u and is 8u"),
    "a value that is gone": (("#define SATEEN_TIMEOUT 5u ", "#define SATEEN_LATE 5u "), "SATEEN_TIMEOUT is gone"),
    "an extension's name": (('"sateen.peak/1"', '"sateen.peak/2"'), "SATEEN_PEAK_1 was"),
    "an operation's number": (('SATEEN_OP_ADAM, 15u', 'SATEEN_OP_ADAM, 115u'), 'SATEEN_OP_ADAM was 15u, "adam", 6, 3 and is 115u'),
    "an operation's sources": (('"dropout", 2, 1', '"dropout", 3, 1'), "SATEEN_OP_DROPOUT was"),
    "a function that is gone": ((FINISH, ""), "sateen_backend.finish is gone"),
    "a function's parameter": ((FINISH, FINISH.replace("device);", "device, int how);")), "sateen_backend.finish was"),
    "the entry's parameter": (("(uint32_t host_major, uint32_t host_minor)", "(uint32_t host_major)"), "sateen_backend_entry_fn was"),
    "a structure of fixed length that grew": (("} sateen_binding;", "  uint64_t bytes;\n} sateen_binding;"), "nobody can tell how long"),
    "longer arrays": (("#define SATEEN_MAX_RANK 6 ", "#define SATEEN_MAX_RANK 8 "), "sateen_tensor.dim was long int/64[6] and is long int/64[8]"),
    "other padding": (("  float alpha; ", "  float alpha __attribute__((aligned(8))); "), "had 4 bytes and has 8"),
    "a function with more parameters": ((FINISH, FINISH.replace("device);", "device, ...);")), "is unsigned int/32 (sateen_device*, ...)*"),
    "a wider type behind its name": ((STATUS, STATUS.replace("32", "64")), "sateen_backend.finish was unsigned int/32"),
    "a signed type behind its name": ((STATUS, STATUS.replace("uint", "int")), "sateen_backend.finish was unsigned int/32"),
    "something else behind a pointer": (("typedef struct sateen_buffer sateen", "typedef void sateen"), "sateen_backend.buffer_destroy was"),
    "another alignment": (("} sateen_binding;", "} __attribute__((aligned(16))) sateen_binding;"), "aligned to 8 bytes and is to 16"),
    "no alignment": (("} sateen_binding;", "} __attribute__((packed)) sateen_binding;"), "sateen_binding was aligned to 8 bytes and is to 1"),
    "an operation's attributes": (("DROPOUT, sateen_dropout_attrs", "DROPOUT, sateen_adam_attrs"), "attributes of SATEEN_OP_DROPOUT was"),
    "attributes that are gone": (("  X(SATEEN_OP_ADAM, sateen_adam_attrs) ", "  "), "attributes of SATEEN_OP_ADAM is gone"),
    "attributes where were none": ((" X(SATEEN_OP_ADAM, s", " X(SATEEN_OP_SOFTMAX, sateen_adam_attrs) X(SATEEN_OP_ADAM, s"),
                                   "SOFTMAX are sateen_adam_attrs, and there were none"),
    "a list of fields in another order": (("beta1) ", "beta2) X(sateen_adam_attrs, beta1) "), "beta1 beta2 epsilon reserved and is beta2"),
    "a list of fields that is shorter": (("X(sateen_gather_attrs, shift)", ""), "fields of sateen_gather_attrs was scale shift and is scale"),
    "a structure that is gone": (("} sateen_adam_attrs;", "} sateen_adamw_attrs;"), "sateen_adam_attrs is gone"),
}


def changed(*replacements):
    """The contract as a header says that was changed so."""
    text = TEXT
    for before, after in replacements:
        if before not in text:
            raise AssertionError(f"backend.h has no {before!r}")
        text = text.replace(before, after, 1)
    with tempfile.TemporaryDirectory() as folder:
        header = pathlib.Path(folder) / abi.HEADER
        header.parent.mkdir()
        header.write_text(text, encoding="utf-8")
        return abi.read_header(pathlib.Path(folder))


class Judged(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.now = changed()
        minor = cls.now.version()[1]
        cls.raise_minor = (f"#define SATEEN_ABI_MINOR {minor}u", f"#define SATEEN_ABI_MINOR {minor + 1}u")

    def test_nothing_changed(self):
        self.assertEqual(abi.verdict(self.now, changed()), ([], True))
        self.assertEqual(abi.verdict(self.now, changed(("a context with one in-order queue", "words"))), ([], True))

    def test_additions_need_a_higher_minor_version(self):
        for what, (change, words) in ADDITIONS.items():
            with self.subTest(what):
                new = changed(change)
                lines, allowed = abi.verdict(self.now, new)
                self.assertIn("has to be higher", lines[-1])
                self.assertFalse(allowed)
                new.values["SATEEN_ABI_MINOR"] = self.raise_minor[1].split()[-1]
                lines, allowed = abi.verdict(self.now, new)
                self.assertIn(words, "\n".join(lines))
                self.assertNotIn("BREAKS", "\n".join(lines))
                self.assertIn("scripts/record-contract", lines[-1])
                self.assertTrue(allowed)

    def test_breaks_are_refused_whatever_the_minor_version(self):
        for what, (change, words) in BREAKS.items():
            with self.subTest(what):
                lines, allowed = abi.verdict(self.now, changed(change, self.raise_minor, ADDITIONS["a status"][0]))
                self.assertIn("adds    SATEEN_BUSY", "\n".join(lines))  # beside which nothing slips through
                self.assertIn(words, "\n".join(line for line in lines if line.startswith("BREAKS")))
                self.assertIn("raise SATEEN_ABI_MAJOR", lines[-1])
                self.assertFalse(allowed)

    def test_a_minor_version_does_not_go_down(self):
        self.assertFalse(abi.verdict(changed(self.raise_minor), self.now)[1])

    def test_what_the_rules_do_not_see_abidiff_does(self):
        other = changed(("  void* context;  ", "  void* context __attribute__((aligned(8)));  "))
        self.assertEqual(abi.judge(self.now, other), ([], []))
        other.abi = other.abi.replace("name='use_sateen_host'", "name='use_other'")
        self.assertIn("abidiff says", abi.judge(self.now, other)[1][0])

    def test_abidiff_sees_it_beside_additions_too(self):
        for what in ("a status", "a function at the end of the table", "a field at the end of an array's elements"):
            other = changed(ADDITIONS[what][0])
            self.assertEqual(abi.judge(self.now, other)[1], [])
            other.abi = other.abi.replace("name='use_sateen_host'", "name='use_other'")
            additions, breaks = abi.judge(self.now, other)
            self.assertEqual(len(additions), 1)
            self.assertIn("abidiff says", breaks[0])

    def test_what_is_missing_is_named(self):
        self.assertIsNone(abi.missing())
        with unittest.mock.patch.dict(os.environ, CC="no-compiler"):
            self.assertEqual(abi.missing(), "no-compiler is missing (a compiler of C; scripts/setup installs it)")

    def test_a_record_is_read_as_it_was_written(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            self.assertIsNone(abi.read_record(self.now.version()[0], folder))
            abi.write_record(self.now, folder)
            again = abi.read_record(self.now.version()[0], folder)
            self.assertEqual((again.abi, again.values), (self.now.abi, self.now.values))
            self.assertNotIn("/", "".join(line for line in again.abi.splitlines() if "path=" in line).replace("/>", ""))

    def test_the_recorded_layout_is_asserted(self):
        text = abi.layout(self.now)
        self.assertIn("HOLDS(sizeof(sateen_backend) >= 176);", text)
        self.assertIn("HOLDS(sizeof(sateen_binding) == 16);", text)
        self.assertIn("HOLDS(ALIGNMENT(sateen_binding) == 8);", text)
        self.assertIn("HOLDS(offsetof(sateen_backend, extension) == 168);", text)


if __name__ == "__main__":
    if LACKING := abi.missing():
        print(f"skipped: {LACKING}")
        sys.exit(77)
    unittest.main()
