#include "server/account_actor.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "files/temp_folder.hpp"
#include "media/batch_fixture.hpp"

namespace ankiwire::server {
namespace {

using namespace std::chrono_literals;
using wire::Method;

class AccountActorsTest : public testing::Test {
protected:
    ~AccountActorsTest() override {  // no job may be left that holds an actor
        lanes_.join();
        home_.join();
    }

    std::shared_ptr<AccountActor> actor(std::int64_t id) {
        const auto name = "user" + std::to_string(id);
        return actors_.actor_of({.account = {id}, .name = name, .folder = folder_.path() / name});
    }

    // Runs fn(parts) on the actor; the caller need not wait.
    template <class Fn>
    std::future<void> run(const std::shared_ptr<AccountActor>& actor, Fn fn) {
        auto coroutine = [](std::shared_ptr<AccountActor> on, Fn work) -> asio::awaitable<void> {
            co_await on->run([&work](AccountActor::Parts& parts) {
                work(parts);
                return true;
            });
        };
        return asio::co_spawn(home_, coroutine(actor, std::move(fn)), asio::use_future);
    }

    static Result<std::string> step(AccountActor::Parts& parts, Method method,
                                    const char* json = "{}") {
        return parts.account.step({method, {"session"}, json}, {1'700'000'000'000});
    }
    static void sync(AccountActor::Parts& parts) {
        EXPECT_TRUE(step(parts, Method::meta, R"({"v":11,"cv":"test"})"));
        EXPECT_TRUE(step(parts, Method::start, R"({"minUsn":0,"lnewer":false})"));
        EXPECT_TRUE(step(parts, Method::finish));
    }

