"""The networks as ONNX files and motions as glTF, for other programs."""
