"""Makes pictures of all kinds, whole and harmed, and tells which of them Pillow loads.

    pictures.py FOLDER [SEED [HARMED]]

Writes them to FOLDER, and a line for each: its name, a tab, and `loads` or why not. Beside those that
load lie their pixels, NAME.rgb, where Pillow's are those of the file. HARMED is how many more there
are with random bytes changed.
"""

import io
import os
import random
import struct
import sys
import warnings
import zlib

from PIL import Image

WIDTH, HEIGHT = 19, 11
# Where the seven passes of an interlaced PNG begin, and their steps.
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}
MARK = b"\x89PNG\r\n\x1a\n"
END = b"\0\0\0\0IEND\xaeB`\x82"


# PNG


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def wrong(whole):
    """A chunk whose checksum does not fit."""
    return whole[:-1] + bytes([whole[-1] ^ 1])


def head(kind, depth, interlaced=False, size=(WIDTH, HEIGHT)):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, kind, 0, 0, interlaced))


def rows(chance, kind, depth, interlaced, colours):
    """Random rows with random filters: every byte is good, but for palettes."""
    bits = CHANNELS[kind] * depth
    result = b""
    for left, top, across, down in PASSES if interlaced else [(0, 0, 1, 1)]:
        width = -(-(WIDTH - left) // across)
        height = -(-(HEIGHT - top) // down)
        for _ in range(height if width > 0 else 0):
            if kind == 3:
                values = [chance.randrange(colours) for _ in range(width)]
                joined = "".join(format(value, f"0{depth}b") for value in values)
                joined += "0" * (-len(joined) % 8)
                row = int(joined, 2).to_bytes(len(joined) // 8, "big")
                result += b"\0" + row
            else:
                result += bytes([chance.randrange(5)]) + chance.randbytes(-(-width * bits // 8))
    return result


def palette(chance, colours):
    return chunk(b"PLTE", chance.randbytes(3 * colours))


def pngs(chance):
    for kind, depths in DEPTHS.items():
        for depth in depths:
            for interlaced in [False, True]:
                colours = min(1 << depth, 256)
                table = palette(chance, colours) if kind == 3 else b""
                data = zlib.compress(rows(chance, kind, depth, interlaced, colours))
                yield (f"kind{kind}-{depth}{'-interlaced' if interlaced else ''}",
                       MARK + head(kind, depth, interlaced) + table + chunk(b"IDAT", data) + END)

    plain = zlib.compress(rows(chance, 2, 8, False, 0))
    grey = zlib.compress(rows(chance, 0, 8, False, 0))
    few = palette(chance, 5)
    fewer = zlib.compress(rows(chance, 3, 4, False, 5))
    more = zlib.compress(rows(chance, 3, 4, False, 9))
    start, data = MARK + head(2, 8), chunk(b"IDAT", plain)
    text = chunk(b"tEXt", b"Comment\0words")
    gamma = chunk(b"gAMA", struct.pack(">I", 100000))
    profile = chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(200)))
    yield "few-colours", MARK + head(3, 4) + few + chunk(b"IDAT", fewer) + END
    yield "colours-beyond", MARK + head(3, 4) + few + chunk(b"IDAT", more) + END
    yield "transparent-colour", start + chunk(b"tRNS", bytes(6)) + data + END
    yield "transparent-grey", MARK + head(0, 8) + chunk(b"tRNS", bytes(2)) + chunk(
        b"IDAT", grey) + END
    yield "transparent-palette", MARK + head(3, 4) + few + chunk(
        b"tRNS", bytes([0, 99, 255])) + chunk(b"IDAT", fewer) + END
    yield "gamma", start + gamma + data + END
    yield "gamma-deep", MARK + head(2, 16) + gamma + chunk(
        b"IDAT", zlib.compress(rows(chance, 2, 16, False, 0))) + END
    yield "background", MARK + head(6, 8) + chunk(b"bKGD", bytes(6)) + chunk(
        b"IDAT", zlib.compress(rows(chance, 6, 8, False, 0))) + END
    yield "suggested-palette", start + few + data + END
    yield "profile", start + profile + data + END
    yield "profile-broken", start + chunk(b"iCCP", b"p\0\0no zlib") + data + END
    yield "text", start + text + data + text + END
    yield "unknown-chunk", start + chunk(b"abCd", b"?") + data + END
    yield "unknown-critical-chunk", start + chunk(b"ABCD", b"?") + data + END
    yield "checksum-head", MARK + wrong(head(2, 8)) + data + END
    yield "checksum-palette", MARK + head(3, 4) + wrong(few) + chunk(b"IDAT", fewer) + END
    yield "checksum-text", start + wrong(text) + data + END
    yield "checksum-unknown", start + wrong(chunk(b"abCd", b"?")) + data + END
    yield "checksum-data", start + wrong(data) + END
    yield "checksum-late-text", start + data + wrong(text) + END
    yield "checksum-end", start + data + wrong(END)
    yield "parts", start + b"".join(
        chunk(b"IDAT", plain[place:place + 50]) for place in range(0, len(plain), 50)) + END
    yield "parts-empty", start + chunk(b"IDAT", b"") + chunk(b"IDAT", plain[:9]) + chunk(
        b"IDAT", b"") + chunk(b"IDAT", plain[9:]) + END
    yield "parts-apart", start + chunk(b"IDAT", plain[:99]) + text + chunk(
        b"IDAT", plain[99:]) + END
    yield "data-missing", start + END
    yield "data-short", start + chunk(b"IDAT", plain[:-99]) + END
    yield "data-unfinished", start + chunk(b"IDAT", plain[:-4]) + END
    yield "data-sum", start + chunk(b"IDAT", plain[:-1] + bytes([plain[-1] ^ 1])) + END
    yield "data-long", start + chunk(b"IDAT", plain + b"more") + END
    yield "data-rows-more", start + chunk(b"IDAT", zlib.compress(
        rows(chance, 2, 8, False, 0) * 2)) + END
    yield "data-rows-less", start + chunk(b"IDAT", zlib.compress(
        rows(chance, 2, 8, False, 0)[:-1])) + END
    yield "data-no-zlib", start + chunk(b"IDAT", bytes(200)) + END
    yield "filter-unknown", start + chunk(b"IDAT", zlib.compress(
        b"\5" + rows(chance, 2, 8, False, 0)[1:])) + END
    yield "depth-unknown", MARK + head(2, 4) + data + END
    yield "kind-unknown", MARK + head(5, 8) + data + END
    yield "size-none", MARK + head(2, 8, size=(0, 0)) + data + END
    yield "size-vast", MARK + head(2, 8, size=(2**31 - 1, 2**31 - 1)) + data + END
    yield "size-wide", MARK + head(0, 8, size=(1200000, 1)) + chunk(
        b"IDAT", zlib.compress(bytes(1200001))) + END
    yield "size-too-large", MARK + head(0, 1, size=(9000, 9000)) + chunk(
        b"IDAT", zlib.compress(bytes(1126 * 9000), 9)) + END
    yield "palette-missing", MARK + head(3, 4) + chunk(b"IDAT", fewer) + END
    yield "trailing", start + data + END + b"more"
    yield "trailing-much", start + data + END + chance.randbytes(100000)
    yield "trailing-no-end", start + data + b"\0\0\0\0\0\0\0\0\0"
    whole = start + text + data + text + END
    for count in list(range(0, len(whole), 53)) + [len(whole) - back for back in range(1, 48)]:
        # Without the checksum of the data, or all of it.
        is_close = len(whole) - 46 < count < len(whole) - 41
        yield f"cut{count}{'-unfinished' if is_close else ''}", whole[:count]


# JPEG


def jpeg(image, **options):
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def segments(whole):
    """The segments before the last scan's data, and the rest."""
    result, place = [], 2
    while True:
        end = place + 2 + int.from_bytes(whole[place + 2:place + 4], "big")
        result.append(whole[place:end])
        if whole[place + 1] == 0xDA:
            return result, whole[end:]
        place = end


def between(whole, junk):
    """The picture with bytes before each marker but the first."""
    parts, rest = segments(whole)
    return whole[:2] + parts[0] + b"".join(junk + part for part in parts[1:]) + rest


def restarts():
    """A grey picture whose every block is an interval: each is 00, no change, and 1010, its end."""
    parts, _ = segments(jpeg(Image.new("L", (40, 24), 128)))
    parts.insert(-1, b"\xff\xdd\0\4\0\1")
    data = b"".join(b"\x2b" + bytes([0xFF, 0xD0 + number % 8]) for number in range(15))
    return b"\xff\xd8" + b"".join(parts) + data[:-2] + b"\xff\xd9"


def jpegs(chance):
    size = (40, 24)
    colours = Image.frombytes("RGB", (5, 3), chance.randbytes(45)).resize(size, Image.BICUBIC)
    inks = Image.frombytes("CMYK", (5, 3), chance.randbytes(60)).resize(size, Image.BICUBIC)
    rgb, four = jpeg(colours, quality=90), jpeg(inks, quality=90)
    kinds = {
        "rgb": rgb,
        "grey": jpeg(colours.convert("L")),
        "progressive": jpeg(colours, progressive=True),
        "cmyk": four,
        # Adobe's marker tells the two apart, in its last byte.
        "ycck": four.replace(b"Adobe\0\x64\0\0\0\0\0", b"Adobe\0\x64\0\0\0\0\2"),
        "restarts": restarts(),
    }
    assert kinds["ycck"] != four
    for name, whole in kinds.items():
        parts, rest = segments(whole)
        at = len(whole) - len(rest)
        yield name, whole
        yield f"{name}-fill", between(whole, b"\xff\xff\xff")
        yield f"{name}-stray", between(whole, b"\0\1\2")
        yield f"{name}-stray-stuffed", between(whole, b"\xff\0\x7f\xff\0")
        yield f"{name}-stray-restart", between(whole, b"\xff\xd3")
        yield f"{name}-stray-lone", between(whole, b"\xff\1")
        yield f"{name}-stray-reserved", between(whole, b"\xff\2")
        yield f"{name}-stray-start", whole[:2] + b"\0" + whole[2:]
        yield f"{name}-stray-much", between(whole, b"\xd8" * 5000)
        yield f"{name}-twice-begun", whole[:2] + whole
        yield f"{name}-before-end", whole[:-2] + b"\0\0\0" + whole[-2:]
        yield f"{name}-fill-end", whole[:-2] + b"\xff\xff" + whole[-2:]
        yield f"{name}-no-end", whole[:-2]
        yield f"{name}-half-end", whole[:-1]
        yield f"{name}-no-end-trailing", whole[:-2] + bytes(50)
        yield f"{name}-trailing", whole + b"more"
        yield f"{name}-trailing-much", whole + chance.randbytes(100000).replace(b"\xff", b"")
        yield f"{name}-trailing-picture", whole + whole[:at + 9]
        yield f"{name}-stray-trailing", between(whole, b"\0") + whole[:at + 9]
        yield f"{name}-cut-trailing", whole[:at + 9] + whole
        yield f"{name}-no-data", whole[:at]
        yield f"{name}-empty-scan", whole[:at] + b"\xff\xd9"
        yield f"{name}-marker-in-data", whole[:at + 5] + b"\xff\xfe\0\4??" + whole[at + 5:]
        for tenth in range(10):
            yield f"{name}-cut{tenth}", whole[:len(whole) * tenth // 10]
            yield f"{name}-stray-cut{tenth}", (between(whole, b"\0\1") [:len(whole) * tenth // 10])
    frame = rgb.index(b"\xff\xc0")
    for name, place, value in [("lines", 5, b"\0\0"), ("columns", 7, b"\0\0"), ("bits", 4, b"\x0c"),
                               ("layers", 9, b"\2"), ("lossless", 1, b"\xc3"), ("length", 2, b"\xff\xff"),
                               ("more-lines", 5, b"\0\x40"), ("huge", 5, b"\xff\xff\xff\xff")]:
        whole = rgb[:frame + place] + value + rgb[frame + place + len(value):]
        yield f"frame-{name}", whole
    for marker in [b"\xff\xdb", b"\xff\xc4"]:
        place = rgb.index(marker)
        end = place + 2 + int.from_bytes(rgb[place + 2:place + 4], "big")
        yield f"without-{marker[1]:x}", rgb[:place] + rgb[end:]
    yield "nothing", b""
    yield "words", b"<html>Sign in</html>"


def harmed(chance, wholes, count):
    """Some bytes changed: what is then right only decoders can say."""
    for number in range(count):
        name, whole = chance.choice(wholes)
        data = bytearray(whole)
        for _ in range(chance.choice([1, 1, 3])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        yield f"harmed{number}-{name}", bytes(data)


def judge(data):
    """Whether Pillow loads it, and its pixels."""
    try:
        image = Image.open(io.BytesIO(data))
        if image.format not in ["JPEG", "PNG"]:
            return f"it is {image.format}", None
        image.load()
    except Exception as error:  # whatever it throws: it does not load
        return f"{type(error).__name__}: {error}".replace("\n", " "), None
    # Of 16 bits of grey Pillow makes white.
    shown = not image.mode.startswith("I") and image.width * image.height < 100000
    return "loads", image.convert("RGB").tobytes() if shown else None


def main():
    folder, seed, count = (sys.argv[1:] + ["1", "60"][len(sys.argv) - 2:])[:3]
    warnings.simplefilter("ignore")
    chance = random.Random(int(seed))
    wholes = [(f"{name}.png", data) for name, data in pngs(chance)]
    wholes += [(f"{name}.jpg", data) for name, data in jpegs(chance)]
    good = [(name, data) for name, data in wholes
            if len(data) < 5000 and judge(data)[1]
            # Judged by bytes that Pillow does not look at.
            and not any(word in name for word in ["end", "unfinished", "rows-more", "beyond"])]
    for name, data in wholes + list(harmed(chance, good, int(count))):
        verdict, pixels = judge(data)
        with open(f"{folder}/{name}", "wb") as file:
            file.write(data)
        # For colours that a palette has not, Pillow makes some up.
        if pixels is not None and name != "colours-beyond.png":
            with open(f"{folder}/{name}.rgb", "wb") as file:
                file.write(pixels)
        print(f"{name}\t{verdict}")


main()
