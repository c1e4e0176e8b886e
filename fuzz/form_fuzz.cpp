// Contract of FormReader, for any bytes: parts, `malformed` or `too_large`, and the same however
// the bytes are cut into pieces. The first byte is the size of the pieces.
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

Result<Form> read(std::string_view bytes, std::size_t piece_bytes) {
    Form form;
    const ByteSink sink = [&form](std::string_view piece) -> Result<void> {
        form.data += piece;
        return {};
    };
    TRY_ASSIGN(auto reader, FormReader::make("multipart/form-data; boundary=b"));
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
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = read(bytes, size);
    const auto pieces = read(bytes, std::size_t{data[0]} + 1);
    CHECK(whole.has_value() == pieces.has_value());
    if (whole) {
        CHECK(*whole == *pieces);
    } else {
        const auto kind = whole.error().kind;
        CHECK(kind == ErrorKind::malformed || kind == ErrorKind::too_large);
    }
    return 0;
}
