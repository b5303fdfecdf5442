"""Shaders are whole files completed by a piece, and a piece that lacks a function is refused."""

import pytest

from cemnet.training.heads.shaders import shader_sources


@pytest.fixture
def whole(tmp_path):
    (tmp_path / "head.vert.glsl").write_text("#version 330\nvoid pass_skin();\nvoid main() { pass_skin(); }\n")
    (tmp_path / "head.frag.glsl").write_text(
        "#version 330\nout vec4 pixel;\nfloat shine();\nvoid main() { pixel = vec4(shine()); }\n"
    )
    (tmp_path / "skin.vert.glsl").write_text("void pass_skin() { gl_Position = vec4(0); }\n")
    return tmp_path / "head"


def test_the_piece_follows_the_file_and_the_constants(whole):
    skin = whole.with_name("skin")
    skin.with_name("skin.frag.glsl").write_text("float shine() { return SHINE; }\n")
    vertex, fragment = shader_sources(whole, skin, {"SHINE": 2})
    assert vertex.index("void main()") < vertex.index("void pass_skin() {")
    assert fragment.startswith("#version 330\n")
    assert fragment.index("void main()") < fragment.index("#define SHINE 2.0\n") < fragment.index("return SHINE")


def test_a_piece_that_lacks_a_function_is_refused(whole):
    moderngl = pytest.importorskip("moderngl", reason="needs moderngl (the train extra)")
    skin = whole.with_name("skin")
    skin.with_name("skin.frag.glsl").write_text("float gleam() { return 1.0; }\n")
    vertex, fragment = shader_sources(whole, skin, {})
    context = moderngl.create_context(standalone=True, backend="egl")
    with pytest.raises(moderngl.Error, match="shine"):
        context.program(vertex_shader=vertex, fragment_shader=fragment)


def test_a_missing_shader_is_named(whole):
    with pytest.raises(FileNotFoundError, match=r"nothing\.vert\.glsl"):
        shader_sources(whole, whole.with_name("nothing"), {})