    // fn(store) on the actor's media; what it throws is thrown.
    template <class Fn>
    void on_media(const std::shared_ptr<AccountActor>& actor, Fn fn) {
        auto coroutine = [](std::shared_ptr<AccountActor> on, Fn work) -> asio::awaitable<void> {
            const auto done =
                co_await on->run_on_media([&work](media::MediaStore& store) -> Result<void> {
                    work(store);
                    return {};
                });
            EXPECT_TRUE(done);
        };
        asio::co_spawn(home_, coroutine(actor, std::move(fn)), asio::use_future).get();
    }
    std::int32_t media_usn(const std::shared_ptr<AccountActor>& actor) {
        std::int32_t told = -1;
        auto ask = [](std::shared_ptr<AccountActor> of,
                      std::int32_t& usn) -> asio::awaitable<void> {
            const auto known = co_await of->media_usn();
            EXPECT_TRUE(known);
            usn = known ? known->value : -1;
        };
        asio::co_spawn(home_, ask(actor, told), asio::use_future).get();
        return told;
    }
    static void add_files(media::MediaStore& store, const std::filesystem::path& account,
                          const std::string& name, int count) {
        std::vector<media::Change> changes;
        for (int i = 0; i < count; ++i) {
            changes.emplace_back(name + std::to_string(i), "content");
        }
        const auto zip = media::staging_folder(account) / "upload.tmp";
        std::ofstream(zip, std::ios::binary) << media::zip_of(changes);
        auto batch = media::StagedBatch::unpack(zip);
        ASSERT_TRUE(batch);
        EXPECT_TRUE(store.apply(*batch, {1'700'000'000}));
    }
    // As another program does, which nobody may keep out.
    static void add_files_from_outside(const std::filesystem::path& account, int count) {
        auto store = media::MediaStore::open(account, {1'700'000'000});
        ASSERT_TRUE(store) << store.error().context;
        add_files(*store, account, std::string(110, 'o'), count);
        EXPECT_TRUE(store->close());
    }
    static void close(const std::shared_ptr<AccountActor>& actor) {
        std::promise<void> closed;
        actor->close([&closed] { closed.set_value(); });
        closed.get_future().wait();
    }

    files::TempFolder folder_;
    LaneThreads lanes_{1};
    asio::thread_pool home_{lanes_.network_threads()};  // where the network's coroutines would be
    Budget bodies_{limits::bodies_bytes_max, "too much"};
    AccountActors actors_{lanes_.lanes(), bodies_, {}};
};

TEST_F(AccountActorsTest, do_not_wait_for_a_user_who_is_inside_a_transaction) {
    std::promise<void> inside;
    std::promise<void> release;
    auto first = run(actor(1), [&](AccountActor::Parts& parts) {
        const auto edit = [&](collection::CollectionStore&, Usn) -> Result<void> {
            inside.set_value();
            release.get_future().wait();
            return {};
        };
        EXPECT_TRUE(parts.account.edit(edit, {1'700'000'000'000}));
    });
    inside.get_future().wait();

    for (int i = 0; i < 2; ++i) {  // which find no place on the network's threads
        auto second = run(actor(2), sync);
        EXPECT_EQ(second.wait_for(30s), std::future_status::ready);
        second.get();
    }
    EXPECT_EQ(first.wait_for(0s), std::future_status::timeout);
    release.set_value();
    first.get();
}

TEST_F(AccountActorsTest, work_on_the_network_s_threads_while_one_is_left_for_the_network) {
    const auto thread_of_step = [this](std::int64_t id) {
        std::thread::id thread;
        run(actor(id), [&thread](AccountActor::Parts&) {
            thread = std::this_thread::get_id();
        }).get();
        return thread;
    };
    std::mutex mutex;
    std::set<std::thread::id> network;
    std::vector<std::future<void>> all;
    std::barrier together(static_cast<std::ptrdiff_t>(lanes_.network_threads()));
    for (std::size_t i = 0; i < lanes_.network_threads(); ++i) {
        all.push_back(asio::post(home_, asio::use_future([&] {
                                     together.arrive_and_wait();
                                     const std::lock_guard lock(mutex);
                                     network.insert(std::this_thread::get_id());
                                 })));
    }
    for (auto& one : all) {
        one.get();
    }
    EXPECT_TRUE(network.contains(thread_of_step(1)));

    std::promise<void> inside;
    std::promise<void> release;
    auto first = run(actor(1), [&](AccountActor::Parts&) {
        inside.set_value();
        release.get_future().wait();
    });
    inside.get_future().wait();
    EXPECT_FALSE(network.contains(thread_of_step(2)));
    release.set_value();
    first.get();
    EXPECT_TRUE(network.contains(thread_of_step(3)));
}

TEST_F(AccountActorsTest, do_one_thing_at_a_time_for_one_user) {
    int running = 0;  // a plain number: the thread sanitizer watches it too
    std::vector<std::future<void>> all;
    for (int i = 0; i < 100; ++i) {
        all.push_back(run(actor(1), [&running](AccountActor::Parts& parts) {
            EXPECT_EQ(++running, 1);
            sync(parts);
            --running;
        }));
    }
    for (auto& one : all) {
        one.get();
    }
}

TEST_F(AccountActorsTest, roll_back_a_step_that_throws) {
    run(actor(1), [](AccountActor::Parts& parts) {
        EXPECT_TRUE(step(parts, Method::start, R"({"minUsn":0,"lnewer":false})"));
    }).get();
    const auto out_of_memory = [](AccountActor::Parts&) { throw std::bad_alloc(); };
    EXPECT_THROW(run(actor(1), out_of_memory).get(), std::bad_alloc);
    run(actor(1), [](AccountActor::Parts& parts) {
        EXPECT_FALSE(parts.account.is_syncing());
        EXPECT_FALSE(step(parts, Method::finish));
        sync(parts);
    }).get();
}

TEST_F(AccountActorsTest, tell_the_media_usn_of_another_program_s_changes) {
    const auto alice = actor(1);
    const auto& account = alice->user().folder;
    on_media(alice, [&](media::MediaStore& store) { add_files(store, account, "a", 1); });
    close(alice);
    EXPECT_EQ(media_usn(alice), 1);
    add_files_from_outside(account, 25);  // so many that media.db grows
    EXPECT_EQ(media_usn(alice), 26);
}

TEST_F(AccountActorsTest, open_media_anew_after_a_step_that_throws) {
    const auto alice = actor(1);
    const auto& account = alice->user().folder;
    const auto out_of_memory = [&](media::MediaStore& store) {
        add_files(store, account, "a", 1);
        throw std::bad_alloc();
    };
    EXPECT_EQ(media_usn(alice), 0);
    EXPECT_THROW(on_media(alice, out_of_memory), std::bad_alloc);
    add_files_from_outside(account, 1);
    EXPECT_EQ(media_usn(alice), 2);
}

TEST_F(AccountActorsTest, sync_media_to_disk_when_they_rest) {
    const auto alice = actor(1);
    const auto staging = media::staging_folder(alice->user().folder);
    on_media(alice, [&](media::MediaStore& store) {
        add_files(store, alice->user().folder, "a", 1);
        EXPECT_TRUE(store.has_staged());
    });
    EXPECT_FALSE(std::filesystem::is_empty(staging));
    alice->tick();
    on_media(alice, [](media::MediaStore& store) { EXPECT_FALSE(store.has_staged()); });
    EXPECT_TRUE(std::filesystem::is_empty(staging));
}

TEST_F(AccountActorsTest, are_one_for_each_account) {
    EXPECT_EQ(actor(1), actor(1));
    EXPECT_NE(actor(1), actor(2));
    EXPECT_EQ(actors_.all().size(), 2U);
}

}  // namespace
}  // namespace ankiwire::server
