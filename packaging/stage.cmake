# Run by cpack on the files of each package before they are packed: what Debian wants of them beyond cmake --install.
foreach(pair IN LISTS CPACK_SATEEN_PACKAGES)
  string(REGEX MATCH "^([^=]+)=(.+)$" _ "${pair}")
  set(name ${CMAKE_MATCH_2})
  set(usr "${CPACK_TEMPORARY_DIRECTORY}/${CMAKE_MATCH_1}/usr")
  if(NOT IS_DIRECTORY "${usr}")
    message(FATAL_ERROR "there is nothing in ${usr}")
  endif()

  # The loader finds libraries in /usr by itself.
  file(GLOB programs "${usr}/bin/*")
  foreach(program IN LISTS programs)
    file(RPATH_REMOVE FILE "${program}")
  endforeach()

  set(doc "${usr}/share/doc/${name}")
  file(COPY "${CPACK_SATEEN_DEBIAN}/copyright" DESTINATION "${doc}")
  file(COPY_FILE "${CPACK_SATEEN_CONTROL}/changelog" "${doc}/changelog.Debian")
  file(COPY_FILE "${CPACK_SATEEN_CHANGES}" "${doc}/changelog")
  file(GLOB pages "${usr}/share/man/man*/*")
  execute_process(COMMAND gzip -9n ${pages} "${doc}/changelog.Debian" "${doc}/changelog" COMMAND_ERROR_IS_FATAL ANY)

  set(overrides "${CPACK_SATEEN_DEBIAN}/${name}.lintian-overrides")
  if(EXISTS "${overrides}")
    file(MAKE_DIRECTORY "${usr}/share/lintian/overrides")
    file(COPY_FILE "${overrides}" "${usr}/share/lintian/overrides/${name}")
  endif()
  execute_process(COMMAND chmod -R u=rwX,go=rX "${usr}/share" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
