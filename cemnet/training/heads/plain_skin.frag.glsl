vec3 light_wrap() {
    return vec3(0.15);
}

void change_skin(inout vec3 base, inout vec3 normal) {}

float skin_shine(float halfway) {
    return gloss * pow(halfway, 24.0);
}
