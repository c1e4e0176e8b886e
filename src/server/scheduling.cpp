#include "server/scheduling.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace ankiwire::server {
namespace {

// struct sched_attr of sched_setattr(2), whose header clashes with the C library's.
struct Attributes {
    std::uint32_t size = sizeof(Attributes);
    std::uint32_t policy = 0;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime_ns = 0;
    std::uint64_t deadline_ns = 0;
    std::uint64_t period_ns = 0;
};
constexpr std::uint64_t keep_policy = 0x08;
constexpr int niceness_max = 19;

}  // namespace

void schedule_this_thread(const Scheduling& scheduling) {
    Attributes attributes;
    attributes.flags = keep_policy;
    attributes.nice = std::min(getpriority(PRIO_PROCESS, 0) + scheduling.niceness, niceness_max);
    attributes.runtime_ns = static_cast<std::uint64_t>(scheduling.slice.count());
    [[maybe_unused]] const auto ignored = ::syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace ankiwire::server
