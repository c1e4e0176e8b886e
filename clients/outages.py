"""Real clients at work while their server is killed at random moments and started again, and their
ledgers held against what is stored."""

import base64
import collections
import functools
import hashlib
import itertools
import json
import random
import threading
import time

import equality
from device import ClientError
from household import Household, report
from ledger import Batch, Ledger, MediaBatch, Stamps, Told
from stored import Stored

DAY_MS = 86_400_000
# Notes and reviews are numbered by their time: those of two devices are kept apart by so much.
APART_MS = 200 * DAY_MS
LIMITS = {"new": {"perDay": 9999}, "rev": {"perDay": 9999}}


class Tally:
    """How often what was done. Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self._counts = collections.Counter()

    def add(self, what, count=1):
        with self._lock:
            self._counts[what] += count

    def __getitem__(self, what):
        return self._counts[what]

    def lines(self):
        return [f"{count:>8}  {what}" for what, count in sorted(self._counts.items())]


class Member:
    """A device, its ledger, and what its user does."""

    def __init__(self, device, account, told, number, tally, seed, given_up):
        self.device = device
        self.account = account
        self.told = told
        self.number = number
        self.tally = tally
        self.random = random.Random(f"{seed} {account} {number}")
        self.deck = f"deck of {number}"
        self.ledger = Ledger()
        self.given_up = given_up
        self.count = 0

    def work(self):
        """Adds notes, studies, and at times edits and deletes."""
        self.count += 1
        prefix = f"{self.account}.{self.number}.{self.count}"
        batch = Batch()
        count = self.random.randint(1, 4)
        fresh = self.device.add_notes(count=count, prefix=prefix, deck=self.deck)
        free = self.ledger.free_notes()
        self.random.shuffle(free)
        if free and self.random.random() < 0.3:
            note, text = free.pop(), f"{prefix} edited"
            self.device.edit_note(note=note, fields=[text, "back"])
            batch.edited[note] = text
        if free and self.random.random() < 0.2:
            batch.deleted.add(free.pop())
            self.device.delete_notes(notes=list(batch.deleted))
        self.device.review(count=self.random.randint(0, 3), ease=4, deck=self.deck)
        offset = -self.number * APART_MS
        self.keep_apart(fresh, offset)
        batch.added = {note + offset: f"{prefix} {i}" for i, note in enumerate(fresh)}
        earlier = set().union(*(b.reviews for b in self.ledger.batches if not b.answered))
        unsent = self.device.sql(statement="select id from revlog where usn = -1")
        batch.reviews = {id for (id,) in unsent} - earlier
        self.ledger.add(batch)

    def keep_apart(self, notes, offset):
        """Of devices that work in the same millisecond."""
        listed = ", ".join(map(str, notes))
        recent = int(time.time() * 1000) - APART_MS // 2
        for statement in (
            f"update cards set id = id + ?, nid = nid + ? where nid in ({listed})",
            f"update notes set id = id + ? where id in ({listed})",
            f"update revlog set id = id + ? where usn = -1 and id > {recent}",
            f"update revlog set cid = cid + ? where usn = -1 and cid in (select id - ({offset})"
            f" from cards where nid - ({offset}) in ({listed}))",
        ):
            self.device.sql(statement=statement, args=[offset] * statement.count("?"))
        time.sleep(0.01)  # they took the numbers of the next milliseconds

    def say_the_last_word(self):
        """Of the deck, which is dated by the second: what a lost answer made the server keep and
        send back may be older than what was studied in that same second."""
        self.device.describe_deck(name=self.deck, text="the last word")
        self.device.date_edits(seconds=5)

    def work_on_media(self, is_alone):
        """Adds files, and at times replaces and deletes some; but not beside another device: what
        that one sends meanwhile makes clients look at their own upload as a change of the server's,
        which wins (R-MEDIA-13)."""
        self.count += 1
        contents = {
            f"{self.account}-{self.number}-{self.count}-{i}.jpg": self.random.randbytes(
                self.random.randint(1, 40_000)
            )
            for i in range(self.random.randint(1, 6))
        }
        free = self.ledger.free_files() if is_alone else []
        self.random.shuffle(free)
        if free and self.random.random() < 0.3:
            contents[free.pop()] = self.random.randbytes(10_000)
        files = {name: hashlib.sha1(content).hexdigest() for name, content in contents.items()}
        if free and self.random.random() < 0.3:
            files[free.pop()] = None
            self.device.delete_media(names=[name for name, sha1 in files.items() if not sha1])
        encoded = {name: base64.b64encode(data).decode() for name, data in contents.items()}
        self.device.put_media(files=encoded)
        self.ledger.add(MediaBatch(files))

    # --- each of them raises ClientError if it does not come to its end ---

    def sync(self):
        """Returns what is asked for; a sync that was one is an answer for all that was done."""
        unsent = list(self.ledger.batches)
        result = self.device.sync()
        if result["required"] == "none":
            self.note_stamps()
        if result["exchanged"]:
            self.ledger.note_answer(unsent)
            self.tally.add("syncs finished")
        elif result["required"] == "none" and not Ledger.is_all_answered(unsent):
            # The last edit is of the millisecond of another's sync: to clients nothing has changed.
            self.device.touch()
        return result["required"]

    def sync_media(self):
        unsent = [batch for batch in self.ledger.media if not batch.answered]
        self.device.sync_media()
        self.ledger.note_answer(unsent)
        self.tally.add("media syncs finished")
        self.tally.add("media files sent", sum(len(batch.files) for batch in unsent))

    def upload(self):
        unsent = list(self.ledger.batches)
        self.told.note_begun_upload()
        self.device.full_upload()
        self.note_stamps()
        self.ledger.note_answer(unsent)
        self.tally.add("full uploads finished")

    def download(self):
        assert Ledger.is_all_answered(self.ledger.batches)
        self.device.full_download()
        self.note_stamps()
        self.tally.add("full downloads finished")

    def note_stamps(self):
        """Which are the server's: nothing was done since."""
        (stamps,) = self.device.sql(statement="select scm, mod, usn from col")
        self.told.note(Stamps(*stamps))

    def succeeds(self, action):
        """Whether it came to its end: the server may go at any moment, or be busy with another."""
        try:
            action()
        except ClientError as error:
            assert error.kind != "AUTH", error
            is_gone = error.type == "NetworkError"
            self.tally.add(f"{action.__name__.replace('_', ' ')}: "
                           + ("interrupted" if is_gone else f"told: {error.text}"))
            return False
        return True

    def insist(self, action):
        while not self.succeeds(action) and not self.given_up.is_set():
            time.sleep(0.01)  # a user is not quicker


