// A disk that can lose power, fill up and fail, under the real code: the system calls of this
// process on files below `root` (system_calls.cpp) go to a real folder, best in memory, while the
// Disk notes what of it a power cut would leave.
// What it promises is what POSIX does and no more: a file's bytes are safe after fsync of the file,
// a name after fsync of its folder, everything after syncfs. What is not safe may be there after a
// power cut, or not, or in part. There is one Disk at a time; it may be used by several threads.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include "sim/dice.hpp"

namespace ankiwire::sim {

// What survives of that which was not synced; names: those, and no bytes, as where only folders are
// journaled.
enum class Luck { nothing, all, names, some };
inline constexpr std::array each_luck{Luck::nothing, Luck::all, Luck::names, Luck::some};

enum class Call { write, sync, name, read };  // what may be made to fail; name: a change of folders

// The next calls of a kind fail: after `skip` more, `times` times, with this errno.
struct Fault {
    Call call;
    int error;
    std::uint64_t skip = 0;
    std::uint64_t times = 1;
};

// What this thread does meanwhile is no part of the game: nothing is noted, nothing fails.
class Aside {
public:
    Aside();
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;
    ~Aside();

private:
    bool was_aside_;
};

class Disk {
public:
    // `root` is a folder that exists and is empty.
    explicit Disk(const std::filesystem::path& root);
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;
    ~Disk();

    // Changes so far: writes, truncations, syncs and names made, replaced or removed.
    [[nodiscard]] std::uint64_t changes() const;
    // Called before each change, and not while it runs.
    void before_change(std::function<void()> fn);

    void fail(const Fault& fault);
    // Whether a call has failed by that.
    [[nodiscard]] bool has_failed() const;
    void mend();

    // From now on syncs succeed, and nothing is safe.
    void lie();

    // What a power cut now would leave, as the new folder `target`, which is outside of the root.
    void copy_survivors(const std::filesystem::path& target, Luck luck, Dice& dice) const;
    // From the next change but `changes` on, all calls fail, as if there were no process any more.
    void cut_power_after(std::uint64_t changes);
    void keep_power();
    [[nodiscard]] bool is_off() const;
    // The root is what is left then; no file may be open.
    void restart(Luck luck, Dice& dice);

    struct State;
    [[nodiscard]] State& state() { return *state_; }

private:
    std::unique_ptr<State> state_;
};

}  // namespace ankiwire::sim
