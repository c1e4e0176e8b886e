// The steps of a transcript: a request, and below it what has to come back.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "conformance/lines.hpp"
#include "conformance/node.hpp"
#include "conformance/transcript.hpp"

namespace ankiwire::conformance {

// Every error is malformed, with file and line.
class StepReader {
public:
    StepReader(std::string file, const Library& library)
        : file_(std::move(file)),
          library_(library),
          find_object_([&library](std::string_view name) { return library.object(name); }) {}

    // Appends the steps that a block adds to, or begins.
    Result<void> read_step(const Block& block, std::vector<Step>& steps, int uses_deep);
    // name=value, where a value is a word or a text in quotes.
    Result<void> read_options(int line, std::string_view& text,
                              std::map<std::string, std::string>& options);
    [[nodiscard]] Error problem(int line, const std::string& what) const {
        return fail(ErrorKind::malformed, file_ + ":" + std::to_string(line) + ": " + what);
    }

private:
    Result<Node> read_value(int line, std::string_view& text);
    Result<void> read_body(int line, std::string_view text, RequestBody& body);
    Result<void> read_expectation(const Block& block, std::string_view text, Expectation& expected);
    [[nodiscard]] Result<std::size_t> read_number(int line, const std::string& text) const;
    // SQL, and below it its rows, each after `=`, columns after `|`.
    Result<void> read_queries(const Block& block, std::string_view text,
                              std::vector<Query>& queries);
    // Steps of the library, with `*` as this client.
    Result<void> use(int line, const std::string& client, std::string_view text,
                     std::vector<Step>& steps, int uses_deep);

    std::string file_;
    const Library& library_;
    FindObject find_object_;
};

}  // namespace ankiwire::conformance
