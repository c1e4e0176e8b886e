// One thing at a time, in the order of asking, each on a lane of its own: a strand whose steps need
// not run on the same threads. Thread-safe.
#pragma once

#include <boost/asio/post.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "server/lanes.hpp"

namespace ankiwire::server {

class Turns {
public:
    Turns() = default;
    Turns(const Turns&) = delete;
    Turns& operator=(const Turns&) = delete;

    // Calls job() on `lane`, when all that was asked for before is done. The job keeps alive what
    // these Turns are a part of; it may be one that can only be moved.
    template <class Job>
    void post(const Lane& lane, Job job) {
        auto step = std::make_unique<StepOf<Job>>(lane, std::move(job));
        const auto* const added = step.get();
        {
            const std::lock_guard lock(mutex_);
            steps_.push_back(std::move(step));
            if (steps_.front().get() != added) {
                return;
            }
        }
        start(lane);
    }

    // Calls job() here and now if nothing else runs or waits. nullopt: something does.
    template <class Job>
    std::optional<std::invoke_result_t<Job&>> try_now(Job& job) {
        {
            const std::lock_guard lock(mutex_);
            if (!steps_.empty()) {
                return std::nullopt;
            }
            steps_.push_back(nullptr);
        }
        struct End {
            Turns& turns;
            ~End() { turns.end_first(); }
        };
        const End end{*this};
        return job();
    }

private:
    struct Step {
        explicit Step(const Lane& on) : lane(on) {}
        virtual ~Step() = default;
        virtual void run() = 0;
        Lane lane;
    };
    template <class Job>
    struct StepOf final : Step {
        StepOf(const Lane& on, Job what) : Step(on), job(std::move(what)) {}
        void run() override { job(); }
        Job job;
    };

    // Not with the mutex held: who is woken would have to wait for it.
    void start(const Lane& lane) {
        boost::asio::post(lane, [this] { run_first(); });
    }
    void run_first() {
        first().run();
        end_first();
    }
    void end_first() {
        std::unique_ptr<Step> done;  // and perhaps the last that keeps us alive
        std::optional<Lane> next;
        {
            const std::lock_guard lock(mutex_);
            done = std::move(steps_.front());
            steps_.pop_front();
            if (!steps_.empty()) {
                next = steps_.front()->lane;
            }
        }
        if (next) {
            start(*next);
        }
    }
    Step& first() {
        const std::lock_guard lock(mutex_);
        return *steps_.front();
    }

    std::mutex mutex_;
    std::deque<std::unique_ptr<Step>> steps_;  // the first runs, or is about to; null: in place
};

// A lane to go to when it is one's turn; an executor for run_on.
struct Turn {
    Turns& turns;
    Lane lane;
};

template <class Job>
void post(const Turn& turn, Job job) {
    turn.turns.post(turn.lane, std::move(job));
}

}  // namespace ankiwire::server