def sync_normally(member):
    required = member.sync()
    assert required == "none", f"{member.account}: asked for a full sync: {required}"


class Merging:
    """One of several devices of an account, which all work and sync at the same time."""

    def __init__(self, member):
        self.member = member
        self.sync = functools.partial(sync_normally, member)
        self.sync.__name__ = "sync"

    def live(self):
        member = self.member
        member.work()
        is_level = member.succeeds(self.sync)
        # More than 25 files would be sent, and answered, in parts.
        if Ledger.is_all_answered(member.ledger.media) and member.random.random() < 0.5:
            member.work_on_media(is_alone=False)
        if member.random.random() < 0.6:
            member.succeeds(member.sync_media)
        is_level = is_level and Ledger.is_all_answered(member.ledger.batches)
        if is_level and member.random.random() < 0.1:
            member.succeeds(member.download)

    def settle(self):
        self.member.insist(self.sync)
        self.member.insist(self.member.sync_media)


class Replacing:
    """Two devices in one hand: one replaces the server's collection, then the other takes it."""

    def __init__(self, members):
        self.members = members

    def live(self):
        dice = self.members[0].random
        sender, receiver = dice.sample(self.members, 2)
        sender.work()
        if dice.random() < 0.8:
            sender.device.force_full_sync()
        sender.insist(sender_side(sender))
        receiver.insist(receiver_side(receiver))
        if dice.random() < 0.5:
            sender.work_on_media(is_alone=True)
            for member in (sender, receiver):
                member.insist(member.sync_media)

    def settle(self):
        for member in self.members:
            member.insist(receiver_side(member))
            member.insist(member.sync_media)


def sender_side(member):
    def upload():
        """If an upload came to its end without an answer, nothing more is asked for."""
        if member.sync() != "none":
            member.upload()
        elif not Ledger.is_all_answered(member.ledger.batches):
            member.sync()

    return upload


def receiver_side(member):
    def download():
        if member.sync() != "none":
            member.download()

    return download


