#version 330
// Lights one head. A skin piece (plain_skin.frag.glsl or wrinkled_skin.frag.glsl) follows this file.
uniform vec3 key_direction;
uniform vec3 key;
uniform vec3 fill;
uniform vec3 ambient;
uniform float gloss;
uniform vec3 iris;
uniform float pupil;  // radius, centimetres
uniform float grain;
in vec3 shaded_normal;
in vec3 albedo;
in vec3 place;  // on the resting head, centimetres; on an eyeball angle, radius and 1000
out vec4 pixel;

vec3 light_wrap();  // how far light reaches around an edge, for each colour
void change_skin(inout vec3 base, inout vec3 normal);  // after grain, before light
float skin_shine(float halfway);

float noise(vec3 p) {
    return fract(sin(dot(floor(p), vec3(12.99, 78.23, 37.72))) * 43758.5453);
}

vec3 eye(vec3 polar) {
    float radius = polar.y;
    float streak = 0.8 + 0.25 * sin(polar.x * 23.0) * sin(polar.x * 57.0 + 3.0);
    vec3 white = albedo * (1.0 - 0.12 * smoothstep(0.7, 1.4, radius));
    vec3 ring = iris * streak * mix(0.75, 1.15, smoothstep(0.2, 0.45, radius));
    ring *= 1.0 - 0.65 * smoothstep(0.48, 0.6, radius);
    vec3 colour = mix(ring, white, smoothstep(0.57, 0.62, radius));
    return mix(vec3(0.02), colour, smoothstep(pupil - 0.03, pupil + 0.03, radius));
}

void main() {
    bool is_eye = place.z > 900.0;
    vec3 base = is_eye ? eye(place) : albedo * (1.0 + grain * (noise(place * 9.0) + 0.5 * noise(place * 31.0) - 0.75));
    vec3 n = normalize(shaded_normal);
    change_skin(base, n);
    vec3 wrap = light_wrap();
    vec3 lit = max((dot(n, key_direction) + wrap) / (1.0 + wrap), 0.0);
    float behind = max(dot(n, vec3(-key_direction.x, 0.2, 0.5)), 0.0);
    float halfway = max(dot(n, normalize(key_direction + vec3(0, 0, 1))), 0.0);
    float shine = is_eye ? 1.5 * pow(halfway, 200.0) : skin_shine(halfway);
    vec3 light = ambient * (0.75 + 0.25 * n.y) + key * lit + fill * behind;
    pixel = vec4(pow(clamp(base * light + key * shine, 0.0, 1.0), vec3(1.0 / 2.2)), 1);
}
