"""The binary columns of a collection, for driver.py: every field set, and read back in words.

Needs the protobuf classes of a current library.
"""

import json

from anki.deck_config_pb2 import DeckConfig
from anki.decks_pb2 import Deck
from anki.notetypes_pb2 import Notetype
from google.protobuf.json_format import MessageToDict

# table, column, message, the columns of its key
BLOBS = [
    ("notetypes", "config", Notetype.Config, ["id"]),
    ("fields", "config", Notetype.Field.Config, ["ntid", "ord"]),
    ("templates", "config", Notetype.Template.Config, ["ntid", "ord"]),
    ("decks", "common", Deck.Common, ["id"]),
    ("decks", "kind", Deck.KindContainer, ["id"]),
    ("deck_config", "config", DeckConfig.Config, ["id"]),
]

UNKNOWN = {"unknown": {"deep": [1, 2.5, None, "é", {}]}, "another": True}

# Values where any number or text will not do: what clients check, and what JSON rounds.
VALUES = {
    "Notetype.Config.kind": None,
    "Notetype.Config.sort_field_idx": 1,
    "Notetype.Template.Config.q_format": "{{Front}} filled",
    "Notetype.Template.Config.a_format": "{{Back}} filled",
    "Notetype.Template.Config.target_deck_id": 1,
    "Notetype.Template.Config.browser_font_size": 13,
    "Notetype.Field.Config.prevent_deletion": True,
    "Deck.Common.last_day_studied": 3,
    "Deck.Normal.config_id": 1,
    "Deck.Normal.desired_retention": 0.85,
    "Deck.Filtered.SearchTerm.search": "is:due",
    "Deck.Filtered.SearchTerm.limit": 5,
    "DeckConfig.Config.easy_days_percentages": [1.0, 0.5, 1.0, 0.5, 1.0, 0.5, 0.0],
    "DeckConfig.Config.learn_steps": [2.0, 15.0],
    "DeckConfig.Config.relearn_steps": [12.0],
    "DeckConfig.Config.initial_ease": 2.25,
    "DeckConfig.Config.easy_multiplier": 1.5,
    "DeckConfig.Config.hard_multiplier": 1.25,
    "DeckConfig.Config.lapse_multiplier": 0.5,
    "DeckConfig.Config.interval_multiplier": 0.75,
    "DeckConfig.Config.desired_retention": 0.8,
    "DeckConfig.Config.historical_retention": 0.75,
    "DeckConfig.Config.ignore_revlogs_before_date": "2020-02-02",
    "DeckConfig.Config.other": {
        **UNKNOWN,
        "new": {"separate": True},
        "rev": {"fuzz": 0.05, "minSpace": 1},
        "lapse": {"old": "kept"},
    },
}


def filled(message):
    """Sets every field of `message`, nested ones too, to something that is not its default."""
    for number, field in enumerate(message.DESCRIPTOR.fields, 7):
        name = f"{message.DESCRIPTOR.full_name.removeprefix('anki.').split('.', 1)[1]}.{field.name}"
        given = VALUES.get(name, number)
        if given is None:
            continue
        if field.message_type is not None:
            target = getattr(message, field.name)
            filled(target.add() if field.is_repeated else target)
        elif field.name == "other":
            value = UNKNOWN if given == number else given
            message.other = json.dumps(value).encode()
        elif field.is_repeated:
            values = given if isinstance(given, list) else [number + 0.5, 1]
            getattr(message, field.name).extend(map(python_type(field), values))
        elif field.enum_type is not None:
            setattr(message, field.name, max(v.number for v in field.enum_type.values))
        elif field.cpp_type == field.CPPTYPE_STRING:
            setattr(message, field.name, given if isinstance(given, str) else f"text {field.name}")
        else:
            setattr(message, field.name, python_type(field)(given))
    return message


def python_type(field):
    if field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return float
    return bool if field.cpp_type == field.CPPTYPE_BOOL else int


def fill(col):
    """Every object gets every field; what an object is (its kind, its notetype's) stays."""
    for table, column, message_type, key in BLOBS:
        for *ids, old in col.db.all(f"select {', '.join(key)}, {column} from {table}"):
            before = message_type.FromString(bytes(old))
            where = " and ".join(f"{name} = {id}" for name, id in zip(key, ids))
            new = filled_like(before).SerializeToString().hex()
            col.db.execute(f"update {table} set {column} = x'{new}' where {where}")


def filled_like(before):
    new = type(before)()
    if isinstance(before, Deck.KindContainer):
        filled(getattr(new, before.WhichOneof("kind")))
        return new
    filled(new)
    if isinstance(before, Notetype.Config):
        new.kind = before.kind
        new.reqs[0].card_ord = 0
        new.reqs[0].field_ords[:] = [0]
    return new


def read(col):
    """{table.column: {key: decoded}}; `other` as the JSON object it is."""
    result = {}
    for table, column, message_type, key in BLOBS:
        objects = result[f"{table}.{column}"] = {}
        for *ids, blob in col.db.all(f"select {', '.join(key)}, {column} from {table}"):
            message = message_type.FromString(bytes(blob))
            decoded = MessageToDict(message, preserving_proto_field_name=True)
            if getattr(message, "other", b""):
                decoded["other"] = json.loads(message.other)
            objects["/".join(map(str, ids))] = decoded
    return result
