#include "exporter/cli/systemd.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "exporter/http/listener.h"
#include "exporter/log.h"

namespace exporter {

void notify_systemd(std::string_view state) {
  const char* place = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  const std::string_view path = place == nullptr ? "" : place;
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  if (path.front() != '/' && path.front() != '@') return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());

  std::string message(state);
  if (state == "RELOADING=1") {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    message += "\nMONOTONIC_USEC=";
    message += std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
  }
  const Descriptor fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0 || sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), size) < 0) {
    log::debug("systemd was not told", {{"state", state}});
  }
}

}  // namespace exporter
