# Where things are installed (GNUInstallDirs), and how what is installed finds its libraries.
if(PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_INSTALL_LIBDIR AND CMAKE_LIBRARY_ARCHITECTURE AND EXISTS /etc/debian_version)
  # As Debian's packages have it, whatever the prefix, so that one build tree serves cmake --install and cpack.
  set(CMAKE_INSTALL_LIBDIR "lib/${CMAKE_LIBRARY_ARCHITECTURE}" CACHE PATH "Libraries, below the prefix")
endif()
include(GNUInstallDirs)

set(SATEEN_INSTALL_PLUGINDIR "${CMAKE_INSTALL_LIBDIR}/sateen/backends")
set(SATEEN_INSTALL_CMAKEDIR "${CMAKE_INSTALL_LIBDIR}/cmake/Sateen")

# From programs to libraries, so that an installed tree may be moved.
file(RELATIVE_PATH SATEEN_LIBRARIES_FROM_PROGRAMS "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
set(SATEEN_PROGRAM_RPATH "$ORIGIN/${SATEEN_LIBRARIES_FROM_PROGRAMS}")
