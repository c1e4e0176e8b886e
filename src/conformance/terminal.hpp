// The person at the terminal: sees what goes on, and may end it.
#pragma once

#include <cstddef>
#include <string_view>

namespace ankiwire::conformance {

// One line on standard error that is written over and over, if that is a terminal.
class Progress {
public:
    Progress();
    void show(std::size_t number, std::size_t of, std::string_view what) const;
    void clear() const;

private:
    bool is_shown_;
};

// From now on the first SIGINT or SIGTERM is only noted; the next one ends the program.
void note_interrupts();
bool is_interrupted();

}  // namespace ankiwire::conformance
