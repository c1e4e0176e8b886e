"""What the random sessions of ci/differential choose from, and how they spoil what they send."""

import copy
import random

NUMBERS_OF_32_BITS = (0, 1, -1, 2, 255, 256, 65_535, 65_536, 2**31 - 1, -(2**31))
NUMBERS = (*NUMBERS_OF_32_BITS, 2**31, 2**32, 2**53, 2**63 - 1)
TEXTS = ("", "a", "Default", "default", "a::b", "::", "ünï", "u\u0308", "x" * 300, "a b", "\u0001",
         "ſ")
# Not -0.0, which one of the two protobuf libraries takes for a default and does not store.
OTHERS = (None, True, 1.5, [], {}, "1", "text", [[]])
WILD_SPOILT = 0.15


class Dice(random.Random):
    def chance(self, part):
        return self.random() < part

    def some(self, things, most=2):
        return [copy.deepcopy(self.choice(things)) for _ in range(self.randint(0, most)) if things]

    def spoilt(self, value):
        """In one place a value of another kind, or without a member."""
        value = copy.deepcopy(value)
        at = value
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                return value
            key = self.choice(keys)
            if isinstance(at[key], (dict, list)) and at[key] and self.chance(0.7):
                at = at[key]
            elif isinstance(at, dict) and self.chance(0.4):
                del at[key]
                return value
            else:
                at[key] = copy.deepcopy(self.choice(OTHERS + NUMBERS + TEXTS))
                return value


class Session:
    """Calls that go together. `pool` is what the collection holds, as applyChanges and chunk have
    sent it; the `users` and their host `keys`; and `old_file`, the collection in schema 11."""

    def __init__(self, dice, pool):
        self.dice = dice
        self.pool = pool
        # A wild one changes the kinds of values, too.
        self.is_wild = dice.chance(0.5)

    def maybe_spoilt(self, value):
        return self.dice.spoilt(value) if self.is_wild and self.dice.chance(WILD_SPOILT) else value
