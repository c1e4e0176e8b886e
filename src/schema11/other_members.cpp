#include "schema11/other_members.hpp"

#include <algorithm>
#include <utility>

namespace ankiwire::schema11 {
namespace {

bool names(Names known, std::string_view name) {
    return std::ranges::any_of(known, [&](std::span<const std::string_view> list) {
        return std::ranges::find(list, name) != list.end();
    });
}

}  // namespace

void write_members_except(Names known, json::Object object, json::Writer& out) {
    std::string text;
    // The visitor never fails.
    (void)object.for_each([&](std::string_view name, json::Value value) -> Result<void> {
        if (!names(known, name)) {
            text.clear();
            value.append_to(text);
            out.key(name).raw(text);
        }
        return {};
    });
}

std::string other_members(json::Object object, Names known) {
    std::string text;
    json::Writer out(text);
    out.begin_object();
    write_members_except(known, object, out);
    out.end_object();
    return text == "{}" ? std::string() : text;
}

OtherMembers::OtherMembers(const std::string& bytes) {
    if (bytes.empty()) {
        return;
    }
    if (auto document = json::Document::parse(bytes)) {
        document_ = std::move(document).value();
        if (const auto object = document_->root().object()) {
            object_ = *object;
        }
    }
}

void OtherMembers::write_except(Names known, json::Writer& out) const {
    if (object_) {
        write_members_except(known, *object_, out);
    }
}

void OtherMembers::write_nested_except(Names known, std::string_view name,
                                       json::Writer& out) const {
    const auto nested = object_ ? object_->find(name) : std::nullopt;
    if (nested && nested->is_object()) {
        write_members_except(known, nested->object().value(), out);
    }
}

}  // namespace ankiwire::schema11
