# Packages by CPack, from a configured build: `cpack -G DEB` makes anomaly-exporter_VERSION_ARCH.deb, `cpack -G TGZ` a tarball of what
# `cmake --install` installs. The Debian package has a layout of its own, component `debian`: a service, a manual, completion.
set(debian ${PROJECT_SOURCE_DIR}/docker/debian)
set(made ${PROJECT_BINARY_DIR}/debian)

# The manual and the completion say what the program's own help says.
add_custom_command(OUTPUT ${made}/anomaly_exporter.1.gz ${made}/completion ${made}/changelog.gz
  COMMAND ${debian}/manual_page $<TARGET_FILE:anomaly_exporter> ${PROJECT_VERSION} > ${made}/anomaly_exporter.1
  COMMAND gzip -9nf ${made}/anomaly_exporter.1
  COMMAND ${debian}/completion $<TARGET_FILE:anomaly_exporter> > ${made}/completion
  COMMAND gzip -9nc ${PROJECT_SOURCE_DIR}/CHANGELOG.md > ${made}/changelog.gz
  DEPENDS anomaly_exporter ${debian}/manual ${debian}/manual_page ${debian}/completion ${PROJECT_SOURCE_DIR}/CHANGELOG.md
  VERBATIM)
file(MAKE_DIRECTORY ${made})
if(NOT ANOMALY_SANITIZE)
  add_custom_target(debian_files ALL DEPENDS ${made}/anomaly_exporter.1.gz ${made}/completion ${made}/changelog.gz)
endif()

# A daemon that reads the network: its tables of addresses are read-only once it runs.
target_link_options(anomaly_exporter PRIVATE -Wl,-z,relro,-z,now)

set(share usr/share/anomaly_exporter)
install(TARGETS anomaly_exporter RUNTIME DESTINATION usr/bin COMPONENT debian EXCLUDE_FROM_ALL)
function(anomaly_package destination)
  cmake_parse_arguments(PACKAGE "" "RENAME" "FILES" ${ARGN})
  if(PACKAGE_RENAME)
    install(FILES ${PACKAGE_FILES} DESTINATION ${destination} COMPONENT debian EXCLUDE_FROM_ALL RENAME ${PACKAGE_RENAME})
  else()
    install(FILES ${PACKAGE_FILES} DESTINATION ${destination} COMPONENT debian EXCLUDE_FROM_ALL)
  endif()
endfunction()
anomaly_package(etc/anomaly_exporter FILES config.yaml)
anomaly_package(etc/default FILES ${debian}/anomaly-exporter.default RENAME anomaly-exporter)
anomaly_package(lib/systemd/system FILES ${debian}/anomaly-exporter.service ${debian}/anomaly-exporter.socket)
anomaly_package(usr/share/man/man1 FILES ${made}/anomaly_exporter.1.gz)
anomaly_package(usr/share/bash-completion/completions FILES ${made}/completion RENAME anomaly_exporter)
anomaly_package(usr/share/doc/anomaly-exporter FILES ${debian}/copyright ${made}/changelog.gz README.md)
anomaly_package(usr/share/lintian/overrides FILES ${debian}/lintian-overrides RENAME anomaly-exporter)
file(GLOB rules CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rules/*.yml)
anomaly_package(${share}/rules FILES ${rules})
file(GLOB runbooks CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rules/runbooks/*.md)
anomaly_package(${share}/rules/runbooks FILES ${runbooks})
file(GLOB dashboards CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/dashboards/anomal*.json)
anomaly_package(${share}/dashboards FILES ${dashboards})
file(GLOB examples CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docker/alertmanager/*)
anomaly_package(${share}/alertmanager FILES ${examples})

# The same beside the program elsewhere, when they were made.
install(FILES ${made}/anomaly_exporter.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL)
install(FILES ${made}/completion DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME anomaly_exporter OPTIONAL)
install(FILES LICENSE CHANGELOG.md README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docker/alertmanager DESTINATION ${CMAKE_INSTALL_DATADIR}/anomaly_exporter)

set(CPACK_PACKAGE_NAME anomaly_exporter)
set(CPACK_PACKAGE_VENDOR "The anomaly_exporter authors")
set(CPACK_PACKAGE_CONTACT "The anomaly_exporter authors <maintainers@anomaly-exporter.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "anomaly detection for Prometheus as one scrape target")
set(CPACK_PACKAGE_DESCRIPTION "Asks Prometheus for a few features of each host, pod or service, learns
how they usually look and move at that time of day and week, scores the
newest vector with an isolation forest, and exposes scores, reasons and
its own health at /metrics.
.
Alert rules with runbooks, Grafana dashboards and examples for
Alertmanager are in /usr/share/anomaly_exporter.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR "DEB;TGZ")
set(CPACK_DEBIAN_PACKAGE_NAME anomaly-exporter)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates, tzdata")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus, prometheus-alertmanager, prometheus-node-exporter")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian}/conffiles ${debian}/postinst ${debian}/prerm ${debian}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
configure_file(${PROJECT_SOURCE_DIR}/docker/cmake/packaging_by_generator.cmake ${made}/by_generator.cmake COPYONLY)
set(CPACK_PROJECT_CONFIG_FILE ${made}/by_generator.cmake)
include(CPack)