class Outages:
    """Accounts m0, m1, … with devices that merge, and one, r, whose collection is replaced."""

    def __init__(self, folder, pool, seed, merging_accounts=2):
        self.seed = seed
        self.random = random.Random(f"kills {seed}")
        self.accounts = [f"m{i}" for i in range(merging_accounts)] + ["r"]
        self.tally = Tally()
        self.house = Household("ours", folder, pool, users=[f"{a}:pass" for a in self.accounts])
        self.members = {}
        self.told = {account: Told() for account in self.accounts}
        self.start_seconds = []
        self._ended = threading.Event()
        self._given_up = threading.Event()  # something is wrong: the server will not come back
        self._failures = []

    def run(self, kills, seconds_between):
        with self.house:
            for account in self.accounts:
                self.members[account] = [self._new_member(account, number) for number in (0, 1)]
            lives = [Merging(m) for a in self.accounts[:-1] for m in self.members[a]]
            lives.append(Replacing(self.members["r"]))
            threads = [threading.Thread(target=self._live, args=(life,)) for life in lives]
            for thread in threads:
                thread.start()
            try:
                for _ in range(kills):
                    self._kill_at_a_random_moment(seconds_between)
            except BaseException:
                self._given_up.set()
                raise
            finally:
                self._ended.set()
                for thread in threads:
                    thread.join()
            self._raise_failures()
            for member in itertools.chain(*self.members.values()):
                member.say_the_last_word()
            for _ in range(2):
                for life in lives:
                    life.settle()
            self._assert_all_agree()
            self.house.server.stop()
            self._assert_nothing_is_left_over()
            self.house.server.start()

    def _new_member(self, account, number):
        device = self.house.open("26.9.3", self.house.new_path())
        device.log_in(self.house.server.endpoint, user=account)
        member = Member(device, account, self.told[account], number, self.tally, self.seed,
                        self._given_up)
        if number == 0:
            device.edit_deck_config(id=1, **LIMITS)
            member.work()
            member.upload()
        else:
            member.download()
        return member

    def _live(self, life):
        try:
            while not self._ended.is_set():
                life.live()
        except BaseException as error:
            self._failures.append(error)

    def _raise_failures(self):
        if self._failures:
            raise self._failures[0]

    # --- the outages ---

    def _kill_at_a_random_moment(self, seconds_between):
        time.sleep(self.random.uniform(0, seconds_between))
        self._raise_failures()
        server = self.house.server
        server.kill()
        self.tally.add("kills")
        for account in self.accounts:
            self._assert_promises_are_kept(account)
        halves = self._temporary_files()
        self.tally.add("files of transfers that a kill cut", len(halves))
        begun = time.monotonic()
        server.start()
        self.start_seconds.append(time.monotonic() - begun)
        left = [path for path in halves if path.exists()]
        assert not left, f"still there after a start: {left}"

    def _assert_promises_are_kept(self, account):
        stored = Stored(self.house.server.account_folder(account))
        found = stored.problems + self.told[account].broken_promises(stored.stamps)
        for member in self.members[account]:
            found += member.ledger.broken_promises(stored)
        assert not found, report(f"kill {self.tally['kills']}: {account}", found)

    def _temporary_files(self):
        return list(self.house.server.folder.rglob("*.tmp*"))

    # --- the end ---

    def _assert_all_agree(self):
        for account, members in self.members.items():
            notes, reviews, media = {}, set(), {}
            for member in members:
                more_notes, more_reviews, more_media = member.ledger.expected()
                notes |= more_notes
                reviews |= more_reviews
                media |= more_media
            dumps = {f"device {m.number}": m.device.dump() for m in members}
            dumps["server"] = self.house.server_dump(account)
            for name, dump in dumps.items():
                found = {int(n): row["flds"].split("\x1f")[0] for n, row in dump["notes"].items()}
                assert found == notes, f"{account}: {name} has other notes"
                assert {int(id) for id in dump["revlog"]} == reviews, f"{account}: {name}: reviews"
                found = equality.differences(dumps["server"], dump, same_mod=False)
                assert not found, report(f"{account}: server | {name}", found)
            assert self.house.server_media(account) == media
            for member in members:
                assert member.device.media() == media
            self.tally.add("notes at the end", len(notes))
            self.tally.add("reviews at the end", len(reviews))
            self.tally.add("media files at the end", len(media))

    def _assert_nothing_is_left_over(self):
        for account in self.accounts:
            assert not Stored(self.house.server.account_folder(account)).problems
        staged = self.house.server.folder.rglob("media.staging/*")
        assert not [*self._temporary_files(), *staged]
        versions = json.loads(self.house.server.administer("versions", "r", "--json"))
        assert len(versions) >= self.tally["full uploads finished"] - len(self.accounts)
        self.tally.add("replaced collections kept", len(versions))

    def table(self):
        took = sorted(self.start_seconds)
        return "\n".join([
            *self.tally.lines(),
            f"{took[len(took) // 2] * 1e3:>8.0f}  ms to start again, p50",
            f"{took[-1] * 1e3:>8.0f}  ms to start again, the longest",
        ])
