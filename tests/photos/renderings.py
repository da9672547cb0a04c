"""Fashion-MNIST's pictures made into photos as people have them: large, dark on light, in colour, with margins; turned with
an EXIF orientation, cut out, off-centre, in light that falls off. Needs Pillow (Debian: python3-pil)."""

import gzip
import math
import pathlib
import random

from PIL import Image, ImageChops, ImageFilter, ImageOps

SIDE, SCALE = 28, 10
DATA = pathlib.Path("/usr/share/datasets/fashion-mnist")
ORIENTATION = 0x0112
# What the camera stored, so that the orientation puts it right.
STORED = {1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
          5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
          8: Image.Transpose.ROTATE_270}
KINDS = ["exif", "transparent", "off-centre", "exif", "transparent", "off-centre", "exif", "transparent", "off-centre", "exif",
         "gradient", "gradient", "frame", "frame", "frame"]


def clean_pictures(count):
    """The first test pictures, 28x28, grey, light on black."""
    with gzip.open(DATA / "t10k-images-idx3-ubyte.gz") as file:
        file.read(16)
        return [Image.frombytes("L", (SIDE, SIDE), file.read(SIDE * SIDE)) for _ in range(count)]


def enlarged(clean):
    large = clean.resize((SIDE * SCALE, SIDE * SCALE), Image.Resampling.BICUBIC)
    return large.filter(ImageFilter.GaussianBlur(SCALE / 5))


def colours(rng):
    """A light ground and a dark ink."""
    ground = tuple(rng.randrange(225, 256) for _ in range(3))
    ink = [rng.randrange(0, 40) for _ in range(3)]
    ink[rng.randrange(3)] += rng.randrange(60)
    return ground, tuple(ink)


def in_colour(clean, rng, margins):
    """margins: left, top, right, bottom, in pixels."""
    ground, ink = colours(rng)
    left, top, right, bottom = margins
    side = SIDE * SCALE
    frame = Image.new("L", (left + side + right, top + side + bottom), 0)
    frame.paste(enlarged(clean), (left, top))
    return ImageOps.colorize(frame, ground, ink)


def even(rng):
    margin = rng.randrange(30, 120)
    return (margin,) * 4


def render_plain(clean, rng, path, _):
    path = path.with_suffix(".png")
    in_colour(clean, rng, even(rng)).save(path)
    return path


def render_exif(clean, rng, path, turn):
    """A JPEG; turn chooses among the eight orientations."""
    path = path.with_suffix(".jpg")
    orientation = 1 + turn % 8
    picture = in_colour(clean, rng, even(rng))
    if STORED[orientation] is not None:
        picture = picture.transpose(STORED[orientation])
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture.save(path, exif=exif, quality=90)
    return path


def render_transparent(clean, rng, path, _):
    """Cut out along a soft edge; what lies behind is black, white or the ground, as programs leave it."""
    path = path.with_suffix(".png")
    margins = even(rng)
    picture = in_colour(clean, rng, margins)
    alpha = Image.new("L", picture.size, 0)
    alpha.paste(enlarged(clean).point(lambda v: min(255, 10 * v)), margins[:2])
    behind = rng.choice([None, (0, 0, 0), (255, 255, 255)])
    if behind is not None:
        picture = Image.composite(picture, Image.new("RGB", picture.size, behind), alpha.point(lambda a: 255 if a else 0))
    picture.putalpha(alpha)
    picture.save(path)
    return path


def render_off_centre(clean, rng, path, turn):
    margins = [rng.randrange(8, 320) for _ in range(4)]
    path = path.with_suffix((".png", ".jpg", ".ppm")[turn % 3])
    picture = in_colour(clean, rng, margins)
    picture.save(path, **({"quality": 85} if path.suffix == ".jpg" else {}))
    return path


def light(size, rng):
    """Full at one edge or corner, less by a third at the opposite one: a plane that falls in a random direction."""
    width, height = size
    angle = rng.uniform(0, 2 * math.pi)
    across, down = math.cos(angle), math.sin(angle)
    length = abs(across) * width + abs(down) * height
    ramp = Image.linear_gradient("L")  # 256 by 256, black at the top
    start = 128 - ramp.height * (across * width + down * height) / length / 2
    turned = (0, 0, 128, across * ramp.height / length, down * ramp.height / length, start)
    ramp = ramp.transform(size, Image.Transform.AFFINE, turned, Image.Resampling.BILINEAR)
    return ramp.point(lambda v: 255 - v // 3)


def render_gradient(clean, rng, path, turn):
    path = path.with_suffix((".png", ".jpg")[turn % 2])
    picture = in_colour(clean, rng, even(rng))
    shade = light(picture.size, rng)
    picture = ImageChops.multiply(picture, Image.merge("RGB", [shade] * 3))
    picture.save(path, **({"quality": 90} if path.suffix == ".jpg" else {}))
    return path


def render_frame(clean, rng, path, turn):
    """In a frame of one colour, or between two bars; a JPEG every other time."""
    path = path.with_suffix((".png", ".jpg")[turn % 2])
    picture = in_colour(clean, rng, even(rng))
    width = rng.choice([1, 3, 12, 30])
    border = rng.choice([(width,) * 4, (width,) * 4, (0, 3 * width, 0, 3 * width), (3 * width, 0, 3 * width, 0)])
    ImageOps.expand(picture, border, tuple(rng.randrange(60) for _ in range(3))).save(path)
    return path


RENDER = {"plain": render_plain, "exif": render_exif, "transparent": render_transparent, "off-centre": render_off_centre,
          "gradient": render_gradient, "frame": render_frame}


def render(clean, number, turn, folder):
    """Rendering `turn` of test picture `number`: plain for 0, then the kinds in KINDS. Returns kind and path."""
    kind = "plain" if turn == 0 else KINDS[(turn - 1) % len(KINDS)]
    rng = random.Random(1000 * number + turn)
    return kind, RENDER[kind](clean, rng, pathlib.Path(folder) / f"{number:05}-{turn:02}-{kind}", number + turn)
