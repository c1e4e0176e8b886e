#include "sim/disk.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <set>
#include <utility>

#include "base/check.hpp"
#include "files/read_file.hpp"
#include "sim/disk_state.hpp"

namespace ankiwire::sim {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t sector_bytes = 512;

std::atomic<Disk::State*> current = nullptr;
thread_local bool is_aside = false;

using Names = std::map<const Node*, std::map<std::string, NodePtr>>;

void apply(Names& names, const NameChange& change) {
    for (const auto& edit : change.edits) {
        auto& folder = names.try_emplace(edit.folder.get(), edit.folder->safe_names).first->second;
        if (edit.node) {
            folder[edit.name] = edit.node;
        } else {
            folder.erase(edit.name);
        }
    }
}

bool touches(const NameChange& change, const std::set<const Node*>& folders) {
    return std::ranges::any_of(change.edits, [&](const NameChange::Edit& edit) {
        return folders.contains(edit.folder.get());
    });
}

// As with a journal, the changes up to some moment; or those of each folder up to a moment of its
// own, which is all that POSIX promises.
Names surviving_names(const std::list<NameChange>& changes, Luck luck, Dice& dice) {
    Names names;
    if (luck == Luck::nothing) {
        return names;
    }
    const bool have_all = luck == Luck::all || luck == Luck::names;
    const bool has_journal = have_all || dice.one_in(2);
    std::uint64_t left = have_all ? changes.size() : dice.below(changes.size() + 1);
    std::set<const Node*> ended;
    for (const auto& change : changes) {
        const bool survives = has_journal ? left > 0 : !touches(change, ended) && !dice.one_in(4);
        if (survives) {
            apply(names, change);
            left -= left > 0 ? 1 : 0;
        } else {
            for (const auto& edit : change.edits) {
                ended.insert(edit.folder.get());
            }
        }
    }
    return names;
}

std::string surviving_bytes(const Node& file, Luck luck, Dice& dice) {
    auto bytes = file.safe_bytes;
    if (luck == Luck::nothing || luck == Luck::names) {
        return bytes;
    }
    for (const auto& write : file.unsafe_writes) {
        if (luck == Luck::all || dice.one_in(2)) {
            apply_to(bytes, write);
        } else if (!write.is_size && dice.one_in(4)) {
            const auto torn = dice.below(write.bytes.size() / sector_bytes + 1) * sector_bytes;
            apply_to(bytes, {.offset = write.offset, .bytes = write.bytes.substr(0, torn)});
        }
    }
    return bytes;
}

class SurvivorCopy {
public:
    SurvivorCopy(const Names& names, Luck luck, Dice& dice)
        : names_(names), luck_(luck), dice_(dice) {}

    void copy(const Node& node, const fs::path& target) {
        if (!node.is_folder) {
            copy_file(node, target);
            return;
        }
        fs::create_directory(target);
        const auto chosen = names_.find(&node);
        for (const auto& [name, child] :
             chosen == names_.end() ? node.safe_names : chosen->second) {
            copy(*child, target / name);
        }
    }

private:
    void copy_file(const Node& node, const fs::path& target) {
        const auto [known, is_new] = copied_.try_emplace(&node, target);
        if (is_new) {
            std::ofstream(target, std::ios::binary) << surviving_bytes(node, luck_, dice_);
        } else {
            fs::create_hard_link(known->second, target);
        }
    }

    const Names& names_;
    Luck luck_;
    Dice& dice_;
    std::map<const Node*, fs::path> copied_;
};

NodePtr node_at(const fs::path& path) {
    auto node = std::make_shared<Node>();
    node->is_folder = fs::is_directory(path);
    if (node->is_folder) {
        for (const auto& entry : fs::directory_iterator(path)) {
            node->names[entry.path().filename()] = node_at(entry.path());
        }
        node->safe_names = node->names;
    } else {
        node->safe_bytes = files::read_file(path);
    }
    return node;
}

}  // namespace

Aside::Aside() : was_aside_(std::exchange(is_aside, true)) {}
Aside::~Aside() { is_aside = was_aside_; }

void apply_to(std::string& bytes, const Write& write) {
    if (write.is_size) {
        bytes.resize(write.offset);
        return;
    }
    bytes.resize(std::max<std::size_t>(bytes.size(), write.offset + write.bytes.size()));
    bytes.replace(write.offset, write.bytes.size(), write.bytes);
}

Disk::State* current_disk() { return is_aside ? nullptr : current.load(); }

Disk::State::State(fs::path folder) : root(std::move(folder)) { scan(); }

void Disk::State::scan() {
    root_node = node_at(root);
    unsafe_names.clear();
    open.clear();
}

std::optional<Disk::State::Place> Disk::State::find(int folder_fd, const char* path) {
    std::string_view rest = path;
    NodePtr folder;
    if (!rest.starts_with('/')) {
        folder = node_of(folder_fd);
    } else if (rest.starts_with(root.native())) {
        rest.remove_prefix(root.native().size());
        if (!rest.empty() && !rest.starts_with('/')) {
            return std::nullopt;  // a neighbour whose name begins so
        }
        folder = root_node;
    }
    if (!folder) {
        return std::nullopt;
    }
    Place place{.folder = nullptr, .name = {}, .node = folder};
    while (!rest.empty()) {
        const auto end = std::min(rest.find('/'), rest.size());
        const auto name = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (name.empty() || name == ".") {
            continue;
        }
        CHECK(name != "..");
        if (!place.node || !place.node->is_folder) {
            return std::nullopt;
        }
        place.folder = place.node;
        place.name = name;
        const auto found = place.folder->names.find(place.name);
        place.node = found == place.folder->names.end() ? nullptr : found->second;
    }
    return place;
}

