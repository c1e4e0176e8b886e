// Errors as values. A function that can fail returns Result<T>; Error names whose fault it is and
// what the peer may be told. Names follow std::expected, which the compilers of Debian 12 lack.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace ankiwire {

// Closed set, named by what the peer sees; server/http_status.cpp alone maps it to numbers.
enum class ErrorKind {
    malformed,            // the request cannot be understood; nothing was touched
    unsupported_version,  // a protocol version that this server does not speak
    too_large,            // over a limit of spec/08
    auth_failed,          // unknown user, wrong password or unknown host key
    session_conflict,     // no running sync with this session key
    inconsistent_data,    // understood, but it contradicts the collection: the client must check it
    not_found,            // no such method, file or version
    corrupt_upload,       // the uploaded file may not become a collection
    busy,                 // over a budget, or the collection is held by someone else; try again
    storage,              // disk full, read only, I/O error
    damaged,              // a database file is damaged, or is none
    internal,             // a bug of ours
};

struct Error {
    ErrorKind kind;
    std::string context;  // for the log; never user content, a password or a key
};

template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    // Precondition of value(), * and ->: has_value(); of error(): !has_value().
    T& value() & { return std::get<0>(state_); }
    const T& value() const& { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    [[nodiscard]] const Error& error() const& { return std::get<1>(state_); }
    Error&& error() && { return std::get<1>(std::move(state_)); }

private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)), failed_(true) {}

    [[nodiscard]] bool has_value() const { return !failed_; }
    explicit operator bool() const { return has_value(); }
    void value() const {}
    [[nodiscard]] const Error& error() const& { return error_; }
    Error&& error() && { return std::move(error_); }

private:
    Error error_{ErrorKind::internal, {}};
    bool failed_ = false;
};

inline Error fail(ErrorKind kind, std::string context) { return {kind, std::move(context)}; }

}  // namespace ankiwire

#define ANKIWIRE_CONCAT_(a, b) a##b
#define ANKIWIRE_CONCAT(a, b) ANKIWIRE_CONCAT_(a, b)

// TRY(expr): returns the error of a Result<void> to the caller.
#define TRY(expr)                                    \
    do {                                             \
        if (auto try_result = (expr); !try_result) { \
            return std::move(try_result).error();    \
        }                                            \
    } while (false)

// TRY_ASSIGN(auto x, expr): x = the value, or returns the error to the caller.
#define TRY_ASSIGN(target, expr) TRY_ASSIGN_(ANKIWIRE_CONCAT(try_result_, __LINE__), target, expr)
#define TRY_ASSIGN_(temporary, target, expr) \
    auto temporary = (expr);                 \
    if (!temporary) {                        \
        return std::move(temporary).error(); \
    }                                        \
    target = std::move(temporary).value()
