// FLAT_EXTENT (centimetres from the middle of the resting face to the edge of its flat textures) and RELIEF_UNIT
// (centimetres of height at full scale) are defined by the program.
uniform sampler2D relief;
uniform sampler2D painted;
uniform sampler2D fresh_relief;
uniform float painted_share;
uniform float furrow_shadow;
in vec3 where;
in vec2 fresh_place;
const vec3 warmth = vec3(0.7, 1.0, 1.15);  // light in a furrow has wandered under the skin: least red is lost

vec3 light_wrap() {
    return vec3(0.28, 0.15, 0.1);
}

vec2 flat_place() {
    return place.xy / (2.0 * FLAT_EXTENT) + 0.5;
}

float height() {
    vec2 at_fresh = fresh_place / (2.0 * FLAT_EXTENT) + 0.5;
    return RELIEF_UNIT * 2.0 * (texture(relief, flat_place()).r + texture(fresh_relief, at_fresh).r - 1.0);
}

vec3 folded(vec3 n) {  // Mikkelsen, Bump Mapping Unparametrized Surfaces on the GPU, 2010
    vec3 across = dFdx(where), up = dFdy(where);
    vec3 first = cross(up, n), second = cross(n, across);
    float area = dot(across, first);
    return normalize(abs(area) * n - sign(area) * (dFdx(height()) * first + dFdy(height()) * second));
}

void change_skin(inout vec3 base, inout vec3 normal) {
    if (place.z > 400.0) return;  // eyes, sockets and the inside of the mouth
    float front = painted_share * smoothstep(3.0, 5.0, place.z) * (1.0 - smoothstep(7.8, 8.6, place.y));
    base = mix(base, texture(painted, flat_place()).rgb, front);
    base *= exp(furrow_shadow * warmth * min(height(), 0.0));
    normal = folded(normal);
}

float skin_shine(float halfway) {
    return place.z > 400.0 ? 0.03 * gloss * pow(halfway, 60.0) : gloss * pow(halfway, 24.0);
}