NodePtr Disk::State::node_of(int fd) {
    const auto found = open.find(fd);
    return found == open.end() ? nullptr : found->second.node;
}

int Disk::State::fault_for(Call call) {
    for (auto& fault : faults) {
        if (fault.call != call || fault.times == 0) {
            continue;
        }
        if (fault.skip > 0) {
            --fault.skip;
            continue;
        }
        --fault.times;
        has_failed = true;
        return fault.error;
    }
    return 0;
}

int Disk::State::refusal(Call call, std::unique_lock<std::mutex>& lock) {
    if (is_off) {
        return EIO;
    }
    if (before_change) {
        lock.unlock();
        {
            const Aside aside;
            before_change();
        }
        lock.lock();
    }
    if (changes >= power_ends_after) {
        is_off = true;
        return EIO;
    }
    ++changes;
    return fault_for(call);
}

int Disk::State::refusal_of_reading() { return is_off ? EIO : fault_for(Call::read); }

void Disk::State::note_write(const NodePtr& node, Write write) const {
    node->unsafe_writes.push_back(std::move(write));
}

void Disk::State::note_names(NameChange change) {
    for (const auto& edit : change.edits) {
        if (edit.node) {
            edit.folder->names[edit.name] = edit.node;
        } else {
            edit.folder->names.erase(edit.name);
        }
    }
    unsafe_names.push_back(std::move(change));
}

void Disk::State::note_sync(const NodePtr& node) {
    if (is_lying) {
        return;
    }
    for (const auto& write : node->unsafe_writes) {
        apply_to(node->safe_bytes, write);
    }
    node->unsafe_writes.clear();
    if (!node->is_folder) {
        return;
    }
    // What a change has in other folders goes with it, and what they had before that.
    std::set<const Node*> folders{node.get()};
    for (bool grows = true; grows;) {
        const auto before = folders.size();
        for (const auto& change : unsafe_names) {
            if (touches(change, folders)) {
                for (const auto& edit : change.edits) {
                    folders.insert(edit.folder.get());
                }
            }
        }
        grows = folders.size() > before;
    }
    for (auto change = unsafe_names.begin(); change != unsafe_names.end();) {
        if (!touches(*change, folders)) {
            ++change;
            continue;
        }
        for (const auto& edit : change->edits) {
            if (edit.node) {
                edit.folder->safe_names[edit.name] = edit.node;
            } else {
                edit.folder->safe_names.erase(edit.name);
            }
        }
        change = unsafe_names.erase(change);
    }
}

void Disk::State::note_sync_of_all() {
    const std::function<void(const NodePtr&)> sync = [&](const NodePtr& node) {
        note_sync(node);
        for (const auto& [name, child] : node->names) {
            sync(child);
        }
    };
    sync(root_node);
}

namespace {

void forget_writes(Node& node) {
    node.unsafe_writes.clear();
    for (const auto& [name, child] : node.names) {
        forget_writes(*child);
    }
}

}  // namespace

void Disk::State::note_failed_sync(int fd, bool is_of_all) {
    if (is_of_all) {
        forget_writes(*root_node);
    } else {
        open.at(fd).node->unsafe_writes.clear();
    }
    for (auto& [other, file] : open) {
        file.is_to_be_told = file.is_to_be_told || other != fd;
    }
}

void Disk::State::copy_survivors(const fs::path& target, Luck luck, Dice& dice) const {
    const auto names = surviving_names(unsafe_names, luck, dice);
    SurvivorCopy(names, luck, dice).copy(*root_node, target);
}

Disk::Disk(const fs::path& root) : state_(std::make_unique<State>(root)) {
    take_system_calls();
    CHECK(current.exchange(state_.get()) == nullptr);
}

Disk::~Disk() { current = nullptr; }

std::uint64_t Disk::changes() const {
    const std::lock_guard lock(state_->mutex);
    return state_->changes;
}

void Disk::before_change(std::function<void()> fn) {
    const std::lock_guard lock(state_->mutex);
    state_->before_change = std::move(fn);
}

void Disk::fail(const Fault& fault) {
    const std::lock_guard lock(state_->mutex);
    state_->faults.push_back(fault);
}

bool Disk::has_failed() const {
    const std::lock_guard lock(state_->mutex);
    return state_->has_failed;
}

void Disk::mend() {
    const std::lock_guard lock(state_->mutex);
    state_->faults.clear();
    state_->has_failed = false;
}

void Disk::lie() {
    const std::lock_guard lock(state_->mutex);
    state_->is_lying = true;
}

void Disk::copy_survivors(const fs::path& target, Luck luck, Dice& dice) const {
    const Aside aside;
    const std::lock_guard lock(state_->mutex);
    state_->copy_survivors(target, luck, dice);
}

void Disk::cut_power_after(std::uint64_t changes) {
    const std::lock_guard lock(state_->mutex);
    state_->power_ends_after = state_->changes + changes;
}

void Disk::keep_power() {
    const std::lock_guard lock(state_->mutex);
    state_->power_ends_after = std::numeric_limits<std::uint64_t>::max();
}

bool Disk::is_off() const {
    const std::lock_guard lock(state_->mutex);
    return state_->is_off;
}

void Disk::restart(Luck luck, Dice& dice) {
    const Aside aside;
    const std::lock_guard lock(state_->mutex);
    auto next = state_->root;
    next += ".next";
    state_->copy_survivors(next, luck, dice);
    fs::remove_all(state_->root);
    fs::rename(next, state_->root);
    state_->scan();
    state_->faults.clear();
    state_->is_off = false;
    state_->power_ends_after = std::numeric_limits<std::uint64_t>::max();
}

}  // namespace ankiwire::sim
