// The list of cases, and how they are named.
#include "suite.hpp"

#include <iostream>
#include <stdexcept>

#include <boost/test/results_collector.hpp>

#include "target.hpp"
#include "test_run.hpp"

namespace conformance {

namespace {

/// The files of cases, before main begins.
const CaseFile*& first_file() {
  static const CaseFile* first = nullptr;
  return first;
}

}  // namespace

CaseFile::CaseFile(Add add) noexcept : add_(add), next_(first_file()) {
  first_file() = this;
}

CaseList all_cases() {
  CaseList list;
  for (const CaseFile* file = first_file(); file != nullptr; file = file->next_) file->add_(list);
  return list;
}

const OpRules* CaseList::rules_of(uint32_t kind) const {
  for (const auto& [of, rules] : rules_)
    if (of == kind) return &rules;
  return nullptr;
}

const NamedCase& CaseList::find(uint32_t kind, const std::string& name) const {
  for (const NamedCase& c : cases_)
    if (c.kind == kind && c.name == name) return c;
  throw std::logic_error(std::string(op_name(kind)) + " has no case " + name);
}

void add_test(boost::unit_test::test_suite& suite, const std::string& name, std::function<void()> body) {
  suite.add(boost::unit_test::make_test_case(std::move(body), name, __FILE__, __LINE__));
}

const void* extension_or_skip(const char* name) {
  const void* table = target().table().extension(name);
  if (table == nullptr) skip_test(std::string("the backend has no ") + name);
  return table;
}

const char* op_name(uint32_t kind) {
#define CONFORMANCE_NAME(constant, number, name, n_src, n_dst) \
  if (kind == number) return name;
  SATEEN_FOR_EACH_OP(CONFORMANCE_NAME)
#undef CONFORMANCE_NAME
  return "unknown";
}

// FNV-1a: the same name draws the same numbers everywhere.
uint64_t seed_of(const std::string& name) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

void RerunPrinter::test_unit_finish(const boost::unit_test::test_unit& unit, unsigned long) {
  if (unit.p_type != boost::unit_test::TUT_CASE) return;
  if (boost::unit_test::results_collector.results(unit.p_id).passed()) return;
  std::cout << "rerun: " << command_variables() << program_ << " --run_test=" << unit.full_name() << " -- " << target_
            << std::endl;
}

}  // namespace conformance
