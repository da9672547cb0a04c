// The runner of the unit tests; the tests are in test_*.cpp beside it.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE sateen unit tests
#include <boost/test/unit_test.hpp>
