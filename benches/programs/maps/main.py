# Maps: insertion, look-up, update and removal with int keys and with string keys.


def int_keys(n):
    map = {}
    for i in range(n):
        map[i * 7919 % 1000003] = i
    total = 0
    for i in range(n):
        total += map[i * 7919 % 1000003]
    for i in range(n):
        if i % 3 == 0:
            del map[i * 7919 % 1000003]
    for key, value in map.items():
        total += key + value
    return total


def string_keys(n):
    map = {}
    for i in range(n):
        map[f"key{i}"] = i
    total = 0
    for i in range(n):
        total += map[f"key{i}"]
    for key, value in map.items():
        total += len(key) * value
    return total


def count_words(n):
    words = ["time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world"]
    counts = {}
    seed = 42
    for i in range(n):
        seed = seed * 16807 % 2147483647
        word = words[seed % 11]
        counts[word] = counts.get(word, 0) + 1
    total = 0
    for word in words:
        total = (total * 31 + counts[word]) % 1000003
    return total


def main():
    print(int_keys(200000))
    print(string_keys(150000))
    print(count_words(500000))


main()
