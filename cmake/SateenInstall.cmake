# What cmake --install puts where, by component: sateen_runtime (the shared library), sateen_dev (headers, what
# find_package and pkg-config read, a static library), sateen_tools (programs and their pages, in apps/) and one for each
# plugin (in backends/).
include(CMakePackageConfigHelpers)

install(TARGETS sateen sateen_backend_sdk EXPORT SateenTargets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT sateen_runtime NAMELINK_COMPONENT sateen_dev
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT sateen_dev
  INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT SateenTargets NAMESPACE Sateen:: DESTINATION "${SATEEN_INSTALL_CMAKEDIR}" COMPONENT sateen_dev)
install(DIRECTORY core/include/sateen backends/sdk/include/sateen
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT sateen_dev FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")

# Who links to a static library needs its libraries too.
get_target_property(kind sateen TYPE)
set(SATEEN_STATIC_PACKAGES "")
set(SATEEN_PC_REQUIRES "")
if(kind STREQUAL "STATIC_LIBRARY")
  get_property(SATEEN_STATIC_PACKAGES GLOBAL PROPERTY SATEEN_BUILTIN_PACKAGES)
  get_property(SATEEN_PC_REQUIRES GLOBAL PROPERTY SATEEN_BUILTIN_PKG_CONFIG)
  list(APPEND SATEEN_STATIC_PACKAGES ZLIB)
  list(JOIN SATEEN_PC_REQUIRES ", " SATEEN_PC_REQUIRES)
  set(SATEEN_PC_REQUIRES "Requires.private: ${SATEEN_PC_REQUIRES}, zlib, libxxhash\n")
endif()
configure_package_config_file(cmake/SateenConfig.cmake.in "${PROJECT_BINARY_DIR}/SateenConfig.cmake"
  INSTALL_DESTINATION "${SATEEN_INSTALL_CMAKEDIR}" PATH_VARS SATEEN_INSTALL_PLUGINDIR
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# While the major version is 0, a minor one may change what programs see.
set(compatibility SameMajorVersion)
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(compatibility SameMinorVersion)
endif()
write_basic_package_version_file("${PROJECT_BINARY_DIR}/SateenConfigVersion.cmake" COMPATIBILITY ${compatibility})
install(FILES "${PROJECT_BINARY_DIR}/SateenConfig.cmake" "${PROJECT_BINARY_DIR}/SateenConfigVersion.cmake"
  DESTINATION "${SATEEN_INSTALL_CMAKEDIR}" COMPONENT sateen_dev)

# Folders from the .pc file's own, so that an installed tree may be moved.
set(pc "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH SATEEN_PC_PREFIX "${pc}" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" SATEEN_PC_PREFIX "${SATEEN_PC_PREFIX}")
file(RELATIVE_PATH SATEEN_PC_LIBDIR "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_LIBDIR}")
file(RELATIVE_PATH SATEEN_PC_INCLUDEDIR "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file(cmake/sateen.pc.in "${PROJECT_BINARY_DIR}/sateen.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/sateen.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT sateen_dev)

# Debian's packages have files of their own for these.
install(FILES LICENSE THIRD_PARTY_NOTICES.md README.md CHANGELOG.md SECURITY.md
  DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT sateen_doc)
