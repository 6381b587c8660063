# Sorting: numbers, texts, by a key, by a comparison, and what is nearly in order already.

from functools import cmp_to_key


class Record:
    __slots__ = ("name", "score")

    def __init__(self, name, score):
        self.name = name
        self.score = score


def numbers(n):
    result = []
    x = 42
    for _ in range(n):
        x = x * 16807 % 2147483647
        result.append(x)
    return result


def checksum(items):
    total = 0
    for i in range(len(items)):
        total = (total * 31 + items[i] * (i % 7 + 1)) % 1000003
    return total


def main():
    plain = numbers(60000)
    items = sorted(plain)
    print(checksum(items))

    # Nearly in order.
    for i in range(100):
        items[i * 600] = plain[i]
    items.sort()
    print(checksum(items))

    # By a comparison, downwards.
    down = plain[:20000]
    down.sort(key=cmp_to_key(lambda a, b: b - a))
    print(checksum(down))

    # By a key of objects.
    records = [Record(f"n{plain[i] % 5000}", plain[i] % 1000 * 20000 + i) for i in range(20000)]
    records.sort(key=lambda r: r.score)
    print(checksum([r.score for r in records]))

    # Texts.
    names = [r.name for r in records]
    names.sort()
    print(names[0], names[10000], names[19999])


main()
