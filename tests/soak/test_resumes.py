"""Some of the stopped and resumed trainings of resumes.py."""

import unittest

import resumes
from rows import GOOD
from training import Place, harness

CASES = (1, 2, 3, 5, 6, 7)
OPENCL_CASES = (4, 8)


class Resumes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.resumes = resumes.Resumes(cls.enterClassContext(Place(resumes.IMAGES)))

    def expect_good(self, numbers):
        rows = [resumes.row(self.resumes, number, resumes.case(number)) for number in numbers]
        self.assertEqual([row for row in rows if row["outcome"] != GOOD], [])
        self.assertTrue(any(row["resumes"] for row in rows))

    def test_on_cpu(self):
        self.expect_good(CASES)

    @unittest.skipIf(harness.missing_device("opencl"), "there is no OpenCL device")
    def test_on_opencl(self):
        self.expect_good(OPENCL_CASES)


if __name__ == "__main__":
    unittest.main()
