# Closures: captured variables that change, closures made in a loop, composition, higher-order functions.


def counter(step):
    count = 0

    def advance():
        nonlocal count
        count += step
        return count

    return advance


def compose(f, g):
    return lambda x: f(g(x))


def each(items, f):
    for item in items:
        f(item)


def mapped(items, f):
    result = []
    for item in items:
        result.append(f(item))
    return result


def filtered(items, f):
    result = []
    for item in items:
        if f(item):
            result.append(item)
    return result


def count_up(n):
    a = counter(1)
    b = counter(3)
    total = 0
    for i in range(n):
        total += a() + b()
    return total


def make_many(n):
    total = 0
    for i in range(n):
        add = lambda x: x + i
        total += add(1)
    return total


def multiplier(i):
    return lambda x: (x * i + 1) % 10007


def compose_chain(n):
    chain = lambda x: x
    for i in range(1, 11):
        chain = compose(multiplier(i), chain)
    total = 0
    for i in range(n):
        total += chain(i)
    return total


def higher_order(n):
    numbers = []
    for i in range(1000):
        numbers.append(i)
    total = 0

    def add(x):
        nonlocal total
        total += x

    for round in range(1, n + 1):
        scaled = mapped(numbers, lambda x: x * round)
        chosen = filtered(scaled, lambda x: x % 3 == 0)
        each(chosen, add)
    return total


def main():
    print(count_up(700000))
    print(make_many(700000))
    print(compose_chain(50000))
    print(higher_order(300))


main()
