// Requests of protocol 8 to 10: a form whose parts come in any order, so that who sends it may be
// known only at its end (R-LEG-02). Invariants: memory for a file is a constant: `data` of `upload`
// and `uploadChanges` waits on the disk; all that waits there together is bounded.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "server/async.hpp"
#include "server/budget.hpp"
#include "server/exchange.hpp"
#include "server/lanes.hpp"
#include "wire/form.hpp"
#include "wire/messages.hpp"

namespace ankiwire::server {

struct FormRequest {
    wire::FormValues values;            // all parts but `data`
    std::unique_ptr<RequestBody> data;  // that part; empty if there is none (R-LEG-04)
};

class Forms {
public:
    // Files wait in `folder`. `bodies` outlives it.
    Forms(const Lanes& lanes, Budget& bodies, std::filesystem::path folder,
          std::size_t stored_bytes_max = limits::stored_forms_bytes_max);

    // malformed: no form; too_large: more than `data_bytes_max`, packed, or too much besides;
    // busy: too much waits.
    asio::awaitable<Result<FormRequest>> receive(const RequestHead& head, RequestBody& body,
                                                 wire::Method method, std::size_t data_bytes_max);

private:
    asio::awaitable<Result<FormRequest>> hold(wire::FormReader reader, RequestBody& body,
                                              std::size_t data_bytes_max);
    asio::awaitable<Result<FormRequest>> store(wire::FormReader reader, RequestBody& body,
                                               std::size_t data_bytes_max);

    Lanes lanes_;
    Budget& bodies_;
    Budget stored_;
    std::filesystem::path folder_;
};

}  // namespace ankiwire::server
