# Strings: interpolation and joining, growing by `+`, slices, single characters, search and replace.


def describe(n):
    parts = []
    for i in range(n):
        parts.append(f"item {i}: {i * i % 1000}")
    return parts


def grow(n):
    total = 0
    for i in range(n):
        text = ""
        for j in range(30):
            text = text + "ab"
        total += len(text)
    return total


def count_slices(parts):
    count = 0
    for part in parts:
        for i in range(len(part) - 2):
            if part[i:i + 2] == ": ":
                count += 1
    return count


def caesar(text, shift):
    result = []
    for c in text:
        code = ord(c)
        if code >= 97 and code <= 122:
            result.append(chr((code - 97 + shift) % 26 + 97))
        else:
            result.append(c)
    return "".join(result)


def checksum(text):
    hash = 0
    for c in text:
        hash = (hash * 31 + ord(c)) % 1000003
    return hash


def longest(text):
    best = ""
    for word in text.split(","):
        if len(word) > len(best) or (len(word) == len(best) and word > best):
            best = word
    return best


def main():
    parts = describe(30000)
    text = ",".join(parts)
    print(len(text))
    print(grow(20000))
    print(count_slices(parts))
    print(checksum(caesar(text, 7)))
    print(longest(text))
    for round in range(10):
        text = text.upper().replace("ITEM", "part").lower().replace("part", "item")
    print(checksum(text))


main()
