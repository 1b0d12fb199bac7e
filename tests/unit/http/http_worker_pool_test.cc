#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <semaphore>

#include "exporter/http/worker_pool.h"

using namespace exporter;

namespace {

std::unique_ptr<ServerConnection> connection() {
  return std::make_unique<ServerConnection>(Descriptor(), ServerLimits{});
}

}  // namespace

TEST_CASE("a pool takes as many as it has threads and queue, and leaves the rest with the caller",
          "[http]") {
  std::counting_semaphore<> go(0), done(0);
  WorkerPool pool(2, 1, [&](std::unique_ptr<ServerConnection>) {
    go.acquire();
    done.release();
  });
  for (int i = 0; i < 3; ++i) {
    auto taken = connection();
    CHECK(pool.submit(taken));
    CHECK(taken == nullptr);
  }
  auto left = connection();
  CHECK_FALSE(pool.submit(left));
  CHECK(left != nullptr);
  go.release(3);
  for (int i = 0; i < 3; ++i) done.acquire();
  go.release(1);
  // The threads are free again a moment after their work is done.
  for (int i = 0; i < 1000 && left != nullptr; ++i) {
    if (!pool.submit(left)) std::this_thread::yield();
  }
  CHECK(left == nullptr);
  done.acquire();
}

TEST_CASE("a stopped pool takes nothing", "[http]") {
  WorkerPool pool(1, 10, [](std::unique_ptr<ServerConnection>) {});
  pool.stop();
  auto left = connection();
  CHECK_FALSE(pool.submit(left));
  CHECK_FALSE(pool.relaxed());
}

TEST_CASE("a pool of lower priority leaves the other threads theirs", "[http]") {
  const auto niceness = [] { return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); };
  const int before = niceness();
  std::atomic<int> seen = -100;
  std::binary_semaphore done(0);
  WorkerPool pool(
      1, 1,
      [&](std::unique_ptr<ServerConnection>) {
        seen = niceness();
        done.release();
      },
      1);
  auto one = connection();
  REQUIRE(pool.submit(one));
  done.acquire();
  CHECK(seen == std::min(before + 1, 19));
  CHECK(niceness() == before);
}
