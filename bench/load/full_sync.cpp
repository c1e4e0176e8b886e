// Whole collections, and what another user notices of them.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <vector>

#include "files/files.hpp"
#include "load/works.hpp"

namespace ankiwire::load {
namespace {

Result<Request> upload_request(const Options& options) {
    std::ifstream file(options.file, std::ios::binary);
    const std::string plain(std::istreambuf_iterator<char>(file), {});
    if (!file || plain.empty()) {
        return fail(ErrorKind::not_found, "no collection can be read from " + options.file);
    }
    return request(options.users.front(), {wire::Method::upload, plain, "OK"});
}

using Step = std::function<Result<void>(Connection&)>;

Step ask_for(Request what) {
    return [what = std::move(what)](Connection& connection) -> Result<void> {
        TRY(ask(connection, what));
        return {};
    };
}

// That the server has what was uploaded.
Result<void> check_upload(const Options& options) {
    TRY_ASSIGN(const auto bytes, files::size_of(std::filesystem::path(options.file)));
    Packed reply(bytes);
    TRY_ASSIGN(auto connection, Connection::open(options.port));
    TRY(fetch(connection, download_request(options.users.front()), reply));
    return check_size(reply, bytes);
}

// Of the first user, as often as is asked for.
class Downloads {
public:
    // Of a collection of so many bytes.
    Downloads(const Options& options, std::size_t bytes)
        : request_(download_request(options.users.front())), bytes_(bytes) {
        replies_.reserve(options.count);
        for (std::size_t i = 0; i < options.count; ++i) {
            replies_.emplace_back(bytes_);
        }
    }

    Step step() {
        return [this](Connection& connection) {
            return fetch(connection, request_, replies_.at(done_++));
        };
    }
    Result<void> check() const {
        for (const auto& reply : replies_) {
            TRY(check_size(reply, bytes_));
        }
        return {};
    }

private:
    Request request_;
    std::size_t bytes_;
    std::vector<Packed> replies_;
    std::size_t done_ = 0;
};

// As often as is asked for, on one connection.
Result<void> repeat(const Options& options, const Step& step) {
    TRY_ASSIGN(auto connection, Connection::open(options.port));
    for (std::size_t i = 0; i < options.count; ++i) {
        TRY(step(connection));
    }
    return {};
}

Result<Figures> repeat_timed(const Options& options, const Step& step) {
    return measure(1, [&](std::size_t, Times& times) {
        return repeat(options, [&](Connection& connection) {
            return times.timed([&] { return step(connection); });
        });
    });
}

Result<Figures> ask_meta_during(const Options& options, const Step& step) {
    if (options.users.size() < 2) {
        return fail(ErrorKind::malformed, "this work takes two users");
    }
    const auto question = request(options.users[1], meta());
    std::atomic<bool> done = false;
    return measure(2, [&](std::size_t i, Times& times) -> Result<void> {
        if (i == 0) {
            auto result = repeat(options, step);
            done = true;
            return result;
        }
        TRY_ASSIGN(auto connection, Connection::open(options.port));
        TRY(ask(connection, question));  // opens the collection
        while (!done) {
            TRY(times.timed([&] { return ask(connection, question); }));
        }
        return {};
    });
}

}  // namespace

Result<Figures> upload(const Options& options) {
    TRY_ASSIGN(auto made, upload_request(options));
    TRY_ASSIGN(auto figures, repeat_timed(options, ask_for(std::move(made))));
    figures.check = [&options] { return check_upload(options); };
    return figures;
}

Result<Figures> download(const Options& options) {
    TRY_ASSIGN(const auto bytes, files::size_of(std::filesystem::path(options.file)));
    const auto downloads = std::make_shared<Downloads>(options, bytes);
    TRY_ASSIGN(auto figures, repeat_timed(options, downloads->step()));
    figures.check = [downloads] { return downloads->check(); };
    return figures;
}

Result<Figures> meta_during_upload(const Options& options) {
    TRY_ASSIGN(auto made, upload_request(options));
    TRY_ASSIGN(auto figures, ask_meta_during(options, ask_for(std::move(made))));
    figures.check = [&options] { return check_upload(options); };
    return figures;
}

Result<Figures> meta_during_download(const Options& options) {
    TRY_ASSIGN(const auto bytes, files::size_of(std::filesystem::path(options.file)));
    const auto downloads = std::make_shared<Downloads>(options, bytes);
    TRY_ASSIGN(auto figures, ask_meta_during(options, downloads->step()));
    figures.check = [downloads] { return downloads->check(); };
    return figures;
}

Result<Figures> meta_during_guesses(const Options& options) {
    const auto made = guess(options.users.front());
    return ask_meta_during(options, [&](Connection& connection) -> Result<void> {
        Packed reply(0);
        return fetch(connection, made, reply);
    });
}

}  // namespace ankiwire::load
