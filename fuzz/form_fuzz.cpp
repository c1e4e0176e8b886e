// Contract of FormReader, for any bytes: parts or `malformed`, and the same however the bytes are
// cut into pieces. The first byte is the size of the pieces; up to the first line feed follows the
// content type, and then the body.
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "wire/form.hpp"

using namespace ankiwire;
using namespace ankiwire::wire;

namespace {

struct Form {
    FormValues values;
    std::string data;
    friend bool operator==(const Form&, const Form&) = default;
};

Result<Form> read(std::string_view content_type, std::string_view bytes, std::size_t piece_bytes) {
    Form form;
    const ByteSink sink = [&form](std::string_view piece) -> Result<void> {
        form.data += piece;
        return {};
    };
    TRY_ASSIGN(auto reader, FormReader::make(content_type));
    for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
        TRY(reader.push(bytes.substr(at, piece_bytes), sink));
    }
    TRY(reader.finish(sink));
    form.values = reader.values();
    return form;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto content_type = input.substr(0, input.find('\n'));
    const auto body = input.substr(std::min(content_type.size() + 1, input.size()));
    is_form_type(content_type);
    const auto whole = read(content_type, body, size);
    const auto pieces = read(content_type, body, std::size_t{data[0]} + 1);
    CHECK(whole.has_value() == pieces.has_value());
    if (whole) {
        CHECK(*whole == *pieces);
    } else {
        CHECK(whole.error().kind == ErrorKind::malformed);
        CHECK(pieces.error().kind == ErrorKind::malformed);
    }
    return 0;
}
