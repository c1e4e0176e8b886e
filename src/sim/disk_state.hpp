// What a Disk knows, and what the system calls tell it.
#pragma once

#include <filesystem>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/disk.hpp"

namespace ankiwire::sim {

struct Node;
using NodePtr = std::shared_ptr<Node>;

// Bytes that were written but not synced; or, if `is_size`, that the file was cut or extended to
// `offset`.
struct Write {
    std::uint64_t offset;
    std::string bytes;
    bool is_size = false;
};

// A file or a folder.
struct Node {
    bool is_folder = false;
    std::string safe_bytes;
    std::vector<Write> unsafe_writes;
    std::map<std::string, NodePtr> names;
    std::map<std::string, NodePtr> safe_names;
};

// What one call has changed: all of it survives, or nothing.
struct NameChange {
    struct Edit {
        NodePtr folder;
        std::string name;
        NodePtr node;  // none: the name is gone
    };
    std::vector<Edit> edits;
};

void apply_to(std::string& bytes, const Write& write);

struct Disk::State {
    // A name in a folder of this disk; the node, if there is one.
    struct Place {
        NodePtr folder;  // none: the root itself
        std::string name;
        NodePtr node;
    };

    struct Open {
        NodePtr node;
        bool is_to_be_told = false;  // that another descriptor's sync has failed, by syncfs
    };

    explicit State(std::filesystem::path folder);

    // nullopt: the path is not of this disk, or a folder on the way is missing.
    std::optional<Place> find(int folder_fd, const char* path);
    NodePtr node_of(int fd);  // none: not of this disk

    // To be asked before anything is done; an errno, or 0. `lock` is released meanwhile if there
    // is a listener. A change that the power cut prevents may still survive in part.
    int refusal(Call call, std::unique_lock<std::mutex>& lock);
    [[nodiscard]] int refusal_of_reading();

    void note_write(const NodePtr& node, Write write) const;
    void note_names(NameChange change);
    void note_sync(const NodePtr& node);
    void note_sync_of_all();
    // Linux forgets what it could not write: a later sync succeeds without it. But it tells each
    // descriptor that was open by then, once, by syncfs.
    void note_failed_sync(int fd, bool is_of_all);

    void copy_survivors(const std::filesystem::path& target, Luck luck, Dice& dice) const;
    void scan();  // everything that is there is safe

    mutable std::mutex mutex;
    std::filesystem::path root;
    NodePtr root_node;
    std::unordered_map<int, Open> open;
    std::list<NameChange> unsafe_names;  // oldest first
    std::uint64_t changes = 0;
    std::uint64_t power_ends_after = std::numeric_limits<std::uint64_t>::max();
    bool is_off = false;
    bool is_lying = false;
    std::vector<Fault> faults;
    bool has_failed = false;
    std::function<void()> before_change;

private:
    int fault_for(Call call);
};

// Does nothing; but who calls it gets the system calls of system_calls.cpp.
void take_system_calls();

// Of the one Disk; none if there is none.
Disk::State* current_disk();

}  // namespace ankiwire::sim
