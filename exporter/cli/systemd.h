// What systemd is told of the daemon's life.
#pragma once

#include <string_view>

namespace exporter {

/// Sends `READY=1`, `RELOADING=1` or `STOPPING=1` to the socket in $NOTIFY_SOCKET; nothing without
/// it. Best effort: a service manager that does not listen is no reason to fail.
/// Source: sd_notify(3).
void notify_systemd(std::string_view state);

}  // namespace exporter
