// For tests: the rows of a fixture in the format that fixtures/README.md describes.
#pragma once

#include <string>
#include <vector>

namespace ankiwire {

std::vector<std::vector<std::string>> read_fixture_tsv(const std::string& file_name);

}  // namespace ankiwire
