"""Reading what compilers write: ELF files, and the MessagePack in AMD's."""

import struct


def sections(data):
    """Names and contents of the sections of a 64-bit little-endian ELF file; of each name the first."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError("no ELF file of 64 bits")
    table, = struct.unpack_from("<Q", data, 0x28)
    size, count, names = struct.unpack_from("<HHH", data, 0x3A)
    headers = [struct.unpack_from("<IIQQQQ", data, table + i * size) for i in range(count)]
    words = headers[names][4]
    found = {}
    for name, kind, _, _, offset, length in headers:
        text = data[words + name:data.index(b"\0", words + name)].decode("ascii")
        found.setdefault(text, b"" if kind == 8 else data[offset:offset + length])
    return found


def note(section, owner, kind):
    """The contents of a note of that owner and kind."""
    at = 0
    while at + 12 <= len(section):
        name_size, size, found = struct.unpack_from("<III", section, at)
        name = section[at + 12:at + 12 + name_size].rstrip(b"\0").decode("ascii")
        begin = at + 12 + (name_size + 3) // 4 * 4
        if (name, found) == (owner, kind):
            return section[begin:begin + size]
        at = begin + (size + 3) // 4 * 4
    raise ValueError(f"there is no note {kind} of {owner}")


def unpack(data):
    """One value of MessagePack."""
    value, end = _value(data, 0)
    if end != len(data):
        raise ValueError("there is more than one value")
    return value


NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i",
           0xD3: ">q"}
LENGTHS = {0xC4: (bytes, ">B"), 0xC5: (bytes, ">H"), 0xC6: (bytes, ">I"), 0xD9: (str, ">B"), 0xDA: (str, ">H"),
           0xDB: (str, ">I"), 0xDC: (list, ">H"), 0xDD: (list, ">I"), 0xDE: (dict, ">H"), 0xDF: (dict, ">I")}
CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


def _value(data, at):
    head = data[at]
    at += 1
    if head < 0x80:
        return head, at
    if head < 0xC0:
        kind, length = (dict, head & 15) if head < 0x90 else (list, head & 15) if head < 0xA0 else (str, head & 31)
    elif head >= 0xE0:
        return head - 0x100, at
    elif head in CONSTANTS:
        return CONSTANTS[head], at
    elif head in NUMBERS:
        value, = struct.unpack_from(NUMBERS[head], data, at)
        return value, at + struct.calcsize(NUMBERS[head])
    elif head in LENGTHS:
        kind, shape = LENGTHS[head]
        length, = struct.unpack_from(shape, data, at)
        at += struct.calcsize(shape)
    else:
        raise ValueError(f"MessagePack's type {head:#x} is not known here")
    if kind in (bytes, str):
        part = data[at:at + length]
        return part if kind is bytes else part.decode("utf-8"), at + length
    items = []
    for _ in range(length * (2 if kind is dict else 1)):
        item, at = _value(data, at)
        items.append(item)
    return items if kind is list else dict(zip(items[::2], items[1::2])), at
