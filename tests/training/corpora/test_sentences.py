"""The sentences that synthetic voices say."""

from cemnet.training.corpora.sentences import SENTENCES


def test_the_sentences_close_the_lips_often():
    assert len(SENTENCES["en-us"]) >= 150
    for sentences in SENTENCES.values():
        letters = "".join(sentences).lower()
        assert sum(letters.count(letter) for letter in "pbm") > 1.5 * len(sentences)
