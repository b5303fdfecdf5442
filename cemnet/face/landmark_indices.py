"""Groups of MediaPipe's 478 landmarks; "right" is the person's right, the left side of the picture."""

from dataclasses import dataclass

NUM_LANDMARKS = 478

# Columns of the lips from the right corner to the left one, rows from the inner edge outwards.
UPPER_LIP_ROWS = (
    (191, 80, 81, 82, 13, 312, 311, 310, 415),
    (183, 42, 41, 38, 12, 268, 271, 272, 407),
    (184, 74, 73, 72, 11, 302, 303, 304, 408),
    (185, 40, 39, 37, 0, 267, 269, 270, 409),
)
LOWER_LIP_ROWS = (
    (95, 88, 178, 87, 14, 317, 402, 318, 324),
    (96, 89, 179, 86, 15, 316, 403, 319, 325),
    (77, 90, 180, 85, 16, 315, 404, 320, 307),
    (146, 91, 181, 84, 17, 314, 405, 321, 375),
)
LIP_CORNERS = (78, 308)
UPPER_INNER_LIP = (78, *UPPER_LIP_ROWS[0], 308)
LOWER_INNER_LIP = (78, *LOWER_LIP_ROWS[0], 308)
OUTER_LIP_CORNERS = (61, 291)
LIP_OUTLINE = (61, *UPPER_LIP_ROWS[3], 291, *LOWER_LIP_ROWS[3][::-1])


@dataclass(frozen=True)
class Lids:
    """Landmarks of one eye: the margins of both lids without the corners, from the left of the picture to the right."""

    upper: tuple[int, ...]
    lower: tuple[int, ...]
    corners: tuple[int, int]
    iris: tuple[int, ...]
    brow_edge: tuple[int, ...]  # the lower edge of the brow


RIGHT_LIDS = Lids(
    (246, 161, 160, 159, 158, 157, 173), (7, 163, 144, 145, 153, 154, 155), (33, 133), (468, 469, 470, 471, 472),
    (46, 53, 52, 65, 55),
)  # fmt: skip
LEFT_LIDS = Lids(
    (398, 384, 385, 386, 387, 388, 466), (382, 381, 380, 374, 373, 390, 249), (362, 263), (473, 474, 475, 476, 477),
    (285, 295, 282, 283, 276),
)  # fmt: skip
LIDS = (RIGHT_LIDS, LEFT_LIDS)
OUTER_EYE_CORNERS = (RIGHT_LIDS.corners[0], LEFT_LIDS.corners[1])

BROWS = (46, 53, 52, 65, 55, 70, 63, 105, 66, 107, 276, 283, 282, 295, 285, 300, 293, 334, 296, 336)
BROW_OUTLINES = (  # around the right brow, around the left one
    (46, 53, 52, 65, 55, 107, 66, 105, 63, 70), (276, 283, 282, 295, 285, 336, 296, 334, 293, 300),
)  # fmt: skip
NOSE = (168, 6, 197, 195, 4, 1, 2, 98, 327, 64, 294, 129, 358, 193, 417, 122, 351, 217, 437)
NOSE_BASE = (2, 97, 326, 98, 327)
CHEEKS = (
    50, 280, 205, 425, 187, 411, 123, 352, 36, 266, 101, 330, 117, 346, 119, 348, 192, 416, 214, 434, 212, 432,
    203, 423, 206, 426, 165, 391, 57, 287, 202, 422, 135, 364, 111, 340, 143, 372, 31, 261, 229, 449, 231, 451,
)  # fmt: skip
CHIN = (18, 83, 313, 182, 406, 200, 199, 201, 421, 208, 428, 171, 396, 32, 262, 204, 424)
FOREHEAD = (151, 9, 8, 108, 337, 69, 299, 104, 333, 68, 298)
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip

# The control points of the two displacement fields (see warp.py); lids are moved by eyelids.py.
UPPER_SIDE_ONLY = (*UPPER_LIP_ROWS[0], *UPPER_LIP_ROWS[2], *UPPER_LIP_ROWS[3])
LOWER_SIDE_ONLY = (*LOWER_LIP_ROWS[0], *LOWER_LIP_ROWS[2], *LOWER_LIP_ROWS[3])
BOTH_SIDES = (
    *LIP_CORNERS, *OUTER_LIP_CORNERS, *RIGHT_LIDS.corners, *LEFT_LIDS.corners, *BROWS, *NOSE, *CHEEKS, *CHIN, *FOREHEAD,
    *OVAL[::2],
)  # fmt: skip
CONTROLS = (*UPPER_SIDE_ONLY, *LOWER_SIDE_ONLY, *BOTH_SIDES)
