"""That the record of the contract can fail: copies of backend.h that were changed in one way each, judged as they should be."""

import pathlib
import shutil
import tempfile
import unittest

import abi

TEXT = (abi.INCLUDE / abi.HEADER).read_text(encoding="utf-8")
LAST_OP = '"batch_norm_backward", 7, 3)'
ROLE_AND_FLAGS = ("  uint32_t role;  /**< SATEEN_STORAGE_EXTERNAL or SATEEN_STORAGE_INTERMEDIATE */\n"
                  "  uint32_t flags; /**< SATEEN_STORAGE_FROZEN or 0 */\n")
FINISH = "  sateen_status (*finish)(sateen_device* device);\n"
EXTENSION = "  const void* (*extension)(const char* name);\n"

ADDITIONS = {
    "a function at the end of the table": ((EXTENSION, EXTENSION + "  int (*another)(void);\n"), "sateen_backend.another, int ()*"),
    "a field at the end of an array's elements": (("} sateen_tensor;", "  uint64_t more;\n} sateen_tensor;"), "sateen_tensor.more"),
    "an attribute at the end": (("} sateen_leaky_relu_attrs;", "  float beta;\n} sateen_leaky_relu_attrs;"), "leaky_relu_attrs.beta"),
    "a reserved field that got a meaning": (("  uint32_t reserved;          ", "  uint32_t numa_node; "), "reserved is numa_node now"),
    "an operation": ((LAST_OP, LAST_OP + ' X(SATEEN_OP_NEW, 21u, "new", 1, 1)'), 'SATEEN_OP_NEW, 21u, "new", 1, 1'),
    "a status": (("#define SATEEN_INTERNAL 6u", "#define SATEEN_BUSY 7u\n#define SATEEN_INTERNAL 6u"), "SATEEN_BUSY, 7u"),
    "an extension's table": (("/** sateen.peak/1:", "typedef struct {\n  uint32_t struct_size;\n} sateen_more;\n/** sateen.peak/1:"),
                             "adds    sateen_more"),
}
BREAKS = {
    "fields that changed places": ((ROLE_AND_FLAGS, "  uint32_t flags;\n  uint32_t role;\n"), "sateen_storage.role moved from byte 0 to 4"),
    "a field in the middle": (("  uint64_t memory_bytes; ", "  uint64_t free_bytes;\n  uint64_t memory_bytes; "),
                              "sateen_device_info.memory_bytes moved from byte 16 to 24"),
    "a type that got wider": (("  uint32_t math; ", "  uint64_t math; "), "sateen_graph.reserved moved"),
    "a type of the same size": (("  uint32_t math; ", "  int32_t math; "), "sateen_graph.math was uint32_t and is int32_t"),
    "a pointer to something else": (("  const void* attrs; ", "  const char* attrs; "), "sateen_op.attrs was void* and is char const*"),
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
    "longer arrays": (("#define SATEEN_MAX_RANK 6 ", "#define SATEEN_MAX_RANK 8 "), "sateen_tensor.dim was int64_t[6] and is int64_t[8]"),
    "other padding": (("  float alpha; ", "  float alpha __attribute__((aligned(8))); "), "had 4 bytes and has 8"),
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


@unittest.skipUnless(shutil.which("abidw"), "no abidw (abigail-tools)")
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
                lines, allowed = abi.verdict(self.now, changed(change))
                self.assertIn("has to be higher", lines[-1])
                self.assertFalse(allowed)
                lines, allowed = abi.verdict(self.now, changed(change, self.raise_minor))
                self.assertIn(words, "\n".join(lines))
                self.assertNotIn("BREAKS", "\n".join(lines))
                self.assertIn("scripts/record-contract", lines[-1])
                self.assertTrue(allowed)

    def test_breaks_are_refused_whatever_the_minor_version(self):
        for what, (change, words) in BREAKS.items():
            with self.subTest(what):
                lines, allowed = abi.verdict(self.now, changed(change, self.raise_minor))
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
        self.assertIn("HOLDS(offsetof(sateen_backend, extension) == 168);", text)


if __name__ == "__main__":
    unittest.main()
