"""The subjects of train/evaluate.py: one module each, with `add_arguments(parser)` and `run(arguments)`.

This file imports nothing, so that the list of subjects can be shown without loading torch.
"""

SUBJECTS: dict[str, str] = {
    "speech": "emotion accuracy by held-out speakers",
    "manner": "how much of a voice's manner z holds, and its constants",
    "content": "emotion that a probe reads from content",
    "lips": "aperture at closures",
    "cross": "losses on held-out voices",
    "matrix": "strong portraits × voices in all systems, judged from outside",
    "memory": "slots in use, address map, retrieval error",
    "faces": "action units of real, unseen people, from their faces in other emotions",
    "robustness": "emotion in degraded recordings",
    "calibration": "belief against truth, and what is shown of it",
    "motion": "blinks, head, mouth and upper face with the voice",
    "captured": "mouth curves beside captured ones of the same speech",
    "idle": "idle life beside captured faces",
    "heads": "heads of speakers, filmed and ours",
    "clips": "a long performance in every emotion as frames and curves",
    "sync": "lips and sound of talking videos",
    "timeline": "voices that turn, and flicker",
    "identity": "PSNR of portraits rendered as they are",
    "refiner": "warped, composed and refined frames of held-out heads",
    "portraits": "emotions read in filmed faces",
    "videos": "anybody's videos: the cross-emotion benchmark",
    "sheet": "portraits × voices, three frames each",
}
