#include "server/form_request.hpp"

#include <optional>
#include <utility>

#include "files/files.hpp"
#include "server/body.hpp"
#include "server/temp_file.hpp"

namespace ankiwire::server {
namespace {

constexpr std::size_t read_bytes = 256 * limits::kib;

// R-LEG-03
Packing packing_of(const wire::FormValues& values) {
    const auto packed = values.find("c");
    return packed == values.end() || packed->second == "0" ? Packing::none : Packing::gzip;
}

class HeldData final : public RequestBody {
public:
    HeldData(HeldBody held, Packing packing) : held_(std::move(held)), packing_(packing) {}

    asio::awaitable<Result<std::string_view>> next() override {
        if (std::exchange(given_, true)) {
            held_.reset();  // whoever has read it has a copy
        }
        co_return held_ ? std::string_view(held_->bytes) : std::string_view();
    }
    [[nodiscard]] Packing packing() const override { return packing_; }

private:
    std::optional<HeldBody> held_;
    Packing packing_;
    bool given_ = false;
};

class StoredData final : public RequestBody {
public:
    StoredData(TempFile temp, files::FileDescriptor file, Budget::Share share, Packing packing,
               Lane lane)
        : share_(std::move(share)),
          temp_(std::move(temp)),
          file_(std::move(file)),
          packing_(packing),
          lane_(std::move(lane)) {}

    asio::awaitable<Result<std::string_view>> next() override {
        auto read = [this]() -> Result<std::string_view> {
            buffer_.resize(read_bytes);
            TRY_ASSIGN(const auto size,
                       files::read_at(file_, offset_, buffer_.data(), buffer_.size()));
            offset_ += size;
            return std::string_view(buffer_).substr(0, size);
        };
        co_return co_await run_on(lane_, std::move(read));
    }
    [[nodiscard]] Packing packing() const override { return packing_; }

private:
    Budget::Share share_;
    TempFile temp_;
    files::FileDescriptor file_;
    std::uint64_t offset_ = 0;
    Packing packing_;
    Lane lane_;
    std::string buffer_;
};

Error too_large() { return fail(ErrorKind::too_large, "the form is too large"); }

// Ends what would go on for ever, although nothing of it is kept.
class LimitedBody final : public RequestBody {
public:
    LimitedBody(RequestBody& body, std::size_t bytes_max) : body_(body), bytes_left_(bytes_max) {}

    asio::awaitable<Result<std::string_view>> next() override {
        CO_TRY_ASSIGN(const auto piece, co_await body_.next());
        if (piece.size() > bytes_left_) {
            co_return too_large();
        }
        bytes_left_ -= piece.size();
        co_return piece;
    }

private:
    RequestBody& body_;
    std::size_t bytes_left_;
};

}  // namespace

Forms::Forms(const Lanes& lanes, Budget& bodies, std::filesystem::path folder,
             std::size_t stored_bytes_max)
    : lanes_(lanes),
      bodies_(bodies),
      stored_(stored_bytes_max, "too many uploads of older clients wait"),
      folder_(std::move(folder)) {}

asio::awaitable<Result<FormRequest>> Forms::receive(const RequestHead& head, RequestBody& body,
                                                    wire::Method method,
                                                    std::size_t data_bytes_max) {
    if (head.verb == Verb::get) {
        co_return FormRequest{
            wire::parse_query(head.query),
            std::make_unique<HeldData>(HeldBody{{}, Budget::Share(bodies_)}, Packing::none)};
    }
    CO_TRY_ASSIGN(auto reader, wire::FormReader::make(head.content_type));
    LimitedBody limited(body, data_bytes_max + limits::form_other_bytes_max);
    if (method == wire::Method::upload || method == wire::Method::upload_changes) {
        co_return co_await store(std::move(reader), limited, data_bytes_max);
    }
    co_return co_await hold(std::move(reader), limited, data_bytes_max);
}

asio::awaitable<Result<FormRequest>> Forms::hold(wire::FormReader reader, RequestBody& body,
                                                 std::size_t data_bytes_max) {
    HeldBody held{{}, Budget::Share(bodies_)};
    const ByteSink sink = [&](std::string_view piece) -> Result<void> {
        if (held.bytes.size() + piece.size() > data_bytes_max) {
            return too_large();
        }
        TRY(held.share.grow(piece.size()));
        held.bytes += piece;
        return {};
    };
    while (true) {
        CO_TRY_ASSIGN(const auto piece, co_await body.next());
        if (piece.empty()) {
            break;
        }
        CO_TRY(reader.push(piece, sink));
    }
    CO_TRY(reader.finish(sink));
    co_return FormRequest{reader.values(),
                          std::make_unique<HeldData>(std::move(held), packing_of(reader.values()))};
}

asio::awaitable<Result<FormRequest>> Forms::store(wire::FormReader reader, RequestBody& body,
                                                  std::size_t data_bytes_max) {
    const auto lane = lanes_.media_files;
    Budget::Share share(stored_);
    TempFile temp(folder_, "form");
    auto create = [&temp] { return files::create(temp.path()); };
    CO_TRY_ASSIGN(auto out, co_await run_on(lane, std::move(create)));
    std::size_t bytes = 0;
    const ByteSink sink = [&](std::string_view piece) -> Result<void> {
        bytes += piece.size();
        if (bytes > data_bytes_max) {
            return too_large();
        }
        TRY(share.grow(piece.size()));
        return files::write_all(out, piece);
    };
    while (true) {
        CO_TRY_ASSIGN(const auto piece, co_await body.next());
        if (piece.empty()) {
            break;
        }
        auto push = [&] { return reader.push(piece, sink); };
        CO_TRY(co_await run_on(lane, std::move(push)));
    }
    auto end = [&]() -> Result<files::FileDescriptor> {
        TRY(reader.finish(sink));
        return files::open_for_reading(temp.path());
    };
    CO_TRY_ASSIGN(auto file, co_await run_on(lane, std::move(end)));
    const auto packing = packing_of(reader.values());
    co_return FormRequest{reader.values(),
                          std::make_unique<StoredData>(std::move(temp), std::move(file),
                                                       std::move(share), packing, lane)};
}

}  // namespace ankiwire::server
