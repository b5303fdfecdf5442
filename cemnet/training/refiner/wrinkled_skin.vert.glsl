uniform float scale;  // pixels a centimetre
in vec2 fresh;  // where on the resting face wrinkles that come are looked up, centimetres
out vec3 where;  // on the posed head, centimetres
out vec2 fresh_place;

void pass_skin() {
    fresh_place = fresh;
    where = position * vec3(1, -1, -1) / scale;
}
