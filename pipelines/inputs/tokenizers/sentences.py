"""Sentences <-> words, and words with tags -> entities, in the graph."""

from __future__ import annotations

import tensorflow as tf

from pipelines.inputs.tokenizers.words import BLANK, UNKNOWN_WORD, without_empty_rows

# In order. As in the Penn Treebank, whose rules most tagged corpora follow, these are not split:
# U.N., 1,000.50, state-owned, AT&T, 2-1, http://a.b/c.
RULES = (
    ("[\u2018\u2019]", "'"),
    ("[\u201c\u201d]", '"'),
    (r"([^\p{L}\p{M}\p{N}\s.,:;'&@/_%+#=~-])", r" \1 "),
    (r"([,:;]+)(\s|$)", r" \1 \2"),
    (r"(\p{L})([,;])(\p{L})", r"\1 \2 \3"),
    (r"(\.{2,}|-{2,})", r" \1 "),
    (r"(^|\s)'(\S)", r"\1' \2"),
    (r"(\p{L}|\p{M})('(?:s|S|re|ve|ll|d|m|))(\s|$)", r"\1 \2\3"),
    (r"(\p{L})(n't)(\s|$)", r"\1 \2\3"),
    (r"(\p{N})(%)", r"\1 \2"),
    # A full stop, except after an initial or an abbreviation such as Mr. or U.S.
    (r"(\p{Ll}{2}|\p{N}|\p{Lu}{3}|['%)])\.(\s*)$", r"\1 .\2"),
    (r"(\p{Ll}{2}|\p{N}|\p{Lu}{3})\.(\s+[\"'(]?\s*\p{Lu})", r"\1 .\2"),
    (r"(\p{Ll}{2}|\p{N}|\p{Lu}{3})\.(\s+[\"'])", r"\1 .\2"),
)


def split_sentence(text: tf.Tensor) -> tf.RaggedTensor:
    """The words of sentences.

    A text with line breaks is already split: one word per line. Any other text is split into
    words and punctuation marks.

    Args:
        text: UTF-8 strings `[batch]`; bytes that are not UTF-8 become U+FFFD.

    Returns:
        Strings `[batch, words]`. A text without words gives one `UNKNOWN_WORD`: no row is empty.
    """
    text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="replace")
    lines = tf.strings.regex_full_match(text, r"(?s).*\n.*")
    spaced = tf.strings.regex_replace(text, BLANK, " ")
    for pattern, replacement in RULES:
        spaced = tf.strings.regex_replace(spaced, pattern, replacement)
    spaced = tf.strings.regex_replace(tf.strings.strip(spaced), r"\s+", "\n")
    text = tf.where(lines, text, spaced)
    words = tf.strings.split(text, "\n")
    words = tf.ragged.boolean_mask(words, tf.not_equal(words, ""))
    return without_empty_rows(words, UNKNOWN_WORD)


def entities(words: tf.RaggedTensor, tags: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The entities that tags mark, as seqeval and conlleval count them.

    An entity begins at B-, and at an I- that follows no tag of its type.

    Args:
        words: strings `[batch, words]`.
        tags: strings `[batch, longest]` in BIO, "" at padding.

    Returns:
        Their words, separated by spaces, and their types: strings `[batch, entities]` both, padded
        with "" on the right.
    """
    kinds = tf.strings.regex_replace(tags, "^[BI]-", "")
    inside = tf.logical_and(tf.not_equal(tags, "O"), tf.not_equal(tags, ""))
    outside = tf.fill([tf.shape(tags)[0], 1], "O")
    before = tf.concat([outside, kinds[:, :-1]], axis=1)
    first = tf.equal(tf.strings.substr(tags, 0, 1), "B")
    begins = tf.logical_and(inside, tf.logical_or(first, tf.not_equal(kinds, before)))
    each = tf.reduce_sum(tf.cast(begins, tf.int64), axis=1)  # [batch]
    number = tf.cumsum(tf.cast(begins, tf.int64), axis=1) - 1  # of the entity within its row
    number += tf.expand_dims(tf.cumsum(each, exclusive=True), 1)
    within = tf.boolean_mask(inside, tf.not_equal(tags, ""))  # of the words one after the other
    parts = tf.RaggedTensor.from_value_rowids(
        tf.boolean_mask(words.values, within), tf.boolean_mask(number, inside), tf.reduce_sum(each)
    )
    spans = tf.strings.reduce_join(parts, axis=1, separator=" ")
    types = tf.boolean_mask(kinds, begins)
    by_row = (tf.RaggedTensor.from_row_lengths(values, each) for values in (spans, types))
    entity_words, entity_types = (values.to_tensor("") for values in by_row)
    return entity_words, entity_types
