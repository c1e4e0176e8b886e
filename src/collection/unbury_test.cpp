#include "collection/store_fixture.hpp"

namespace ankiwire::collection {
namespace {

// Day 100 of a collection whose days begin at 04:00 UTC.
class UnburyTest : public StoreFixture {
protected:
    static constexpr std::int64_t today = 100;

    UnburyTest() {
        Chunk chunk;
        chunk.cards = {card(1), card(2), card(3), card(4), card(5), card(6)};
        apply(chunk);
        execute(
            "update col set usn = 42, crt = " + std::to_string(context.now.value - today * 86'400) +
            "; delete from config; "
            "update cards set queue = -2, usn = 3; "
            "update cards set type = 1, due = 1600000000 where id = 2; "
            "update cards set type = 3, due = 50 where id = 3; "
            "update cards set type = 2, queue = -3 where id = 4; "
            "update cards set type = 2, queue = -1 where id = 5; "
            "update cards set type = 9, due = 'x' where id = 6");
        config("schedVer", "2");
        config("creationOffset", "0");
        config("localOffset", "0");
        config("rollover", "4");
    }
    void config(const std::string& key, const std::string& json) {
        execute("insert or replace into config values ('" + key + "', 1, 1, cast('" + json +
                "' as blob))");
    }
    std::string config(const std::string& key) {
        return text("select cast(val as text) from config where key = '" + key + "'");
    }
    void roll_over() {
        change([](auto& store) { EXPECT_TRUE(ok(store.roll_over_day(context.now))); });
    }
    std::string queues() {
        return text("select group_concat(queue) from (select queue from cards order by id)");
    }
    static constexpr const char* buried = "-2,-2,-2,-3,-1,-2";
    static constexpr const char* unburied = "0,1,3,2,-1,0";
};

TEST_F(UnburyTest, brings_buried_cards_back_on_a_new_day) {  // R-STORE-17
    config("lastUnburied", "99");
    roll_over();
    EXPECT_EQ(queues(), unburied);
    EXPECT_EQ(config("lastUnburied"), "100");
    EXPECT_EQ(number("select usn from config where key = 'lastUnburied'"), 42);
    EXPECT_EQ(number("select typeof(val) = 'blob' from config where key = 'lastUnburied'"), 1);
    EXPECT_EQ(number("select count(*) from cards where usn = 3 and mod = 100"), 6);
}

TEST_F(UnburyTest, leaves_cards_buried_on_the_same_day) {  // R-STORE-17
    config("lastUnburied", "100");
    roll_over();
    EXPECT_EQ(queues(), buried);
    EXPECT_EQ(number("select usn from config where key = 'lastUnburied'"), 1);
}

TEST_F(UnburyTest, believes_a_clock_that_was_up_to_a_week_ahead) {  // R-STORE-17
    config("lastUnburied", "107");
    roll_over();
    EXPECT_EQ(queues(), buried);
    config("lastUnburied", "108");
    roll_over();
    EXPECT_EQ(queues(), unburied);
}

TEST_F(UnburyTest, takes_a_day_that_is_no_number_for_the_first) {
    config("lastUnburied", "\"100\"");
    roll_over();
    EXPECT_EQ(queues(), unburied);
}

TEST_F(UnburyTest, sets_a_missing_rollover_hour) {
    config("rollover", "-1");
    roll_over();
    EXPECT_EQ(config("rollover"), "4");
    EXPECT_EQ(number("select usn from config where key = 'rollover'"), 42);
}

TEST_F(UnburyTest, leaves_the_rollover_hour_with_scheduler_1) {
    config("schedVer", "1");
    config("rollover", "-1");
    roll_over();
    EXPECT_EQ(config("rollover"), "-1");
    EXPECT_EQ(config("lastUnburied"), "100");
}

TEST_F(UnburyTest, reads_the_offsets_in_minutes_west) {
    // 22:13 UTC: at UTC+2 it is tomorrow, and the hour has not come; at rollover 0 it has.
    config("localOffset", "-120");
    roll_over();
    EXPECT_EQ(config("lastUnburied"), "100");
    config("rollover", "0");
    roll_over();
    EXPECT_EQ(config("lastUnburied"), "101");
}

TEST_F(UnburyTest, never_fails_for_absurd_values) {
    for (const char* value :
         {"null", "1440", "-1440", "99999999999999999999", "1.5", "{", "\"4\""}) {
        for (const char* key : {"localOffset", "creationOffset", "rollover", "schedVer"}) {
            config(key, value);
        }
        roll_over();
        config("schedVer", "2");
        roll_over();
    }
    for (const char* created : {"-9223372036854775808", "9223372036854775807", "'x'"}) {
        execute(std::string("update col set crt = ") + created);
        roll_over();
        config("schedVer", "1");
        roll_over();
    }
}

TEST_F(UnburyTest, goes_with_the_transaction) {
    auto store = open_store();
    ASSERT_TRUE(ok(store.begin()));
    ASSERT_TRUE(ok(store.roll_over_day(context.now)));
    store.rollback();
    ASSERT_TRUE(ok(store.close()));
    EXPECT_EQ(queues(), buried);
}

}  // namespace
}  // namespace ankiwire::collection
