// What the OpenCL backend says of a system's drivers, cards and device files, over a folder that looks like one.
#define BOOST_TEST_DYN_LINK
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "opencl/diagnosis.hpp"
#include "temp_folder.hpp"

namespace fs = std::filesystem;
using namespace sateen::opencl;
using Sentences = std::vector<std::string>;

namespace {

constexpr uint32_t kAmd = 0x1002;

/// A file system with nothing in it but what a test puts there.
struct Root {
  TempFolder folder;
  System system{folder.path(), {}};

  fs::path put(const std::string& name, const std::string& text) const {
    fs::path file = folder / name;
    fs::create_directories(file.parent_path());
    put_file(file, text);
    return file;
  }
  void put_card(const std::string& address, const std::string& kind, const std::string& maker) const {
    put("sys/bus/pci/devices/" + address + "/class", kind + "\n");
    put("sys/bus/pci/devices/" + address + "/vendor", maker + "\n");
  }
};

/// Somebody without rights, as far as files go, while it lives.
class Stranger {
 public:
  Stranger() : before_(::geteuid()) {
    if (before_ == 0) BOOST_REQUIRE_EQUAL(::seteuid(65534), 0);
  }
  ~Stranger() {
    if (before_ == 0) BOOST_REQUIRE_EQUAL(::seteuid(0), 0);
  }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

 private:
  uid_t before_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(diagnosis)

BOOST_AUTO_TEST_CASE(nothing_at_all) {
  const Root root;
  BOOST_TEST(obstacles(root.system, {}).empty());
  BOOST_TEST(no_driver(root.system) ==
             "no OpenCL driver is installed; for the CPU, on Debian and Ubuntu: apt install pocl-opencl-icd");
  System elsewhere = root.system;
  elsewhere.icd_vendors = "/nowhere";
  BOOST_TEST(has(no_driver(elsewhere), "OCL_ICD_VENDORS is /nowhere, and no OpenCL driver is there; "));
}

BOOST_AUTO_TEST_CASE(a_driver_whose_library_is_missing) {
  const Root root;
  const fs::path bad = root.put("etc/OpenCL/vendors/bad.icd", "  libnowhere-1.so \r\n");
  root.put("etc/OpenCL/vendors/good.icd", "libc.so.6\n");
  root.put("etc/OpenCL/vendors/other.txt", "libelsewhere.so\n");
  const Sentences said = broken_drivers(root.system);
  BOOST_REQUIRE_EQUAL(said.size(), 1U);
  BOOST_TEST(has(said[0], bad.string() + " names the driver libnowhere-1.so, which can't be loaded: cannot open "));
  BOOST_TEST(has(no_driver(root.system), "no OpenCL driver works; " + said[0]));
  root.put("etc/OpenCL/vendors/bad.icd", "");
  BOOST_TEST(has(broken_drivers(root.system).at(0), "bad.icd is not there, or names no library"));
}

BOOST_AUTO_TEST_CASE(the_variable_may_name_a_folder_or_a_file) {
  const Root root;
  root.put("etc/OpenCL/vendors/bad.icd", "libnowhere-1.so");
  const fs::path own = root.put("own/mine.icd", "libnowhere-2.so");
  for (const fs::path& place : {own, own.parent_path()}) {
    System system = root.system;
    system.icd_vendors = place.string();
    const Sentences said = broken_drivers(system);
    BOOST_REQUIRE_EQUAL(said.size(), 1U);
    BOOST_TEST(has(said[0], "libnowhere-2.so"));
  }
  System system = root.system;
  system.icd_vendors = (root.folder / "none.icd").string();
  BOOST_TEST(has(broken_drivers(system).at(0), "none.icd is not there"));
}

BOOST_AUTO_TEST_CASE(a_card_without_a_driver) {
  const Root root;
  root.put_card("0000:00:02.0", "0x030000", "0x8086");
  root.put_card("0000:03:00.0", "0x030200", "0x1002");
  root.put_card("0000:04:00.0", "0x120000", "0x1002");
  root.put_card("0000:05:00.0", "0x020000", "0x10de");  // a network card
  root.put_card("0000:06:00.0", "0x030000", "0x1af4");  // a virtual one
  Sentences said = idle_cards(root.system, {});
  BOOST_REQUIRE_EQUAL(said.size(), 2U);
  BOOST_TEST(has(said[0], "an AMD graphics card is here (PCI 0000:03:00.0, 0000:04:00.0) and has no OpenCL driver; "));
  BOOST_TEST(has(said[0], "apt install mesa-opencl-icd"));
  BOOST_TEST(has(said[1], "an Intel graphics card is here (PCI 0000:00:02.0) and has no"));
  BOOST_TEST(has(said[1], "apt install intel-opencl-icd"));
  BOOST_TEST(has(no_driver(root.system), "no OpenCL driver is installed; an AMD graphics card"));
  said = idle_cards(root.system, {kAmd});
  BOOST_REQUIRE_EQUAL(said.size(), 1U);
  root.put("etc/OpenCL/vendors/intel.icd", "libc.so.6");
  said = idle_cards(root.system, {kAmd});
  BOOST_TEST(has(said.at(0), ", and its OpenCL driver is installed but shows no device of it"));
}

BOOST_AUTO_TEST_CASE(an_nvidia_card) {
  const Root root;
  root.put_card("0000:01:00.0", "0x030200", "0x10de");
  BOOST_TEST(has(idle_cards(root.system, {}).at(0), "an NVIDIA graphics card is here (PCI 0000:01:00.0) and has no"));
  BOOST_TEST(has(idle_cards(root.system, {}).at(0), "apt install nvidia-opencl-icd"));
}

BOOST_AUTO_TEST_CASE(files_that_the_user_may_not_open) {
  const Root root;
  BOOST_REQUIRE_EQUAL(::chmod(root.folder.path().c_str(), 0755), 0);
  const fs::path node = root.put("dev/dri/renderD128", "");
  const fs::path card = root.put("dev/dri/card0", "");
  const fs::path kfd = root.put("dev/kfd", "");
  const fs::path nvidia = root.put("dev/nvidia0", "");
  for (const fs::path& file : {node, card, kfd, nvidia}) BOOST_REQUIRE_EQUAL(::chmod(file.c_str(), 0), 0);
  {
    const Stranger stranger;
    const Sentences said = closed_files(root.system);
    BOOST_REQUIRE_EQUAL(said.size(), 1U);
    BOOST_TEST(said[0] == "this user may not open " + node.string() + ", " + kfd.string() + ", " + nvidia.string() +
                              ", and no group may");
  }
  BOOST_REQUIRE_EQUAL(::chmod(nvidia.c_str(), 0666), 0);
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("not root, so files can't be given to a group");
    return;
  }
  constexpr gid_t kNoName = 54321;
  for (const fs::path& file : {node, kfd}) {
    BOOST_REQUIRE_EQUAL(::chmod(file.c_str(), 0660), 0);
    BOOST_REQUIRE_EQUAL(::chown(file.c_str(), 0, kNoName), 0);
  }
  const Stranger stranger;
  const Sentences said = closed_files(root.system);
  BOOST_REQUIRE_EQUAL(said.size(), 1U);
  BOOST_TEST(said[0] == "this user may not open " + node.string() + ", " + kfd.string() +
                            ": the group 54321 may; sudo usermod -aG 54321 $USER, then log in again");
}

BOOST_AUTO_TEST_SUITE_END()
