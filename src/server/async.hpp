// How coroutines of the network hand work to the pools, and TRY for coroutines.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/result.hpp"
#include "server/lanes.hpp"

namespace ankiwire::server {

namespace asio = boost::asio;

// What a job has returned or thrown (no memory): in a pool an exception would end the process.
template <class R>
using Outcome = std::variant<R, std::exception_ptr>;

template <class Fn>
Outcome<std::invoke_result_t<Fn&>> attempt(Fn& job) {
    using Attempted = Outcome<std::invoke_result_t<Fn&>>;
    try {
        return Attempted(std::in_place_index<0>, job());
    } catch (...) {
        return Attempted(std::in_place_index<1>, std::current_exception());
    }
}

template <class R>
R result_of(Outcome<R> outcome) {
    if (outcome.index() == 1) {
        std::rethrow_exception(std::get<1>(std::move(outcome)));
    }
    return std::get<0>(std::move(outcome));
}

// Runs fn() on `executor`, or in one's Turn; the coroutine waits without a thread and goes on where
// it was. A job that runs is never interrupted: what it refers to must be its own or outlive the
// pool. What it throws is thrown in the coroutine.
template <class Executor, class Fn>
asio::awaitable<std::invoke_result_t<Fn&>> run_on(Executor executor, Fn fn) {
    using Attempted = Outcome<std::invoke_result_t<Fn&>>;
    auto start = [executor = std::move(executor), fn = std::move(fn)](auto handler) mutable {
        using asio::post;
        post(executor, [handler = std::move(handler), fn = std::move(fn)]() mutable {
            auto home = asio::get_associated_executor(handler);
            asio::post(home, [handler = std::move(handler), outcome = attempt(fn)]() mutable {
                std::move(handler)(std::move(outcome));
            });
        });
    };
    co_return result_of(
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Attempted)>(
            std::move(start), asio::use_awaitable));
}

// The same for a short step: here and now while there is a place, which spares two threads to be
// woken, else on a worker.
template <class Fn>
asio::awaitable<std::invoke_result_t<Fn&>> run_short(const Lanes& lanes, Fn fn) {
    {
        Budget::Share place(*lanes.in_place);
        if (place.grow(1)) {
            co_return fn();
        }
    }
    co_return co_await run_on(lanes.workers, std::move(fn));
}

}  // namespace ankiwire::server

// As TRY and TRY_ASSIGN, inside a coroutine that returns a Result.
#define CO_TRY(expr)                                 \
    do {                                             \
        if (auto try_result = (expr); !try_result) { \
            co_return std::move(try_result).error(); \
        }                                            \
    } while (false)
#define CO_TRY_ASSIGN(target, expr) \
    CO_TRY_ASSIGN_(ANKIWIRE_CONCAT(try_result_, __LINE__), target, expr)
#define CO_TRY_ASSIGN_(temporary, target, expr) \
    auto temporary = (expr);                    \
    if (!temporary) {                           \
        co_return std::move(temporary).error(); \
    }                                           \
    target = std::move(temporary).value()
