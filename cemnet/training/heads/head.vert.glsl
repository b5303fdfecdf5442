#version 330
// Places one head in the picture. A skin piece (plain_skin.vert.glsl or wrinkled_skin.vert.glsl) follows this file.
uniform vec2 size;  // of the picture, pixels
in vec3 position;  // pixels, y down, z away from the viewer
in vec3 normal;
in vec3 colour;  // linear light
in vec3 rest;  // the head before it moves, so that skin grain and irises stick to it
out vec3 shaded_normal;
out vec3 albedo;
out vec3 place;

void pass_skin();  // hands what the skin piece needs to its fragment shader

void main() {
    gl_Position = vec4(position.xy / size * vec2(2, -2) + vec2(-1, 1), position.z / (3 * size.x), 1);
    shaded_normal = normal;
    albedo = colour;
    place = rest;
    pass_skin();
}
