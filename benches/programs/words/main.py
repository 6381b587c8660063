# Words of a text: regular expressions, methods of strings, counting in a map, walking it, ordering what was counted.

import re

SYLLABLES = ["ka", "lo", "mi", "ne", "ru", "sta", "ti", "vo"]


def make_text(n):
    words = []
    x = 7
    for i in range(n):
        x = x * 16807 % 2147483647
        word = SYLLABLES[x % 8] + SYLLABLES[x // 8 % 8] + SYLLABLES[x // 64 % 3]
        if x % 11 == 0:
            word = word.capitalize()
        if x % 13 == 0:
            word = f"{word},"
        if x % 17 == 0:
            word = f"{x % 1000}"
        words.append(word)
    return " ".join(words)


# Counts what a regular expression finds.
def count_found(text):
    counts = {}
    for found in re.finditer("[a-zA-Z]+", text):
        word = found.group().lower()
        counts[word] = counts.get(word, 0) + 1
    return counts


# Counts what splitting gives.
def count_split(text):
    counts = {}
    for part in text.split(" "):
        word = part[: len(part) - 1] if part.endswith(",") else part
        if word.startswith("sta") or "vo" in word:
            counts[word] = counts.get(word, 0) + 1
    return counts


def show(counts):
    total, longest = 0, 0
    for word, count in counts.items():
        total += count
        if len(word) > longest:
            longest = len(word)
    words = []
    for word in counts.keys():
        words.append(word)
    words.sort()
    print(len(counts), total, longest, words[0], words[-1])


def main():
    text = make_text(60000)
    print(len(text))
    for _ in range(2):
        show(count_found(text))
        show(count_split(text))


main()
