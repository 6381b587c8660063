# Fibers (generators here): round trips, loops over generators, generators in generators, many short-lived ones, a pipeline.


# A value goes in and another one comes out, many times.
def accumulator(first):
    total = first
    while True:
        total = (total + (yield total)) % 1000003


def round_trips(n):
    fiber = accumulator(1)
    last = next(fiber)
    for i in range(2, n + 1):
        last = fiber.send(i)
    return last


# A loop takes what a function yields in a loop.
def count_to(n):
    for i in range(1, n + 1):
        yield i


def loops(n):
    sum = 0
    for x in count_to(n):
        sum += x % 7
    return sum


# Every node of a tree has a generator of its own.
class Node:
    __slots__ = ("left", "number", "right")

    def __init__(self, left, number, right):
        self.left = left
        self.number = number
        self.right = right


def make(depth, number):
    if depth == 0:
        return None
    return Node(make(depth - 1, number * 2), number, make(depth - 1, number * 2 + 1))


def numbers(node):
    if node.left is not None:
        for x in numbers(node.left):
            yield x
    yield node.number
    if node.right is not None:
        for x in numbers(node.right):
            yield x


def tree(depth):
    sum = 0
    place = 0
    for x in numbers(make(depth, 1)):
        place += 1
        sum = (sum + x * place) % 1000003
    return sum


# A generator that is resumed twice and thrown away.
def short_lived(n):
    sum = 0

    def short(a):
        b = yield a + 1
        yield a + b

    for i in range(1, n + 1):
        fiber = short(i)
        x = next(fiber)
        y = fiber.send(x)
        sum = (sum + x + y) % 1000003
    return sum


# Each stage takes from the one before.
def stage(source):
    for x in source:
        if x % 3 != 0:
            yield x * 2


def pipeline(n):
    source = count_to(n)
    for _ in range(4):
        source = stage(source)
    sum = 0
    for x in source:
        sum = (sum + x) % 1000003
    return sum


print(round_trips(2000000))
print(loops(2000000))
print(tree(15))
print(short_lived(200000))
print(pipeline(500000))
